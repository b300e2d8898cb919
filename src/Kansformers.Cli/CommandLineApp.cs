using System.CommandLine;
using System.Runtime.InteropServices;
using Kansformers.Cli.Bench;
using Kansformers.Cli.Compare;
using Kansformers.Cli.Networks;
using Kansformers.Cli.Scale;
using Kansformers.Cli.Tokenizers;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>The program: parse, run, and turn every failure into one line and an exit code.</summary>
internal static class CommandLineApp
{
    public const int Succeeded = 0, RunFailed = 1, BadUsage = 2;

    // A prompt may begin with @.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    // For the process's life: a signal is handled some time after it came.
    private static PosixSignalRegistration? s_fileSize;

    /// <summary>What was called, as it can be called again.</summary>
    public static string CommandLine { get; private set; } = "kansformers";

    /// <summary>The verbs with their options; parsing by it runs nothing.</summary>
    public static RootCommand CreateRoot() =>
        new("Train, sample and evaluate transformers whose linear layers are Kolmogorov-Arnold networks (KANs).")
        {
            TrainCommand.Create(),
            SampleCommand.Create(),
            EvalCommand.Create(),
            PredictCommand.Create(),
            InfoCommand.Create(),
            CompareCommand.Create(),
            ScaleCommand.Create(),
            ConvertCommand.Create(),
            TokenizeCommand.Create(),
            BenchCommand.Create(),
            TokenizerCommand.Create(),
            KanCommand.Create(),
        };

    public static int Run(string[] args)
    {
        s_fileSize ??= IgnoreFileSizeSignal();
        try
        {
            ArgumentText.RequireValid(args);
            RootCommand root = CreateRoot();
            if (args.Length == 0)
                args = ["--help"];
            CommandLine = string.Join(' ', args.Select(HumanText.ShellWord).Prepend("kansformers"));
            ParseResult parsed = Parse(root, args);
            if (ConfigFile.Expand(args, parsed) is string[] expanded)
                parsed = Parse(root, expanded);
            if (parsed.Errors.Count == 0)
                return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            return Usage(MissingVerb(parsed) ?? parsed.Errors[0].Message);
        }
        catch (UsageException failure)
        {
            return Usage(failure.Message);
        }
        catch (OperationCanceledException)
        {
            return Fail("interrupted");
        }
        catch (Exception failure) when (KansformersException.Explain(failure) is { } told)
        {
            return Fail(failure.Source == "System.Console" ? $"cannot write standard output or standard error: {told.Message}" : told.Message);
        }
        catch (Exception failure) when (Environment.GetEnvironmentVariable("KANSFORMERS_DEBUG") is null)
        {
            return Fail($"{failure.GetType().Name}: {FirstLine(failure.Message)} (an unexpected failure: please report it; set KANSFORMERS_DEBUG=1 to see where)");
        }
    }

    internal static ParseResult Parse(RootCommand root, string[] args) => root.Parse(args, Parsing);

    // The library's own message for a verb that is not there does not name those there are.
    private static string? MissingVerb(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string[] verbs = [.. command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name)];
        if (verbs.Length == 0)
            return null;
        string before = command is RootCommand ? "" : $"{command.Name} ";
        return parsed.UnmatchedTokens is [string word, ..]
            ? word.StartsWith('-') ? null : $"unknown verb '{before}{word}': use {string.Join(", ", verbs)}"
            : command is RootCommand || command.Action is not null ? null : $"'{command.Name}' needs a verb: use {string.Join(", ", verbs)}";
    }

    private static int Usage(string message) => End($"error: {OneLine(message)} (see --help)", BadUsage);

    private static int Fail(string message) => End($"error: {OneLine(message)}", RunFailed);

    private static int End(string line, int code)
    {
        try
        {
            LiveLine.Say(line);
        }
        catch (Exception failure) when (KansformersException.Explain(failure) is not null)
        {
            // Standard error may go to the disk that is full; the exit code still tells.
        }

        return code;
    }

    // Where a file may not grow, by `ulimit -f`, the system ends the process without a word unless the signal is caught; then the write fails.
    private static PosixSignalRegistration? IgnoreFileSizeSignal()
    {
        const int fileSizeExceeded = 25; // SIGXFSZ on Linux and macOS
        return OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create((PosixSignal)fileSizeExceeded, context => context.Cancel = true);
    }

    // What libtorch reports goes on with its native stack.
    private static string FirstLine(string message)
    {
        string line = message.Trim().Split('\n')[0];
        int stack = line.IndexOf("frame #", StringComparison.Ordinal);
        return (stack < 0 ? line : line[..stack]).Trim();
    }

    private static string OneLine(string message) => LibraryWords.ToFlags(message).ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
