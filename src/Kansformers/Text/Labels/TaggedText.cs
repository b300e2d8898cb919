using System.Globalization;

namespace Kansformers.Text;

/// <summary>A text as words, with a label for each.</summary>
/// <param name="Words">The words.</param>
/// <param name="Tags">The label of each as it is written; none where they were not asked for.</param>
/// <param name="Place">Where the text is, for messages: <c>'a.jsonl' line 3</c>.</param>
public sealed record TaggedText(IReadOnlyList<string> Words, IReadOnlyList<string> Tags, string Place) : IDataRow
{
    /// <summary>A text without labels; its words are what stands between white space.</summary>
    /// <param name="text">The text.</param>
    /// <param name="place">Where it is, for messages.</param>
    public static TaggedText Of(string text, string place)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new TaggedText(TaggedTexts.Words(text), [], place);
    }

    /// <summary>Whether it has no word but white space.</summary>
    public bool IsEmpty => Words.All(string.IsNullOrWhiteSpace);

    /// <summary>The file and the line of the first word, where each word has a line of its own.</summary>
    internal (string File, long Line)? Lines { get; init; }

    IEnumerable<string> IDataRow.Texts => [Joined];

    IEnumerable<string> IDataRow.Parts => [.. Words, "", .. Tags, ""];

    /// <summary>The words with a space between two.</summary>
    internal string Joined => string.Join(' ', Words);

    /// <summary>Where a word is, for messages.</summary>
    internal string PlaceOf(int word) => Lines is (string file, long line) ? string.Create(CultureInfo.InvariantCulture, $"'{file}' line {line + word}") : Place;
}
