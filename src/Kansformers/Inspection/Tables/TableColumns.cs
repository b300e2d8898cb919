namespace Kansformers.Inspection;

/// <summary>What columns of a table are good for.</summary>
internal static class TableColumns
{
    private const int MostClasses = 100;

    /// <summary>The columns to learn from.</summary>
    public static DataColumn[] Choose(DataTable table, TableOptions options, List<string> notes)
    {
        DataColumn[] asked = options.Inputs is null ? [.. table.Columns.Where(column => column.Name != options.Target)] : [.. options.Inputs.Select(name => table[name])];
        DataColumn[] unfit = [.. asked.Where(column => column.HoldsWords || column.Missing == table.Rows)];
        if (options.Inputs is not null && unfit.Length > 0)
        {
            throw new KansformersException(unfit[0].HoldsWords ? $"'{unfit[0].Name}' of '{table.Path}' holds words, such as '{FirstWord(unfit[0])}'; inputs are numbers"
                : $"'{unfit[0].Name}' of '{table.Path}' is empty in every row; leave it out");
        }

        if (unfit.Length > 0)
            notes.Add($"not read: {string.Join(", ", unfit.Select(column => $"'{column.Name}' ({(column.HoldsWords ? "words" : "empty")})"))}");
        DataColumn[] chosen = [.. asked.Except(unfit)];
        return chosen.Length > 0 ? chosen : throw new KansformersException($"'{table.Path}' has no column of numbers besides '{options.Target}'");
    }

    /// <summary>Tells of columns that are one value; leaves them out where nobody asked for them.</summary>
    public static void TellConstant(DataColumn[] inputs, int[] rows, bool leavesOut, List<string> notes, out DataColumn[] kept)
    {
        DataColumn[] constant = [.. inputs.Where(column => IsConstant(column, rows))];
        leavesOut &= constant.Length < inputs.Length;
        if (constant.Length > 0)
            notes.Add($"the same value in every row{(leavesOut ? ", and not read" : "")}: {string.Join(", ", constant.Select(column => FormattableString.Invariant($"'{column.Name}' ({column.Numbers[rows[0]]})")))}");
        kept = leavesOut ? [.. inputs.Except(constant)] : inputs;
    }

    public static bool IsConstant(DataColumn column, int[] rows) => Array.TrueForAll(rows, row => column.Numbers[row] == column.Numbers[rows[0]]);

    /// <summary>The words of a target, numbers in their order.</summary>
    public static string[] Classes(DataTable table, DataColumn target, int[] rows)
    {
        string[] classes = [.. rows.Select(row => target.Text(row)!).Distinct()];
        if (classes.Length == 1)
            throw new KansformersException($"'{target.Name}' is '{classes[0]}' in all {rows.Length} rows of '{table.Path}'; there is nothing to learn");
        if (classes.Length > MostClasses)
            throw new KansformersException($"'{target.Name}' of '{table.Path}' has {classes.Length} different values, such as '{classes[0]}' and '{classes[1]}'; a network is for {MostClasses} classes at most");
        return [.. classes.OrderBy(name => double.TryParse(name, System.Globalization.CultureInfo.InvariantCulture, out double number) ? number : double.MaxValue).ThenBy(name => name, StringComparer.Ordinal)];
    }

    public static double[] ClassNumbers(DataTable table, TableSource source, int[] rows)
    {
        DataColumn target = table[source.Target];
        Dictionary<string, int> numbers = source.Classes.Select((name, at) => (name, at)).ToDictionary(pair => pair.name, pair => pair.at, StringComparer.Ordinal);
        return [.. rows.Select(row => numbers.TryGetValue(target.Text(row)!, out int number) ? (double)number
            : throw new KansformersException($"'{table.Path}' line {table.Line(row)} has the class '{target.Text(row)}', which the network does not know; it knows {string.Join(", ", source.Classes)}"))];
    }

    public static double[] Take(DataColumn column, int[] rows) => Array.ConvertAll(rows, row => column.Numbers[row]);

    public static ColumnScaling Scaling(DataColumn column, int[] rows, TableScaling scaling) => scaling switch
    {
        TableScaling.Range => ColumnScaling.Range(column.Name, Take(column, rows)),
        TableScaling.Standard => ColumnScaling.Standard(column.Name, Take(column, rows)),
        _ => new ColumnScaling(column.Name, 0, 1),
    };

    private static string FirstWord(DataColumn column) => Enumerable.Range(0, column.Numbers.Count).Where(row => double.IsNaN(column.Numbers[row])).Select(column.Text).First(text => text is not null)!;
}
