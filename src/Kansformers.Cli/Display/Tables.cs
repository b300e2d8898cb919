using Spectre.Console;

namespace Kansformers.Cli;

/// <summary>Tables on standard output, as wide as the terminal; wide enough for whole names where a file or a program reads them.</summary>
internal static class Tables
{
    public static void Print(Table table)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
            console.Profile.Width = 160;
        console.Write(table);
    }
}
