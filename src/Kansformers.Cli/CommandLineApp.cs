using System.CommandLine;
using Kansformers.Cli.Bench;
using Kansformers.Cli.Tokenizers;
using Kansformers.Runtime;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>The program: parse, run, and turn every failure into one line and an exit code.</summary>
internal static class CommandLineApp
{
    public const int Succeeded = 0, RunFailed = 1, BadUsage = 2;

    // A prompt may begin with @.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>What was called, as it can be called again.</summary>
    public static string CommandLine { get; private set; } = "kansformers";

    /// <summary>The verbs with their options; parsing by it runs nothing.</summary>
    public static RootCommand CreateRoot() =>
        new("Train, sample and evaluate transformers whose linear layers are Kolmogorov-Arnold networks (KANs).")
        {
            TrainCommand.Create(),
            SampleCommand.Create(),
            EvalCommand.Create(),
            InfoCommand.Create(),
            ConvertCommand.Create(),
            TokenizeCommand.Create(),
            BenchCommand.Create(),
            TokenizerCommand.Create(),
        };

    public static int Run(string[] args)
    {
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
        catch (KansformersException failure)
        {
            return Fail(failure.Message);
        }
        catch (Exception failure) when (OutOfMemory.Caused(failure))
        {
            return Fail("not enough memory for this model; use a smaller one, or a machine with more");
        }
        catch (OperationCanceledException)
        {
            return Fail("interrupted");
        }
        catch (Exception failure) when (failure.GetBaseException() is KansformersException cause)
        {
            // The loading of libtorch can fail within the initialization of a type of TorchSharp.
            return Fail(cause.Message);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Fail(failure.Message);
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
            : command is RootCommand ? null : $"'{command.Name}' needs a verb: use {string.Join(", ", verbs)}";
    }

    private static int Usage(string message)
    {
        LiveLine.Say($"error: {OneLine(message)} (see --help)");
        return BadUsage;
    }

    private static int Fail(string message)
    {
        LiveLine.Say($"error: {OneLine(message)}");
        return RunFailed;
    }

    // What libtorch reports goes on with its native stack.
    private static string FirstLine(string message)
    {
        string line = message.Trim().Split('\n')[0];
        int stack = line.IndexOf("frame #", StringComparison.Ordinal);
        return (stack < 0 ? line : line[..stack]).Trim();
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
