using System.Globalization;
using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>BERT and its relatives in Hugging Face's layout: what their classes have in common.</summary>
/// <param name="className">How the names of their classes begin, such as <c>Bert</c>.</param>
/// <param name="names">What the modules are called.</param>
internal abstract class EncoderLayout(string className, EncoderNames names) : HuggingFaceLayout
{
    private const int DefaultLabels = 2; // of a configuration that says nothing of them
    private const string Regression = "regression", SingleLabel = "single_label_classification";

    // Theirs with the head that ours has. The second writes a head for tokens under another name, the third has one for pairs of texts beside it, which is left out.
    private static readonly (string Class, EncoderHead Head)[] Classes =
    [
        ("ForMaskedLM", EncoderHead.MaskedLanguage), ("LMHeadModel", EncoderHead.MaskedLanguage), ("ForPreTraining", EncoderHead.MaskedLanguage), ("ForSequenceClassification", EncoderHead.Classification),
        ("ForTokenClassification", EncoderHead.TokenClassification), ("ForQuestionAnswering", EncoderHead.QuestionAnswering), ("Model", EncoderHead.None),
    ];

    public override bool Holds(ModelOptions options) => base.Holds(options) && options is EncoderOptions encoder && ActivationNames.Has(encoder.Activation);

    public sealed override ModelOptions Read(HuggingFaceFolder folder)
    {
        ConfigReader config = new(folder);
        config.Require("is_decoder", !config.Truth("is_decoder", false), "false");
        config.Require("add_cross_attention", !config.Truth("add_cross_attention", false), "false");
        config.Require("pruned_heads", config.Count("pruned_heads") is null or 0, "{}");
        EncoderHead head = HeadOf(config, folder.Weights);
        bool hasLabels = head is EncoderHead.Classification or EncoderHead.TokenClassification;
        IReadOnlyList<string>? labelNames = hasLabels ? config.Numbered("id2label") : null;
        int labels = labelNames?.Count ?? (!hasLabels || config.IsNull("num_labels") ? DefaultLabels : config.Integer("num_labels"));
        if (head == EncoderHead.Classification && !config.IsNull("problem_type"))
        {
            string supported = labels == 1 ? Regression : SingleLabel;
            config.Require("problem_type", config.Text("problem_type", supported) == supported, $"null or \"{supported}\" with {labels} label{(labels == 1 ? "" : "s")}");
        }

        EncoderOptions options = Sizes(config) with
        {
            Head = head,
            Labels = labels,
            LabelNames = labelNames is null || labelNames.SequenceEqual(Unnamed(labels)) ? null : new LabelNames(labelNames),
            Placement = KanPlacement.None,
            TiedHead = config.Truth("tie_word_embeddings", true),
            PaddingId = config.TokenId("pad_token_id", Defaults.PaddingId),
        };
        if (options.PaddingId is int padding)
            config.Require("pad_token_id", padding >= 0 && padding < options.VocabularySize, $"null or a token of the vocabulary, 0 to {options.VocabularySize - 1}");
        options = WithHead(options, config);
        options = AtPositions(options, config.Integer("max_position_embeddings"));
        options = options with { Inner = options.Inner == 4L * options.Width ? 0 : options.Inner };
        options.Validate();
        return options;
    }

    public sealed override void Write(Utf8JsonWriter json, ModelOptions options)
    {
        EncoderOptions encoder = (EncoderOptions)options;
        json.WriteStartArray("architectures");
        json.WriteStringValue((Holds(options) ? className : "Kansformers" + className) + Classes.First(entry => entry.Head == encoder.Head).Class);
        json.WriteEndArray();
        json.WriteNumber("vocab_size", encoder.VocabularySize);
        json.WriteNumber("max_position_embeddings", TheirPositions(encoder));
        WriteSizes(json, encoder);
        if (encoder.PaddingId is int padding)
            json.WriteNumber("pad_token_id", padding);
        else
            json.WriteNull("pad_token_id");
        if (encoder.Head == EncoderHead.Classification)
            json.WriteString("problem_type", encoder.Labels == 1 ? Regression : SingleLabel);
        if (encoder.HasLabels)
            WriteLabels(json, encoder.LabelNames?.ToArray() ?? Unnamed(encoder.Labels));
        json.WriteNumber("initializer_range", 0.02);
        json.WriteBoolean("tie_word_embeddings", encoder.TiedHead);
        json.WriteString("torch_dtype", "float32");
    }

