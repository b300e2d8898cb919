using System.Globalization;

namespace Kansformers.Text;

/// <summary>What became of the rows of a corpus: nothing is left out without being counted.</summary>
/// <param name="Documents">The documents that were read.</param>
/// <param name="EmptyRows">The rows, or files, that held no text and were passed over.</param>
/// <param name="DuplicateRows">The documents that were left out because they had been read before; 0 unless that was asked for.</param>
public readonly record struct CorpusCounts(long Documents, long EmptyRows, long DuplicateRows)
{
    /// <summary>The counts in words.</summary>
    /// <returns><c>12 documents (3 empty rows passed over, 1 duplicate left out)</c>.</returns>
    public override string ToString()
    {
        string[] left = [.. new[] { EmptyRows == 0 ? "" : $"{Of(EmptyRows, "empty row")} passed over", DuplicateRows == 0 ? "" : $"{Of(DuplicateRows, "duplicate")} left out" }.Where(text => text.Length > 0)];
        return Of(Documents, "document") + (left.Length == 0 ? "" : $" ({string.Join(", ", left)})");
    }

    private static string Of(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");
}

/// <summary>Counts while a corpus is read.</summary>
internal sealed class CorpusTally
{
    public long Documents { get; set; }

    public long EmptyRows { get; set; }

    public long DuplicateRows { get; set; }

    /// <summary>Where the piece that was read last lies; null where the corpus does not tell.</summary>
    public CorpusPlace? Place { get; set; }

    public CorpusCounts Counts => new(Documents, EmptyRows, DuplicateRows);
}
