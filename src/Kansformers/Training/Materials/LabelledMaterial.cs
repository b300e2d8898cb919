using System.Globalization;
using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>Labelled texts, in a part to train on and one that is held out.</summary>
internal sealed class LabelledMaterial : TrainingMaterial
{
    // Which rows are held out does not depend on a run's seed: losses of several runs can be compared.
    private const ulong SplitKey = 0x73706c6974;

    private readonly List<string> _notes = [];
    private readonly LabelledExamples _train;
    private readonly LabelledExamples? _validation;

    private LabelledMaterial(DataConfig data, LabelledTable train, LabelledTable? other, Tokenizer tokenizer, bool areNumbers)
    {
        (Tokenizer, Name) = (tokenizer, Path.GetFileName(data.Data));
        Source = Path.GetFullPath(data.Data);
        ValidationSource = data.ValidationData is string file ? Path.GetFullPath(file) : null;
        Counts = train.Counts;
        Description = $"'{Source}' ({train.Columns})";
        LabelledExamples all = Encode(train.Rows, data, out LostText lost);
        Lost = lost;
        HashSet<int> held = other is null ? Held(all.Labels, data.ValidationFraction, areNumbers) : [];
        _train = other is null ? all.Where(i => !held.Contains(i)) : all;
        HeldOut = other?.Rows ?? [.. train.Rows.Where((_, i) => held.Contains(i))];
        _validation = other is not null ? Encode(other.Rows, data, out lost) : held.Count > 0 ? all.Where(held.Contains) : null;
        ValidationLost = other is not null ? lost : default;
        ValidationDescription = ValidationSource is null ? null : $"'{data.ValidationData}'";
        Fingerprint = CorpusCache.Key([tokenizer.Identity, data.ValidationFraction.ToString("R", CultureInfo.InvariantCulture), .. Parts(train), .. other is null ? [] : Parts(other)]);
    }

    public override string Name { get; }

    public override string Description { get; }

    public override string? ValidationDescription { get; }

    public override string Amount => $"{_train.Count} examples to train on, {_validation?.Count ?? 0} held out";

    public override CorpusCounts Counts { get; }

    public override Tokenizer Tokenizer { get; }

    public override IReadOnlyList<LabelledRow> HeldOut { get; }

    public override IReadOnlyList<string> Notes => _notes;

    public override LostText Lost { get; }

    public override LostText ValidationLost { get; }

    /// <summary>Every label of the training file, in order; those that are all whole numbers by size.</summary>
    public LabelNames Labels { get; private init; } = new([]);

    internal override string Source { get; }

    internal override string? ValidationSource { get; }

    internal override string Fingerprint { get; }

    internal override TrainingData Data => new(null) { Tokenizer = Tokenizer, Examples = _train, ValidationExamples = _validation };

    /// <summary>Opens labelled texts.</summary>
    /// <param name="data">Where they lie.</param>
    /// <param name="tokenizer">The run's tokenizer; null for the one that is named.</param>
    /// <param name="areNumbers">Whether labels are numbers to be fitted.</param>
    /// <exception cref="KansformersException">Something of texts or labels is wrong; the message names file and line.</exception>
    public static LabelledMaterial Open(DataConfig data, Tokenizer? tokenizer, bool areNumbers)
    {
        RequireUnused(nameof(DataConfig.Deduplicate), data.Deduplicate);
        RequireUnused(nameof(DataConfig.TokenFormat), data.TokenFormat != default);
        RequireUnused(nameof(DataConfig.SpecialTokens), data.SpecialTokens != default);
        tokenizer ??= TrainingText.TokenizerOf(data);
        LabelledFields fields = new(data.TextField, data.TextPairField, data.LabelField);
        LabelledTable train = LabelledTable.Read(data.Data, fields), all = train;
        LabelledTable? other = data.ValidationData is string validation ? LabelledTable.Read(validation, fields) : null;
        if (other is not null)
            all = new LabelledTable([.. train.Rows, .. other.Rows], default);
        tokenizer ??= CharTokenizer.FromTexts(all.Rows.SelectMany(row => (string[])[row.Text, row.Pair ?? ""]));

        // What cannot be learned is refused before anything is encoded or divided.
        if (areNumbers)
        {
            LabelRules.RequireNumbers(all.Rows);
            LabelledMaterial numbers = new(data, train, other, tokenizer, areNumbers);
            numbers._notes.Add(LabelRules.Spread(train.Rows));
            return numbers;
        }

        LabelCounts counts = LabelCounts.Of(train.Rows);
        LabelNames labels = LabelRules.Names(data.Data, counts);
        LabelRules.RequireKnown(labels, other?.Rows ?? [], "the training data does");
        LabelledMaterial material = new(data, train, other, tokenizer, areNumbers) { Labels = labels };
        material._notes.Add(LabelRules.Balance(counts));
        return material;
    }