    // A matrix of logits of its own counts, whatever the configuration says.
    public sealed override ModelOptions Settle(HuggingFaceFolder folder, TensorFile weights, ModelOptions options, List<FileNote> notes)
    {
        EncoderOptions encoder = (EncoderOptions)options;
        if (encoder.Placement != KanPlacement.None || encoder is not { Head: EncoderHead.MaskedLanguage, TiedHead: true })
            return encoder;
        string decoder = Theirs(EncoderNames.Decoder, encoder with { TiedHead = false }), embedding = Theirs(TokenTable, encoder);
        return ByTheirs(folder.Folder, weights, encoder).IsUntied(decoder, embedding, notes) ? encoder with { TiedHead = false } : encoder;
    }

    public sealed override List<StoredTensor> ToOurs(TensorFile weights, ModelOptions options, List<TensorChange> changes)
    {
        EncoderOptions encoder = (EncoderOptions)options;
        FolderTensors theirs = ByTheirs(weights.Path, weights, encoder);
        Dictionary<string, StoredTensor> found = theirs.Found;
        RequireSizes(weights.Path, theirs, encoder);
        List<StoredTensor> tensors = ModuleNames.Take(names.Tensors(encoder), found, weights, changes, theirs.Lacks);
        string decoder = Theirs(EncoderNames.Decoder, encoder with { Head = EncoderHead.MaskedLanguage, TiedHead = false });
        foreach ((string name, StoredTensor tensor) in found)
        {
            if (name == decoder && encoder is { Head: EncoderHead.MaskedLanguage, TiedHead: true })
                changes.Add(Change(tensor, TokenTable, TensorFate.Tied));
            else if (names.IsLeftOut(name))
                changes.Add(Change(tensor, null, TensorFate.Dropped));
            else
                tensors.Add(tensor); // for which the model has no place: whoever loads it says so
        }

        return tensors;

        TensorChange Change(StoredTensor tensor, string? to, TensorFate fate) => new(weights.OriginalName(tensor.Name), to, fate);
    }

    public sealed override List<StoredTensor> ToTheirs(IReadOnlyList<StoredTensor> tensors, ModelOptions options, List<TensorChange> changes) =>
        ModuleNames.Give(names.Tensors((EncoderOptions)options), [.. tensors.Select(tensor => tensor.Name == PositionTable ? TheirPositions(tensor, (EncoderOptions)options) : tensor)], changes);

    /// <summary>The family's defaults, for what a configuration leaves out.</summary>
    protected abstract EncoderOptions Defaults { get; }

    /// <summary>The sizes and shares of dropout by the names of this type.</summary>
    protected abstract EncoderOptions Sizes(ConfigReader config);

    /// <summary>Writes what <see cref="Sizes"/> reads.</summary>
    protected abstract void WriteSizes(Utf8JsonWriter json, EncoderOptions options);

    /// <summary>What classes with a certain head have otherwise.</summary>
    protected virtual EncoderOptions WithHead(EncoderOptions options, ConfigReader config) => options;

    /// <summary>The block size that a table of so many positions leaves.</summary>
    protected virtual EncoderOptions AtPositions(EncoderOptions options, int rows) => options with { BlockSize = rows };

    /// <summary>The rows of their table of positions.</summary>
    protected virtual int TheirPositions(EncoderOptions options) => options.PositionRows;

    /// <summary>Their table of positions.</summary>
    protected virtual StoredTensor TheirPositions(StoredTensor table, EncoderOptions options) => table;

    private const string TokenTable = "tokens.weight", PositionTable = "positions.weight";

