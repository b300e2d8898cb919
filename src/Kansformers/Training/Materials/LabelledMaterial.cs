using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>A text as ids, with what is wanted of it.</summary>
/// <param name="Text">The text.</param>
/// <param name="Label">Its label, or its number, as it is written.</param>
internal sealed record LabelledExample(EncodedText Text, string Label);

/// <summary>Labelled texts, in a part to train on and one that is held out.</summary>
internal sealed class LabelledMaterial : RowMaterial<LabelledRow, LabelledExample>
{
    private LabelledMaterial(RowTables<LabelledRow> tables, bool areNumbers)
        : base(tables, row => new LabelledExample(row.Encode(tables.Tokenizer), row.Label), row => areNumbers ? "" : row.Label)
    {
    }

    /// <summary>Every label of the training file, in order; those that are all whole numbers by size.</summary>
    public LabelNames Labels { get; private init; } = new([]);

    /// <summary>Opens labelled texts.</summary>
    /// <param name="data">Where they lie.</param>
    /// <param name="tokenizer">The run's tokenizer; null for the one that is named.</param>
    /// <param name="areNumbers">Whether labels are numbers to be fitted.</param>
    /// <exception cref="KansformersException">Something of texts or labels is wrong; the message names file and line.</exception>
    public static LabelledMaterial Open(DataConfig data, Tokenizer? tokenizer, bool areNumbers)
    {
        LabelledFields fields = new(data.TextField, data.TextPairField, data.LabelField);
        RowTables<LabelledRow> tables = RowTables<LabelledRow>.Read(data, tokenizer, path => Table(path, fields));

        // What cannot be learned is refused before anything is encoded or divided.
        if (areNumbers)
        {
            LabelRules.RequireNumbers([.. tables.All]);
            LabelledMaterial numbers = new(tables, areNumbers);
            numbers.Note(LabelRules.Spread(tables.Train.Rows));
            return numbers;
        }

        LabelCounts counts = LabelCounts.Of(tables.Train.Rows.Select(row => row.Label));
        LabelNames labels = LabelRules.Names(data.Data, counts);
        LabelRules.RequireKnown(labels, tables.Other?.Rows ?? [], "the training data does");
        LabelledMaterial material = new(tables, areNumbers) { Labels = labels };
        material.Note(LabelRules.Balance(counts));
        return material;
    }

    internal override void Require(RunConfig config)
    {
        EncoderInputs inputs = new(EncoderTokens.Of(Tokenizer, config.Model.VocabularySize), config.Model.BlockSize);
        int cut = 0, longest = 0;
        foreach ((EncodedText text, _) in Train.Concat(Validation))
        {
            inputs.Of(text, out bool isCut);
            cut += isCut ? 1 : 0;
            longest = Math.Max(longest, text.First.Length + (text.Second?.Length ?? 0));
        }

        if (cut > 0)
            Note($"texts   {cut} of {Train.Count + Validation.Count} do not fit a block of {config.Model.BlockSize} and are cut at their ends; the longest has {longest} tokens");
    }

    private static RowTable<LabelledRow> Table(string path, LabelledFields fields)
    {
        IReadOnlyList<LabelledRow> all = LabelledTexts.Read(path, fields, needsLabels: true, out LabelledFields found);
        return RowTable<LabelledRow>.Of(path, all, $"text '{found.Text}'{(found.Pair is null ? "" : $", second text '{found.Pair}'")}, label '{found.Label}'");
    }
}
