using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>The rows of a table of labelled texts that have a text.</summary>
internal sealed record LabelledTable(IReadOnlyList<LabelledRow> Rows, CorpusCounts Counts)
{
    /// <summary>Its columns.</summary>
    public LabelledFields Fields { get; private init; } = new();

    /// <summary>What the columns are, in words.</summary>
    public string Columns => $"text '{Fields.Text}'{(Fields.Pair is null ? "" : $", second text '{Fields.Pair}'")}, label '{Fields.Label}'";

    /// <exception cref="KansformersException">The table cannot be read, or no row has a text.</exception>
    public static LabelledTable Read(string path, LabelledFields fields)
    {
        IReadOnlyList<LabelledRow> all = LabelledTexts.Read(path, fields, needsLabels: true, out LabelledFields found);
        LabelledRow[] rows = [.. all.Where(row => !row.IsEmpty)];
        return rows.Length > 0 ? new LabelledTable(rows, new CorpusCounts(rows.Length, all.Count - rows.Length, 0)) { Fields = found }
            : throw new KansformersException($"all {all.Count} texts of '{path}' are empty; choose another column with DataConfig.TextField, or another file");
    }
}
