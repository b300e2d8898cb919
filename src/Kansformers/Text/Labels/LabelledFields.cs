namespace Kansformers.Text;

/// <summary>The columns of labelled texts; those that are null are found by their names.</summary>
/// <param name="Text">The text, or the first of a pair.</param>
/// <param name="Pair">The second text of a pair; null where there is none.</param>
/// <param name="Label">The label.</param>
public sealed record LabelledFields(string? Text = null, string? Pair = null, string? Label = null);

/// <summary>A row of labelled texts.</summary>
/// <param name="Text">The text, or the first of a pair.</param>
/// <param name="Pair">The second text of a pair; null where there is none.</param>
/// <param name="Label">The label as it is written; empty where none was asked for.</param>
/// <param name="Place">Where the row is, for messages: <c>'a.csv' line 3</c>.</param>
public sealed record LabelledRow(string Text, string? Pair, string Label, string Place) : IDataRow
{
    /// <summary>Whether there is nothing in it but white space.</summary>
    public bool IsEmpty => string.IsNullOrWhiteSpace(Text) && string.IsNullOrWhiteSpace(Pair);

    IEnumerable<string> IDataRow.Texts => Pair is null ? [Text] : [Text, Pair];

    IEnumerable<string> IDataRow.Parts => [Text, Pair ?? "", Label];

    /// <summary>Its text, or both, as ids.</summary>
    /// <exception cref="KansformersException">The tokenizer refuses a character; the message names the row.</exception>
    internal EncodedText Encode(Tokenizer tokenizer)
    {
        try
        {
            return EncodedText.Of(tokenizer, Text, Pair);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"{Place}: {failure.Message}", failure);
        }
    }
}
