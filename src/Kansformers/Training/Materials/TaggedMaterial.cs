using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>A text as ids, with what is wanted of its words.</summary>
/// <param name="Text">The text.</param>
/// <param name="Labels">The label of each word, counted from 0 in the order of the material's labels.</param>
internal sealed record TaggedExample(WordTokens Text, int[] Labels);

/// <summary>Texts whose words have labels, in a part to train on and one that is held out.</summary>
internal sealed class TaggedMaterial : RowMaterial<TaggedText, TaggedExample>
{
    private TaggedMaterial(RowTables<TaggedText> tables, LabelNames labels)
        : base(tables, row => new TaggedExample(WordTokens.Of(tables.Tokenizer, row), [.. row.Tags.Select(tag => labels.IdOf(tag)!.Value)]), _ => "") =>
        Labels = labels;

    /// <summary>Every label of the training file, in order; those that are all whole numbers by size.</summary>
    public LabelNames Labels { get; }

    /// <summary>Opens texts with labelled words.</summary>
    /// <param name="data">Where they lie.</param>
    /// <param name="tokenizer">The run's tokenizer; null for the one that is named.</param>
    /// <exception cref="KansformersException">Something of words or labels is wrong; the message names file and line.</exception>
    public static TaggedMaterial Open(DataConfig data, Tokenizer? tokenizer)
    {
        LabelledFields fields = new(data.TextField, data.TextPairField, data.LabelField);
        if (fields.Pair is not null)
            throw new KansformersException("DataConfig.TextPairField is nothing to labels of words; leave it out");
        if (fields is not { Text: null, Label: null } && !((string?[])[data.Data, data.ValidationData]).Any(file => file is not null && TaggedTexts.HasFields(file)))
            throw new KansformersException($"'{data.Data}' has a line for each word, and no fields; leave out {(fields.Text is null ? "" : "DataConfig.TextField")}{(fields is { Text: not null, Label: not null } ? " and " : "")}{(fields.Label is null ? "" : "DataConfig.LabelField")}, or give a .jsonl file");
        RowTables<TaggedText> tables = RowTables<TaggedText>.Read(data, tokenizer, path =>
            RowTable<TaggedText>.Of(path, TaggedTexts.Read(path, fields, needsTags: true, out string columns), columns));
        LabelCounts counts = LabelCounts.Of(tables.Train.Rows.SelectMany(row => row.Tags));
        LabelNames labels = LabelRules.Names(data.Data, counts, "word");
        LabelRules.RequireKnown(labels, tables.Other?.Rows ?? [], "the training data does");
        TaggedMaterial material = new(tables, labels);
        material.Note(LabelRules.Balance(counts, "macro F1, or F1 of entities,"));
        return material;
    }

    internal override void Require(RunConfig config)
    {
        WordInputs inputs = new(EncoderTokens.Of(Tokenizer, config.Model.VocabularySize), config.Model.BlockSize);
        WordInput[] all = [.. Train.Concat(Validation).Select(example => inputs.Of(example.Text))];
        int cut = all.Count(input => input.WasCut), bare = all.Sum(input => input.Bare);
        if (cut > 0)
            Note($"texts   {cut} of {all.Length} do not fit a block of {config.Model.BlockSize} and are cut at their ends, {all.Sum(input => input.CutWords)} of {all.Sum(input => input.Places.Length)} words in all; the longest has {Train.Concat(Validation).Max(example => example.Text.Ids.Length)} tokens");
        if (bare > 0)
            Note($"words   {bare} have no token in this tokenizer, and do not count");
        if (Train.All(example => inputs.Of(example.Text).Places.All(place => place < 0)))
            throw new KansformersException($"no word of {Description} has a token in a block of {config.Model.BlockSize}; give another ModelOptions.BlockSize, or another tokenizer");
    }
}
