using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>The rows of a file that have a text.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Counts">How many there are, and how many have no text.</param>
/// <param name="Columns">What its columns are, in words.</param>
internal sealed record RowTable<TRow>(IReadOnlyList<TRow> Rows, CorpusCounts Counts, string Columns)
    where TRow : IDataRow
{
    /// <exception cref="KansformersException">No row has a text.</exception>
    public static RowTable<TRow> Of(string path, IReadOnlyList<TRow> all, string columns)
    {
        TRow[] rows = [.. all.Where(row => !row.IsEmpty)];
        return rows.Length > 0 ? new RowTable<TRow>(rows, new CorpusCounts(rows.Length, all.Count - rows.Length, 0), columns)
            : throw new KansformersException($"all {all.Count} texts of '{path}' are empty; choose another column with DataConfig.TextField, or another file");
    }
}

/// <summary>What an objective learns from, as it was read.</summary>
/// <param name="Data">Where it lies.</param>
/// <param name="Train">The rows to train on.</param>
/// <param name="Other">Those of a file that is held out; null where that is a part of the others.</param>
/// <param name="Tokenizer">The tokenizer.</param>
internal sealed record RowTables<TRow>(DataConfig Data, RowTable<TRow> Train, RowTable<TRow>? Other, Tokenizer Tokenizer)
    where TRow : IDataRow
{
    /// <summary>All rows.</summary>
    public IEnumerable<TRow> All => Train.Rows.Concat(Other?.Rows ?? []);

    /// <summary>Reads what a run learns from.</summary>
    /// <param name="data">Where it lies.</param>
    /// <param name="tokenizer">The run's tokenizer; null for the one that is named, or one of the characters of the texts.</param>
    /// <param name="read">Reads a file.</param>
    /// <exception cref="KansformersException">A file cannot be read, or an option is set that is nothing to rows.</exception>
    public static RowTables<TRow> Read(DataConfig data, Tokenizer? tokenizer, Func<string, RowTable<TRow>> read)
    {
        RequireUnused(nameof(DataConfig.Deduplicate), data.Deduplicate);
        RequireUnused(nameof(DataConfig.TokenFormat), data.TokenFormat != default);
        RequireUnused(nameof(DataConfig.SpecialTokens), data.SpecialTokens != default);
        tokenizer ??= TrainingText.TokenizerOf(data);
        RowTable<TRow> train = read(data.Data);
        RowTable<TRow>? other = data.ValidationData is string validation ? read(validation) : null;
        tokenizer ??= CharTokenizer.FromTexts(train.Rows.Concat(other?.Rows ?? []).SelectMany(row => row.Texts));
        return new RowTables<TRow>(data, train, other, tokenizer);
    }

    private static void RequireUnused(string option, bool isSet)
    {
        if (isSet)
            throw new KansformersException($"DataConfig.{option} says how text is read, and is nothing to labelled examples; leave it out");
    }
}
