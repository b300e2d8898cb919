using System.Text.Json;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>BART in Hugging Face's layout.</summary>
internal sealed class BartLayout : HuggingFaceLayout
{
    private const string ClassName = "BartForConditionalGeneration", BareClassName = "BartModel", Prefix = "model.", Tokens = Prefix + "shared.weight", Head = "lm_head.weight", LogitsBias = "final_logits_bias";

    private static readonly BartOptions Defaults = new();

    // Of one side; what stands for "encoder" or "decoder" is put before both names.
    private static readonly ModuleNames[] Side =
    [
        ModuleNames.Table("positions", "embed_positions"),
        new("norm", "layernorm_embedding"),
        new("blocks.#.attn.c_attn", "layers.#.self_attn.q_proj", "layers.#.self_attn.k_proj", "layers.#.self_attn.v_proj"),
        new("blocks.#.attn.c_proj", "layers.#.self_attn.out_proj"),
        new("blocks.#.ln_1", "layers.#.self_attn_layer_norm"),
        new("blocks.#.mlp.c_fc", "layers.#.fc1"),
        new("blocks.#.mlp.c_proj", "layers.#.fc2"),
        new("blocks.#.ln_2", "layers.#.final_layer_norm"),
    ];

    private static readonly ModuleNames[] Cross =
    [
        new("blocks.#.cross.c_q", "layers.#.encoder_attn.q_proj"),
        new("blocks.#.cross.c_kv", "layers.#.encoder_attn.k_proj", "layers.#.encoder_attn.v_proj"),
        new("blocks.#.cross.c_proj", "layers.#.encoder_attn.out_proj"),
        new("blocks.#.ln_cross", "layers.#.encoder_attn_layer_norm"),
    ];

    // Second names of the token embedding, and what old files hold beside their weights.
    private static readonly string[] Copies = [Prefix + "encoder.embed_tokens.weight", Prefix + "decoder.embed_tokens.weight"], LeftOut = [Prefix + "encoder.version", Prefix + "decoder.version"];

    public override string ModelType => "bart";

    public override bool TellsEnd => true;

    public override bool Holds(ModelOptions options) => base.Holds(options) && options is BartOptions bart && ActivationNames.Has(bart.Activation);

    public override ModelOptions Read(HuggingFaceFolder folder)
    {
        ConfigReader config = new(folder);
        IReadOnlyList<string> told = config.Texts("architectures");
        config.Require("architectures", told.Count == 0 || (told.Count == 1 && told[0] is ClassName or BareClassName), $"[\"{ClassName}\"], [\"{BareClassName}\"]");
        foreach ((string option, bool supported) in ((string, bool)[])[("is_encoder_decoder", true), ("normalize_embedding", true), ("normalize_before", false), ("add_final_layer_norm", false), ("static_position_embeddings", false)])
            config.Require(option, config.Truth(option, supported) == supported, supported ? "true" : "false");
        foreach (string option in (string[])["encoder_layerdrop", "decoder_layerdrop"])
            config.Require(option, config.Number(option, 0) == 0, "0");
        double dropout = config.Number("dropout", 0.1);
        BartOptions options = new()
        {
            Layers = config.Integer("encoder_layers"),
            DecoderLayers = config.Integer("decoder_layers"),
            Heads = config.Integer("encoder_attention_heads"),
            DecoderHeads = config.Integer("decoder_attention_heads"),
            Width = config.Integer("d_model"),
            Inner = config.Integer("encoder_ffn_dim"),
            DecoderInner = config.Integer("decoder_ffn_dim"),
            BlockSize = config.Integer("max_position_embeddings"),
            VocabularySize = config.Integer("vocab_size"),
            Activation = ActivationNames.Read(config, "activation_function"),
            EmbeddingDropout = config.Number(EmbeddingDropout, dropout),
            ResidualDropout = dropout,
            AttentionDropout = config.Number("attention_dropout", 0),
            ActivationDropout = config.Number("activation_dropout", 0),
            ScaledEmbedding = config.Truth("scale_embedding", false),
            TiedHead = config.Truth("tie_word_embeddings", true),
            PaddingId = Token("pad_token_id", Defaults.PaddingId),
            StartId = Token("decoder_start_token_id", Defaults.StartId),
            EndId = Token("eos_token_id", Defaults.EndId),
        };
        options.Validate();

        // What is as our defaults have it is said as they say it, so that the same model has the same options.
        return options with
        {
            DecoderLayers = options.DecoderLayers == options.Layers ? 0 : options.DecoderLayers,
            DecoderHeads = options.DecoderHeads == options.Heads ? 0 : options.DecoderHeads,
            Inner = options.Inner == 4L * options.Width ? 0 : options.Inner,
            DecoderInner = options.DecoderInner == options.Inner ? 0 : options.DecoderInner,
        };

        int Token(string option, int otherwise)
        {
            int? id = config.TokenId(option, otherwise);
            config.Require(option, id >= 0 && id < config.Integer("vocab_size"), $"a token of the vocabulary, 0 to {config.Integer("vocab_size") - 1}");
            return id!.Value;
        }
    }