    private EncoderHead HeadOf(ConfigReader config, TensorFile weights)
    {
        IReadOnlyList<string> told = config.Texts("architectures");
        if (told.Count == 0)
            return IsIn(names.MaskedLanguage) ? EncoderHead.MaskedLanguage
                : IsIn(names.Classification) && (names.Classification[^1].Theirs[0] != names.TokenClassification.Theirs[0] || IsIn([names.Classification[0]])) ? EncoderHead.Classification
                : IsIn([names.TokenClassification]) ? EncoderHead.TokenClassification : IsIn([names.QuestionAnswering]) ? EncoderHead.QuestionAnswering : EncoderHead.None;

        string[] known = [.. Classes.Select(entry => className + entry.Class)];
        int at = Array.IndexOf(known, told[0]);
        config.Require("architectures", told.Count == 1 && at >= 0, string.Join(", ", known.Select(name => $"[\"{name}\"]")));
        return Classes[at].Head;

        // By the last layer, for the first one of labels can be left over from pretraining. Where that of texts and that of words are called alike, the first one tells.
        bool IsIn(IReadOnlyList<ModuleNames> head) => weights.Tensors.Any(tensor => tensor.Name == head[^1].Theirs[0] + head[^1].Ends[^1]);
    }

    // What they call labels that have no names.
    private static string[] Unnamed(int labels) => [.. Enumerable.Range(0, labels).Select(LabelNames.Unnamed)];

    private static void WriteLabels(Utf8JsonWriter json, string[] labels)
    {
        json.WriteStartObject("id2label");
        for (int label = 0; label < labels.Length; label++)
            json.WriteString(label.ToString(CultureInfo.InvariantCulture), labels[label]);
        json.WriteEndObject();
        json.WriteStartObject("label2id");
        for (int label = 0; label < labels.Length; label++)
            json.WriteNumber(labels[label], label);
        json.WriteEndObject();
    }

    // The tensors by the names of their classes: files of bare encoders leave out the prefix, old ones name a norm's tensors otherwise, and of two names of one tensor
    // a file can have either.
    private FolderTensors ByTheirs(string path, TensorFile weights, EncoderOptions options)
    {
        HashSet<string> known = [.. names.Tensors(options with { TiedHead = false }).SelectMany(entry => entry.Theirs)];
        bool isBare = !weights.Tensors.Any(tensor => tensor.Name.StartsWith(names.Prefix, StringComparison.Ordinal));
        Dictionary<string, StoredTensor> found = new(StringComparer.Ordinal);
        foreach (StoredTensor tensor in weights.Tensors)
        {
            string name = Ending(Ending(tensor.Name, ".gamma", ".weight"), ".beta", ".bias");
            if (isBare && !known.Contains(name))
                name = names.Prefix + name;
            if (!found.TryAdd(name, tensor))
                throw new KansformersException($"'{weights.Path}' holds '{Readable.Text(name)}' twice, once under an older name; leave one out");
        }

        if (names.Bias is (string second, string first) && !found.ContainsKey(first) && found.Remove(second, out StoredTensor? bias))
            found.Add(first, bias);
        return new FolderTensors(path, className, found);

        static string Ending(string name, string old, string now) => name.EndsWith(old, StringComparison.Ordinal) ? name[..^old.Length] + now : name;
    }

    private void RequireSizes(string path, FolderTensors theirs, EncoderOptions options)
    {
        (long vocabulary, long width) = Matrix(TokenTable);
        List<(string Words, long Told, long Found)> sizes = [("{0} layers", options.Layers, LayersIn(theirs.Found)), ("width {0}", options.Width, width), ("vocabulary {0}", options.VocabularySize, vocabulary)];
        sizes.Add(("{0} positions", options.PositionRows, Matrix(PositionTable).Rows));
        if (options.TypeRows > 0)
            sizes.Add(("{0} token types", options.TypeRows, Matrix("types.weight").Rows));
        sizes.Add(("inner width {0}", options.InnerWidth, Matrix("blocks.0.mlp.c_fc.weight").Rows));
        if (options.Head == EncoderHead.QuestionAnswering)
            sizes.Add(("{0} outputs for answers", AnswerHead.Outputs, Matrix("head.outputs.weight").Rows));
        if (options.HasLabels)
            sizes.Add(("{0} labels", options.Labels, Matrix("head.labels.weight").Rows));
        SizeAgreement.Require(path, "config.json", sizes);

        (long Rows, long Columns) Matrix(string ours) => theirs.Matrix(Theirs(ours, options));
    }

    private int LayersIn(Dictionary<string, StoredTensor> found) =>
        ModuleNames.Blocks(names.Prefix + names.Body.Single(module => module.Ours == "blocks.#.ln_1").Theirs[0] + ".weight", found);

    private string Theirs(string ours, EncoderOptions options) => names.Tensors(options).First(entry => entry.Ours == ours).Theirs[0];
}
