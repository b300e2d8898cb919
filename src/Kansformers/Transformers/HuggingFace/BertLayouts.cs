using System.Text.Json;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>BERT in Hugging Face's layout.</summary>
internal sealed class BertLayout() : BertLikeLayout("Bert", new EncoderNames
{
    Prefix = "bert.",
    Body = BodyNames,
    MaskedLanguage =
    [
        new("head.dense", "cls.predictions.transform.dense"),
        new("head.norm", "cls.predictions.transform.LayerNorm"),
        ModuleNames.Tensor(EncoderNames.Decoder, "cls.predictions.decoder.weight"),
        ModuleNames.Tensor("head.decoder.bias", "cls.predictions.bias"),
    ],
    Classification = [new("head.dense", "bert.pooler.dense"), new("head.labels", "classifier")],
    Bias = ("cls.predictions.decoder.bias", "cls.predictions.bias"),
    LeftOut = ["embeddings.position_ids", "cls.predictions.decoder.bias", "cls.seq_relationship.", "pooler."],
})
{
    public override string ModelType => "bert";

    protected override EncoderOptions Defaults { get; } = new BertOptions();

    protected override EncoderOptions WithTypes(EncoderOptions options, int types) => (BertOptions)options with { TokenTypes = types };
}

/// <summary>RoBERTa in Hugging Face's layout.</summary>
internal sealed class RobertaLayout() : BertLikeLayout("Roberta", new EncoderNames
{
    Prefix = "roberta.",
    Body = BodyNames,
    MaskedLanguage =
    [
        new("head.dense", "lm_head.dense"),
        new("head.norm", "lm_head.layer_norm"),
        ModuleNames.Tensor(EncoderNames.Decoder, "lm_head.decoder.weight"),
        ModuleNames.Tensor("head.decoder.bias", "lm_head.bias"),
    ],
    Classification = [new("head.dense", "classifier.dense"), new("head.labels", "classifier.out_proj")],
    Bias = ("lm_head.decoder.bias", "lm_head.bias"),
    LeftOut = ["embeddings.position_ids", "lm_head.decoder.bias", "pooler."],
})
{
    public override string ModelType => "roberta";

    protected override EncoderOptions Defaults { get; } = new RobertaOptions();

    protected override EncoderOptions WithTypes(EncoderOptions options, int types) => (RobertaOptions)options with { TokenTypes = types };

    protected override EncoderOptions AtPositions(EncoderOptions options, int rows) => options with { BlockSize = rows - 1 - (options.PaddingId ?? 0) };

    protected override int TheirPositions(EncoderOptions options) => options.PositionRows + Missing(options);

    // Theirs has the rows that no position leads to as well.
    protected override StoredTensor TheirPositions(StoredTensor table, EncoderOptions options) =>
        Missing(options) == 0 ? table : StoredTensor.Joined(table.Name, [StoredTensor.Zeros(table.Name, table.Type, [Missing(options), table.Shape[1]]), table]);

    private static int Missing(EncoderOptions options) => options.PaddingId!.Value - ((RobertaOptions)options).FirstPosition;
}

/// <summary>What BERT's and RoBERTa's configurations and names have in common.</summary>
internal abstract class BertLikeLayout(string className, EncoderNames names) : EncoderLayout(className, names)
{
    /// <summary>The names of all but the heads.</summary>
    protected static readonly IReadOnlyList<ModuleNames> BodyNames =
    [
        ModuleNames.Table("tokens", "embeddings.word_embeddings"),
        ModuleNames.Table("positions", "embeddings.position_embeddings"),
        ModuleNames.Table("types", "embeddings.token_type_embeddings"),
        new("norm", "embeddings.LayerNorm"),
        new("blocks.#.attn.c_attn", "encoder.layer.#.attention.self.query", "encoder.layer.#.attention.self.key", "encoder.layer.#.attention.self.value"),
        new("blocks.#.attn.c_proj", "encoder.layer.#.attention.output.dense"),
        new("blocks.#.ln_1", "encoder.layer.#.attention.output.LayerNorm"),
        new("blocks.#.mlp.c_fc", "encoder.layer.#.intermediate.dense"),
        new("blocks.#.mlp.c_proj", "encoder.layer.#.output.dense"),
        new("blocks.#.ln_2", "encoder.layer.#.output.LayerNorm"),
    ];

    protected abstract EncoderOptions WithTypes(EncoderOptions options, int types);

    // Their classes for answers drop nothing before the last layer.
    protected override EncoderOptions WithHead(EncoderOptions options, ConfigReader config) => options.Head == EncoderHead.QuestionAnswering ? options with { HeadDropout = 0 } : options;

    protected override EncoderOptions Sizes(ConfigReader config)
    {
        config.Require("position_embedding_type", config.Text("position_embedding_type", "absolute") == "absolute", "absolute");
        double dropout = config.Number("hidden_dropout_prob", 0.1);
        EncoderOptions options = Defaults with
        {
            Layers = config.Integer("num_hidden_layers"),
            Heads = config.Integer("num_attention_heads"),
            Width = config.Integer("hidden_size"),
            Inner = config.Integer("intermediate_size"),
            VocabularySize = config.Integer("vocab_size"),
            Activation = ActivationNames.Read(config, "hidden_act"),
            NormEpsilon = config.Number("layer_norm_eps", 1e-12),
            EmbeddingDropout = config.Number(EmbeddingDropout, dropout),
            ResidualDropout = dropout,
            AttentionDropout = config.Number("attention_probs_dropout_prob", 0.1),
            HeadDropout = config.Number("classifier_dropout", dropout),
        };
        return WithTypes(options, config.IsNull("type_vocab_size") ? 2 : config.Integer("type_vocab_size"));
    }

    protected override void WriteSizes(Utf8JsonWriter json, EncoderOptions options)
    {
        json.WriteNumber("hidden_size", options.Width);
        json.WriteNumber("num_hidden_layers", options.Layers);
        json.WriteNumber("num_attention_heads", options.Heads);
        json.WriteNumber("intermediate_size", options.InnerWidth);
        json.WriteString("hidden_act", ActivationNames.Of(options.Activation));
        WriteDropout(json, "hidden_dropout_prob", options);
        json.WriteNumber("attention_probs_dropout_prob", options.AttentionDropout);
        json.WriteNumber("classifier_dropout", options.HeadDropout);
        json.WriteNumber("type_vocab_size", options.TypeRows);
        json.WriteNumber("layer_norm_eps", options.NormEpsilon);
        json.WriteString("position_embedding_type", "absolute");
    }
}
