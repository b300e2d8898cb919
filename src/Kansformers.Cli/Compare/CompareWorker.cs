using System.CommandLine;
using System.Diagnostics;
using Kansformers.Comparisons;

namespace Kansformers.Cli.Compare;

/// <summary>The hidden verb of the processes of a comparison or ladder: does one piece of its work.</summary>
internal static class CompareWorker
{
    private const string Verb = "one-of-many";

    /// <summary>This program, made ready to do a piece of work.</summary>
    public static ProcessStartInfo Start(IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = ThisProgram.Start();
        foreach (string argument in arguments.Prepend(Verb).Prepend("compare"))
            start.ArgumentList.Add(argument);
        return start;
    }

    public static Command Create()
    {
        Argument<string[]> arguments = new("WORK");
        Command command = new(Verb, "One piece of the work of a comparison.") { arguments };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            using Interruption interruption = new();
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(interruption.Token);
            Task.Run(() => WaitForEnd(stop));
            return ComparisonWorker.Do(parsed.GetValue(arguments)!, Console.Out, stop.Token) ? CommandLineApp.Succeeded : CommandLineApp.RunFailed;
        });
        return command;
    }

    // The comparison closes our standard input when it is interrupted; so does the system when it is killed.
    private static void WaitForEnd(CancellationTokenSource stop)
    {
        Span<byte> some = stackalloc byte[16];
        try
        {
            using Stream input = Console.OpenStandardInput();
            while (input.Read(some) > 0)
            {
            }

            stop.Cancel();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // There is nobody to listen to, or the work has ended.
        }
    }
}