    private static void RequireUnused(string option, bool isSet)
    {
        if (isSet)
            throw new KansformersException($"DataConfig.{option} says how text is read, and is nothing to labelled examples; leave it out");
    }

    internal override void Require(RunConfig config)
    {
        EncoderInputs inputs = new(EncoderTokens.Of(Tokenizer, config.Model.VocabularySize), config.Model.BlockSize);
        int cut = 0, longest = 0;
        foreach (EncodedText text in _train.Texts.Concat(_validation?.Texts ?? []))
        {
            inputs.Of(text, out bool isCut);
            cut += isCut ? 1 : 0;
            longest = Math.Max(longest, text.First.Length + (text.Second?.Length ?? 0));
        }

        if (cut > 0)
            _notes.Add($"texts   {cut} of {_train.Count + (_validation?.Count ?? 0)} do not fit a block of {config.Model.BlockSize} and are cut at their ends; the longest has {longest} tokens");
    }

    public override void Dispose()
    {
    }

    // Of every label about the same share, but never its last example.
    private static HashSet<int> Held(IReadOnlyList<string> labels, double fraction, bool areNumbers)
    {
        if (fraction == 0)
            return [];
        if (labels.Count < 2)
            throw new KansformersException("there is 1 example, of which none can be held out; give more, or set DataConfig.ValidationFraction to 0");
        KeyedPermutation order = new(labels.Count, SplitKey);
        int[] shuffled = [.. Enumerable.Range(0, labels.Count).Select(i => (int)order[i])];
        int[][] groups = [.. shuffled.GroupBy(i => areNumbers ? "" : labels[i], (_, members) => members.ToArray())];
        HashSet<int> held = [];
        int seen = 0;
        foreach (int[] members in groups.OrderBy(members => labels[members[0]], StringComparer.Ordinal))
        {
            seen += members.Length;
            held.UnionWith(members.Take(Math.Clamp((int)Math.Round(fraction * seen) - held.Count, 0, members.Length - 1)));
        }

        return held.Count > 0 ? held : [groups.MaxBy(members => members.Length)![0]];
    }

    private static IEnumerable<string> Parts(LabelledTable table) => table.Rows.SelectMany(row => (string[])[row.Text, row.Pair ?? "", row.Label]);

    private LabelledExamples Encode(IReadOnlyList<LabelledRow> rows, DataConfig data, out LostText lost)
    {
        List<EncodedText> texts = new(rows.Count);
        lost = default;
        const string remedy = "leave such characters out with DataConfig.UnknownCharacters = Skip";
        bool refuses = data.UnknownCharacters == UnknownCharacters.Refuse;
        foreach (LabelledRow row in rows)
        {
            try
            {
                texts.Add(row.Encode(Tokenizer));
            }
            catch (KansformersException failure) when (refuses)
            {
                throw new KansformersException($"{failure.Message}, or {remedy}", failure);
            }

            LostText here = row.LostBy(Tokenizer);
            if (here.Characters > 0 && refuses)
                throw new KansformersException($"{row.Place} holds {here}; choose a tokenizer that knows all text (byte or gpt2), or {remedy}");
            lost = lost.Plus(here);
        }

        return new LabelledExamples(texts, [.. rows.Select(row => row.Label)]);
    }
}
