using System.Text.Json;

namespace Kansformers.Transformers;

/// <summary>DistilBERT in Hugging Face's layout.</summary>
internal sealed class DistilBertLayout() : EncoderLayout("DistilBert", new EncoderNames
{
    Prefix = "distilbert.",
    Body =
    [
        ModuleNames.Table("tokens", "embeddings.word_embeddings"),
        ModuleNames.Table("positions", "embeddings.position_embeddings"),
        new("norm", "embeddings.LayerNorm"),
        new("blocks.#.attn.c_attn", "transformer.layer.#.attention.q_lin", "transformer.layer.#.attention.k_lin", "transformer.layer.#.attention.v_lin"),
        new("blocks.#.attn.c_proj", "transformer.layer.#.attention.out_lin"),
        new("blocks.#.ln_1", "transformer.layer.#.sa_layer_norm"),
        new("blocks.#.mlp.c_fc", "transformer.layer.#.ffn.lin1"),
        new("blocks.#.mlp.c_proj", "transformer.layer.#.ffn.lin2"),
        new("blocks.#.ln_2", "transformer.layer.#.output_layer_norm"),
    ],
    MaskedLanguage =
    [
        new("head.dense", "vocab_transform"),
        new("head.norm", "vocab_layer_norm"),
        ModuleNames.Tensor(EncoderNames.Decoder, "vocab_projector.weight"),
        ModuleNames.Tensor("head.decoder.bias", "vocab_projector.bias"),
    ],
    Classification = [new("head.dense", "pre_classifier"), new("head.labels", "classifier")],
    LeftOut = ["embeddings.position_ids"],
})
{
    // Its class has this in its code, not in its configuration.
    private const double NormEpsilon = 1e-12;

    public override string ModelType => "distilbert";

    public override bool Holds(ModelOptions options) => base.Holds(options) && ((EncoderOptions)options).NormEpsilon == NormEpsilon;

    protected override EncoderOptions Defaults { get; } = new DistilBertOptions();

    protected override EncoderOptions Sizes(ConfigReader config)
    {
        config.Require("sinusoidal_pos_embds", !config.Truth("sinusoidal_pos_embds", false), "false");
        double dropout = config.Number("dropout", 0.1);
        return Defaults with
        {
            Layers = config.Integer("n_layers"),
            Heads = config.Integer("n_heads"),
            Width = config.Integer("dim"),
            Inner = config.Integer("hidden_dim"),
            VocabularySize = config.Integer("vocab_size"),
            Activation = ActivationNames.Read(config, "activation"),
            NormEpsilon = NormEpsilon,
            EmbeddingDropout = config.Number(EmbeddingDropout, dropout),
            ResidualDropout = dropout,
            AttentionDropout = config.Number("attention_dropout", 0.1),
            HeadDropout = config.Number("seq_classif_dropout", 0.2),
        };
    }

    // Each of their classes has a name of its own for it, and that for tokens none.
    protected override EncoderOptions WithHead(EncoderOptions options, ConfigReader config) => options.Head switch
    {
        EncoderHead.TokenClassification => options with { HeadDropout = options.ResidualDropout },
        EncoderHead.QuestionAnswering => options with { HeadDropout = config.Number("qa_dropout", 0.1) },
        _ => options,
    };

    protected override void WriteSizes(Utf8JsonWriter json, EncoderOptions options)
    {
        json.WriteNumber("dim", options.Width);
        json.WriteNumber("n_layers", options.Layers);
        json.WriteNumber("n_heads", options.Heads);
        json.WriteNumber("hidden_dim", options.InnerWidth);
        json.WriteString("activation", ActivationNames.Of(options.Activation));
        WriteDropout(json, "dropout", options);
        json.WriteNumber("attention_dropout", options.AttentionDropout);
        json.WriteNumber(options.Head == EncoderHead.QuestionAnswering ? "qa_dropout" : "seq_classif_dropout", options.HeadDropout);
        json.WriteBoolean("sinusoidal_pos_embds", false);
    }
}
