using System.Globalization;
using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>
/// A part of a corpus, by its rows, as Hugging Face datasets writes it: <c>train[:1%]</c>, <c>[:1000]</c>, <c>[10%:20%]</c>,
/// <c>[-500:]</c>. A row is a line of JSONL, a record of CSV, a row of Parquet or, in a folder of text, a file. One boundary may be written
/// from either end: <c>[-1%:]</c> are the rows of <c>[99%:]</c>, and with <c>[:99%]</c> they are all, whatever the rounding.
/// </summary>
internal sealed partial record CorpusSlice
{
    private CorpusSlice(long? from, long? to, bool percent) => (From, To, IsPercent) = (from, to, percent);

    /// <summary>The first row, or per cent of the rows; counted from the end when negative; null for the beginning.</summary>
    public long? From { get; }

    /// <summary>Where the part ends: the row, or per cent, that is the first no longer in it; null for the end.</summary>
    public long? To { get; }

    /// <summary>Whether the ends are per cent of the rows.</summary>
    public bool IsPercent { get; }

    /// <summary>Whether the number of rows must be known to tell which these are.</summary>
    internal bool NeedsCount => IsPercent || From < 0 || To < 0;

    /// <summary>Reads a slice.</summary>
    /// <param name="text">The brackets and what is in them: <c>[10%:20%]</c>.</param>
    /// <returns>The slice.</returns>
    /// <exception cref="KansformersException">It is not written so, or goes beyond 100 %.</exception>
    public static CorpusSlice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        (string before, CorpusSlice? slice) = Split(text);
        return slice is not null && before.Length == 0 ? slice : throw Bad(text);
    }

    /// <summary>The rows from one to another, which is no longer in it.</summary>
    internal static CorpusSlice Rows(long start, long end) => new(start, end, false);

    /// <summary>Takes the slice off the end of a name: <c>train[:1%]</c> is <c>train</c> and <c>[:1%]</c>.</summary>
    /// <param name="text">The name of a split, a file or a corpus, with or without a slice.</param>
    /// <returns>The name, and the slice or null.</returns>
    /// <exception cref="KansformersException">It ends like a slice but is none.</exception>
    public static (string Name, CorpusSlice? Slice) Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Brackets().Match(text) is not { Success: true } brackets)
            return (text, null);
        if (Form().Match(brackets.Value) is not { Success: true } match)
            throw Bad(text);
        bool percent = match.Groups["fromPercent"].Success || match.Groups["toPercent"].Success;
        CorpusSlice slice = new(Number(match.Groups["from"], text), Number(match.Groups["to"], text), percent);
        if (percent && (Math.Abs(slice.From ?? 0) > 100 || Math.Abs(slice.To ?? 0) > 100))
            throw new KansformersException($"the slice '{slice}' goes beyond 100%; give per cent from -100 to 100");
        return (text[..brackets.Index], slice);
    }

    /// <summary>The rows of the slice among so many.</summary>
    /// <param name="count">The number of rows in all.</param>
    /// <returns>The first row, and the row behind the last; equal when there is none.</returns>
    public (long Start, long End) Of(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        long start = Row(From ?? 0, count), end = To is long to ? Row(to, count) : count;
        return (start, Math.Max(start, end));
    }

    /// <summary>The slice as it is written.</summary>
    /// <returns>The brackets and what is in them.</returns>
    public override string ToString()
    {
        string unit = IsPercent ? "%" : "";
        return string.Create(CultureInfo.InvariantCulture, $"[{From}{(From is null ? "" : unit)}:{To}{(To is null ? "" : unit)}]");
    }

    /// <summary>Why a corpus cannot be read when the slice takes no row of it.</summary>
    /// <param name="what">The corpus, in a few words.</param>
    /// <param name="rows">Its rows; null where they were not counted.</param>
    internal KansformersException WithoutRows(string what, long? rows)
    {
        string holds = rows is null ? "" : string.Create(CultureInfo.InvariantCulture, $" has {rows} row{(rows == 1 ? "" : "s")}, and");
        return new($"{what}{holds} is read by the slice {this}, which takes no row of it; give a slice that does, such as [:1000] or [:10%]");
    }

    // What is counted from the end is turned into what is counted from the beginning before anything is rounded: -1% is 99%. Per cent are
    // rounded to the closest row, halves to the even one, as datasets does by default.
    private long Row(long value, long count)
    {
        long front = value < 0 ? value + (IsPercent ? 100 : count) : value;
        return Math.Clamp(IsPercent ? (long)Math.Round(front * (decimal)count / 100, MidpointRounding.ToEven) : front, 0, count);
    }

    private static long? Number(Group group, string text)
    {
        if (group.Length == 0)
            return null;
        return long.TryParse(group.Value.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : throw Bad(text);
    }

    private static KansformersException Bad(string text) =>
        new($"'{text}' does not end in a slice; write it like [:1000], [:1%], [10%:20%] or [-500:]");

    [GeneratedRegex(@"\[[^\[\]/\\]*:[^\[\]/\\]*\]\z")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"\A\[((?<from>-?[0-9][0-9_]*)(?<fromPercent>%)?)?:((?<to>-?[0-9][0-9_]*)(?<toPercent>%)?)?\]\z")]
    private static partial Regex Form();
}
