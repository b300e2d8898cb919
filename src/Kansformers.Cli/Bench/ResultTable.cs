using System.Globalization;
using Kansformers.Training;
using Spectre.Console;

namespace Kansformers.Cli.Bench;

/// <summary>Tables on standard output, in an order and with words that all measurements share.</summary>
internal static class ResultTable
{
    /// <summary>A table whose first column names things and whose others hold numbers.</summary>
    public static Table New(string first, params string[] numbers)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn(first);
        foreach (string name in numbers)
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        return table;
    }

    /// <summary>Writes a heading and a table under it.</summary>
    public static void Write(string heading, Table table)
    {
        Console.WriteLine(heading);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
            console.Profile.Width = 200;
        console.Write(table);
    }

    /// <summary>Milliseconds with three digits that count.</summary>
    public static string Ms(double? milliseconds) => milliseconds switch
    {
        null => "-",
        >= 99.95 => milliseconds.Value.ToString("0", CultureInfo.InvariantCulture),
        >= 9.995 => milliseconds.Value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 0.0995 => milliseconds.Value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => milliseconds.Value.ToString("0.0000", CultureInfo.InvariantCulture),
    };

    /// <summary>How many times one number is the other.</summary>
    public static string Times(double? part, double? whole) =>
        part is double a && whole is double b && b > 0 ? string.Create(CultureInfo.InvariantCulture, $"{a / b:0.00} x") : "-";

    public static string Bytes(long? bytes) => bytes is long value ? HumanText.Bytes(value) : "-";
}