    public override void Write(Utf8JsonWriter json, ModelOptions options)
    {
        BartOptions bart = (BartOptions)options;
        json.WriteStartArray("architectures");
        json.WriteStringValue(Holds(options) ? ClassName : "Kansformers" + ClassName);
        json.WriteEndArray();
        json.WriteBoolean("is_encoder_decoder", true);
        json.WriteNumber("vocab_size", bart.VocabularySize);
        json.WriteNumber("max_position_embeddings", bart.BlockSize);
        json.WriteNumber("d_model", bart.Width);
        json.WriteNumber("encoder_layers", bart.Layers);
        json.WriteNumber("decoder_layers", bart.DecoderDepth);
        json.WriteNumber("num_hidden_layers", bart.Layers);
        json.WriteNumber("encoder_attention_heads", bart.Heads);
        json.WriteNumber("decoder_attention_heads", bart.DecoderHeadCount);
        json.WriteNumber("encoder_ffn_dim", bart.InnerWidth);
        json.WriteNumber("decoder_ffn_dim", bart.DecoderInnerWidth);
        json.WriteString("activation_function", ActivationNames.Of(bart.Activation));
        WriteDropout(json, "dropout", bart);
        json.WriteNumber("attention_dropout", bart.AttentionDropout);
        json.WriteNumber("activation_dropout", bart.ActivationDropout);
        json.WriteNumber("encoder_layerdrop", 0.0);
        json.WriteNumber("decoder_layerdrop", 0.0);
        json.WriteBoolean("scale_embedding", bart.ScaledEmbedding);
        json.WriteNumber("init_std", 0.02);
        json.WriteBoolean("tie_word_embeddings", bart.TiedHead);
        json.WriteNumber("pad_token_id", bart.PaddingId);
        json.WriteNumber("decoder_start_token_id", bart.StartId);
        json.WriteNumber("eos_token_id", bart.EndId);
        json.WriteString("torch_dtype", "float32");
    }

    // As beam search is done without a word, so that the folder writes what the model does.
    public override void WriteGeneration(Utf8JsonWriter json, ModelOptions options)
    {
        BartOptions bart = (BartOptions)options;
        json.WriteNumber("decoder_start_token_id", bart.StartId);
        json.WriteNumber("eos_token_id", bart.EndId);
        json.WriteNumber("pad_token_id", bart.PaddingId);
        json.WriteNumber("num_beams", 4);
        json.WriteNumber("max_length", bart.BlockSize + 1L); // the last token is not read any more
    }

    // A matrix of logits of its own counts, whatever the configuration says.
    public override ModelOptions Settle(HuggingFaceFolder folder, TensorFile weights, ModelOptions options, List<FileNote> notes)
    {
        BartOptions bart = (BartOptions)options;
        if (bart.Placement != KanPlacement.None || !bart.TiedHead)
            return bart;
        return ByTheirs(folder.Folder, weights).IsUntied(Head, Tokens, notes) ? bart with { TiedHead = false } : bart;
    }

