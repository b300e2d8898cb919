using System.CommandLine;
using System.Globalization;
using System.Text;
using Kansformers.Files;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan predict MODEL</c>: what a small network says of a table's rows.</summary>
internal static class KanPredict
{
    public static Command Create()
    {
        NetworkChoice model = new();
        Option<string> data = new("--data") { Description = "the table, whose columns are found by their names", Required = true };
        Option<string?> to = new("--out") { Description = "the .csv file to write [default: standard output]" };
        Option<bool> overwrite = new("--overwrite") { Description = "let --out replace a file" };
        Command command = new("predict", "What a small network says of each row of a table: a number, or a class with its probability.") { data, to, overwrite };
        OptionRules.NotEmpty(data, to);
        model.AddTo(command);
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(to) is string given ? NetworkFile.Checked(given, parsed.GetValue(overwrite)) : null;
            KanNetwork network = model.Load(parsed);
            string[] names = [.. network.InputColumns.Select(column => NetworkInput.Name(network, column))];
            DataTable table = DataTable.Read(parsed.GetValue(data)!, names);
            int[] rows = Whole(table, names);
            TellOutside(network, table, rows);
            Samples samples = new(rows.Length, network.DataColumns);
            for (int input = 0; input < names.Length; input++)
            {
                for (int row = 0; row < rows.Length; row++)
                    samples[row, network.InputColumns[input]] = table[names[input]].Numbers[rows[row]];
            }

            Samples outputs = network.Predict(samples);
            string target = network.Source?.Target ?? (network.TargetScaling.Count > 0 ? network.TargetScaling[0].Name : "y");
            string?[][] cells = [.. Cells(network, outputs, rows, table.Rows)];
            string csv = Csv(network, target, cells);
            if (path is not null)
                OutputFile.WriteText(path, csv);
            if (parsed.GetValue(model.Json))
                JsonOutput.Print(new { Model = Path.GetFullPath(parsed.GetValue(model.Path)!), Data = table.Path, Target = target, Rows = table.Rows, Predicted = rows.Length, Out = path, Predictions = cells.Select(row => Value(network, row)) });
            else if (path is null)
                Console.Out.Write(csv);
            else
                Console.WriteLine($"{rows.Length} of {table.Rows} rows: {path}");
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    private static object? Value(KanNetwork network, string?[] row)
    {
        if (row[0] is not string text)
            return null;
        if (IsClass(network))
            return new { Class = text, Probability = double.Parse(row[1]!, CultureInfo.InvariantCulture) };
        double[] values = Array.ConvertAll(row, cell => double.Parse(cell!, CultureInfo.InvariantCulture));
        return values.Length == 1 ? values[0] : values;
    }

    private static bool IsClass(KanNetwork network) => network.Source?.Classes.Count > 0;

    private static int[] Whole(DataTable table, string[] names)
    {
        int[] rows = [.. Enumerable.Range(0, table.Rows).Where(row => names.All(name => !double.IsNaN(table[name].Numbers[row])))];
        if (rows.Length == 0)
            throw new KansformersException($"no row of '{table.Path}' has a number in each of {string.Join(", ", names)}");
        if (rows.Length < table.Rows)
        {
            int first = Enumerable.Range(0, table.Rows).Except(rows).First();
            LiveLine.Say($"{table.Rows - rows.Length} of {table.Rows} rows of '{table.Path}' lack a number, the first in line {table.Line(first)}; nothing is said of them");
        }

        return rows;
    }

    // Beyond its grid a curve is no longer what was fitted.
    private static void TellOutside(KanNetwork network, DataTable table, int[] rows)
    {
        for (int input = 0; input < network.InputColumns.Count; input++)
        {
            string name = NetworkInput.Name(network, network.InputColumns[input]);
            (double low, double high) = NetworkInput.GridRange(network, input);
            double slack = 1e-9 * (high - low);
            int[] outside = [.. rows.Where(row => !(table[name].Numbers[row] >= low - slack && table[name].Numbers[row] <= high + slack))];
            if (outside.Length > 0)
                LiveLine.Say($"'{name}' leaves the range of the fit, {Numbers.Short(low)} to {Numbers.Short(high)}, in {outside.Length} of {rows.Length} rows, the first in line {table.Line(outside[0])}; what is said of them is a guess");
        }
    }

    // A row each: the value, or the class and its probability; nothing for rows that lack a number.
    private static IEnumerable<string?[]> Cells(KanNetwork network, Samples outputs, int[] rows, int count)
    {
        Dictionary<int, int> places = rows.Select((row, at) => (row, at)).ToDictionary(pair => pair.row, pair => pair.at);
        for (int row = 0; row < count; row++)
        {
            if (!places.TryGetValue(row, out int at))
                yield return new string?[IsClass(network) ? 2 : outputs.Columns];
            else if (IsClass(network))
                yield return [network.Source!.Classes[ClassProbabilities.Best(outputs, at)], Text(ClassProbabilities.Of(outputs, at).Max())];
            else
                yield return [.. Enumerable.Range(0, outputs.Columns).Select(column => Text(outputs[at, column]))];
        }
    }

    private static string Csv(KanNetwork network, string target, string?[][] cells)
    {
        StringBuilder text = new();
        int columns = cells[0].Length;
        text.AppendJoin(',', IsClass(network) ? [Quoted(target), "probability"] : columns == 1 ? [Quoted(target)] : Enumerable.Range(1, columns).Select(number => Quoted($"{target} {number}"))).Append('\n');
        foreach (string?[] row in cells)
            text.AppendJoin(',', row.Select(cell => Quoted(cell ?? ""))).Append('\n');
        return text.ToString();
    }

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
