using System.Text;
using Kansformers.Cli;

namespace Kansformers.Tests.Cli;

/// <summary>What a call of the program came to.</summary>
internal sealed record CliResult(int Code, string Out, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>Calls the program within this process.</summary>
internal static class Cli
{
    /// <summary>A model of the original's kind and a training that take less than a second.</summary>
    public const string Small = "--layers 1 --heads 2 --embd 8 --block-size 8 --batch-size 2 --max-iters 12 --eval-interval 5 --eval-windows 4 --warmup 2 --sample-tokens 10 "
        + "--recipe original --learning-rate 4e-3 --schedule cosine --min-lr 4e-4 --dropout 0";

    public static CliResult Run(params string[] args) => RunWithInput("", args);

    public static CliResult RunWithInput(string input, params string[] args) => RunWithInput(Encoding.UTF8.GetBytes(input), args);

    public static CliResult RunWithInput(byte[] input, params string[] args)
    {
        (TextWriter output, TextWriter error, Func<Stream> reader) = (Console.Out, Console.Error, PromptText.StandardInput);
        using StringWriter newOut = new(), newError = new();
        try
        {
            Console.SetOut(newOut);
            Console.SetError(newError);
            PromptText.StandardInput = () => new MemoryStream(input);
            int code = CommandLineApp.Run(args);
            return new CliResult(code, newOut.ToString(), newError.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
            PromptText.StandardInput = reader;
        }
    }

    /// <summary>Options that hold no spaces, and paths that may.</summary>
    public static string[] Args(string options, params string[] paths) => [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. paths];

    /// <summary>Asserts that a call fails with nothing on standard output and, as the last line of the error output, the one line that says why.</summary>
    public static void AssertFails(int code, string[] parts, params string[] args)
    {
        CliResult result = Run(args);
        Assert.Equal("", result.Out);
        Assert.True(result.ErrorLines.Length > 0, "no error line");
        string line = result.ErrorLines[^1];
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.Single(result.ErrorLines, text => text.Contains("error: ", StringComparison.Ordinal));
        Assert.DoesNotContain("unexpected failure", line, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, line, StringComparison.Ordinal));
        Assert.True(result.Code == code, $"exit code {result.Code}: {result.Error}");
        if (code == CommandLineApp.BadUsage)
            Assert.Single(result.ErrorLines);
    }
}