    public override List<StoredTensor> ToOurs(TensorFile weights, ModelOptions options, List<TensorChange> changes)
    {
        BartOptions bart = (BartOptions)options;
        FolderTensors theirs = ByTheirs(weights.Path, weights);
        Dictionary<string, StoredTensor> found = theirs.Found;
        RequireSizes(weights.Path, theirs, bart);

        // Files of the bare class have none: zeros change nothing.
        if (!found.ContainsKey(LogitsBias))
        {
            changes.Add(new TensorChange(null, "logits_bias", TensorFate.Added));
            StoredType type = found[Tokens].Type;
            found.Add(LogitsBias, StoredTensor.Create(LogitsBias, type, [1, bart.VocabularySize], new byte[(long)type.Size() * bart.VocabularySize]));
        }

        List<TensorChange> taken = [];
        List<StoredTensor> tensors = ModuleNames.Take(Names(bart), found, weights, taken, theirs.Lacks);
        changes.AddRange(taken.Where(change => change.To != "logits_bias" || changes.All(earlier => earlier.To != change.To)));
        StoredTensor tokens = tensors[0];
        foreach ((string name, StoredTensor tensor) in found)
        {
            if (Copies.Contains(name) && !tensor.Same(tokens))
                throw new KansformersException($"'{weights.Path}': '{Readable.Text(tensor.Name)}' and the embedding of tokens differ, which a BART has once; restore the file");
            if (Copies.Contains(name) || (name == Head && bart.TiedHead))
                changes.Add(new TensorChange(weights.OriginalName(tensor.Name), tokens.Name, TensorFate.Tied));
            else if (LeftOut.Contains(name))
                changes.Add(new TensorChange(weights.OriginalName(tensor.Name), null, TensorFate.Dropped));
            else
                tensors.Add(tensor); // for which the model has no place: whoever loads it says so
        }

        return tensors;
    }

    public override List<StoredTensor> ToTheirs(IReadOnlyList<StoredTensor> tensors, ModelOptions options, List<TensorChange> changes) =>
        ModuleNames.Give(Names((BartOptions)options), tensors, changes);

    // The token embedding first.
    private static IEnumerable<(string Ours, string[] Theirs)> Names(BartOptions options) =>
    [
        .. ModuleNames.Table("tokens", Prefix + "shared").Tensors(1),
        .. Side.SelectMany(module => Of("encoder", module).Tensors(options.Layers)),
        .. Side.Concat(Cross).SelectMany(module => Of("decoder", module).Tensors(options.DecoderDepth)),
        .. ModuleNames.Tensor("logits_bias", LogitsBias).Tensors(1),
        .. options.TiedHead ? [] : ModuleNames.Tensor("head.weight", Head).Tensors(1),
    ];

    private static ModuleNames Of(string side, ModuleNames module) => module with { Ours = $"{side}.{module.Ours}", Theirs = [.. module.Theirs.Select(name => $"{Prefix}{side}.{name}")] };

    // Files of the bare class leave out the prefix.
    private static FolderTensors ByTheirs(string path, TensorFile weights)
    {
        bool isBare = !weights.Tensors.Any(tensor => tensor.Name.StartsWith(Prefix, StringComparison.Ordinal));
        return new FolderTensors(path, "BART", weights.Tensors.ToDictionary(tensor => isBare && tensor.Name is not (Head or LogitsBias) ? Prefix + tensor.Name : tensor.Name, StringComparer.Ordinal));
    }

    private static void RequireSizes(string path, FolderTensors theirs, BartOptions options)
    {
        (long vocabulary, long width) = theirs.Matrix(Tokens);
        SizeAgreement.Require(path, "config.json",
        [
            ("width {0}", options.Width, width),
            ("vocabulary {0}", options.VocabularySize, vocabulary),
            .. Sizes("encoder", options.Layers, options.InnerWidth),
            .. Sizes("decoder", options.DecoderDepth, options.DecoderInnerWidth),
        ]);

        IEnumerable<(string Words, long Told, long Found)> Sizes(string side, int layers, int inner) =>
        [
            ($"{{0}} layers of the {side}", layers, ModuleNames.Blocks($"{Prefix}{side}.layers.#.fc1.weight", theirs.Found)),
            ($"{{0}} positions of the {side}", options.BlockSize, theirs.Matrix($"{Prefix}{side}.embed_positions.weight").Rows - 2), // its first two rows are no positions
            ($"inner width {{0}} of the {side}", inner, theirs.Matrix($"{Prefix}{side}.layers.0.fc1.weight").Rows),
        ];
    }
}
