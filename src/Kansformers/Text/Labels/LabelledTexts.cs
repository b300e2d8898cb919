namespace Kansformers.Text;

/// <summary>Reads texts with their labels from a table: a text, perhaps a second one, and a label in each row.</summary>
public static class LabelledTexts
{
    private static readonly UsualNames TextNames = new("text", "content", "document", "sentence", "sentence1", "review", "body", "article", "premise", "question"),
        LabelNames = new("label", "labels", "class", "category", "target", "sentiment", "score", "y");

    /// <summary>Whether a file can hold columns, by its ending; else each of its lines is a text.</summary>
    /// <param name="path">The file.</param>
    public static bool IsTable(string path) => RecordFile.IsOne(path);

    /// <summary>Reads all rows.</summary>
    /// <param name="path">A <c>.csv</c>, <c>.tsv</c> or <c>.jsonl</c> file, packed (<c>.gz</c>, <c>.zst</c>) or not, or a <c>.parquet</c> file.</param>
    /// <param name="fields">Its columns.</param>
    /// <param name="needsLabels">Whether rows must have a label; else none is read.</param>
    /// <exception cref="KansformersException">The file cannot be read, columns cannot be told, or a row has no label; the message names the line.</exception>
    public static IReadOnlyList<LabelledRow> Read(string path, LabelledFields fields, bool needsLabels = true) => Read(path, fields, needsLabels, out _);

    /// <summary>As the public one, and tells which columns were read.</summary>
    internal static IReadOnlyList<LabelledRow> Read(string path, LabelledFields fields, bool needsLabels, out LabelledFields found)
    {
        ArgumentNullException.ThrowIfNull(fields);
        path = RecordFile.Require(path, needsLabels ? "labelled texts" : "texts", needsLabels ? "a column of labels" : "a column of texts");
        List<LabelledRow> rows = [];
        LabelledFields? known = null;
        foreach (TableRecord record in RecordFile.Read(path, fields.Text))
        {
            known ??= Find(record, fields, needsLabels);
            rows.Add(new LabelledRow(record.Text(known.Text!), known.Pair is null ? null : record.Text(known.Pair), needsLabels ? Label(record, known.Label!) : "", record.Place));
        }

        found = known ?? fields;
        return rows.Count > 0 ? rows : throw new KansformersException($"'{path}' holds no row; give a file with texts");
    }

    private static LabelledFields Find(TableRecord record, LabelledFields given, bool needsLabels)
    {
        (string path, string[] columns) = (record.Path, [.. record.Values.Keys]);
        foreach ((string? name, string option) in ((string?, string)[])[(given.Text, "TextField"), (given.Pair, "TextPairField"), (needsLabels ? given.Label : null, "LabelField")])
        {
            if (name is not null && !columns.Contains(name))
                throw new KansformersException($"'{path}' has no column '{name}'; choose another with DataConfig.{option}: it has {record.Names}");
        }

        // Where no label is wanted, a column that usually holds labels is still no text, unless there is no other.
        string? label = given.Label ?? LabelNames.Of(columns.Where(name => name != given.Text && name != given.Pair));
        if (needsLabels && label is null)
            throw new KansformersException($"cannot tell which column of '{path}' holds the labels; choose it with DataConfig.LabelField: it has {record.Names}");
        if (!needsLabels && columns.All(name => name == label || name == given.Pair))
            label = null;
        string[] others = [.. columns.Where(name => name != label && name != given.Pair)];
        string[] unlikeLabels = [.. others.Where(name => LabelNames.Rank(name) is null)];
        string text = given.Text ?? TextNames.Of(others) ?? ((needsLabels || unlikeLabels.Length > 0 ? unlikeLabels : others) is [string only] ? only
            : throw new KansformersException($"cannot tell which column of '{path}' holds the texts; choose it with DataConfig.TextField: it has {record.Names}"));
        if (text == given.Pair || (needsLabels && (text == label || given.Pair == label)))
            throw new KansformersException($"one column of '{path}' cannot be two things: text '{text}'{(given.Pair is null ? "" : $", second text '{given.Pair}'")}, label '{label}'");
        return new LabelledFields(text, given.Pair, label);
    }

    private static string Label(TableRecord record, string column)
    {
        string label = record.Values.ContainsKey(column) ? record.Text(column).Trim() : "";
        return label.Length > 0 ? label : throw new KansformersException($"{record.Place} has no label in '{column}'; give it one, or leave the row out");
    }
}
