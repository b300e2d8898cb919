using System.Text;
using Kansformers.Cli;

namespace Kansformers.Tests.Cli;

/// <summary>Prompts of every source are the text that they say.</summary>
[Collection(TrainedRunTests.Name)]
public class PromptTests(TrainedRun run)
{
    [Theory]
    [InlineData("74 68 65 20 66 6F 78")]
    [InlineData("EF BB BF 74 68 65 20 66 6F 78")]
    [InlineData("FF FE 74 00 68 00 65 00 20 00 66 00 6F 00 78 00")]
    [InlineData("FE FF 00 74 00 68 00 65 00 20 00 66 00 6F 00 78")]
    public void A_byte_order_mark_is_no_part_of_a_prompt(string hex)
    {
        using TestFolder folder = new();
        string expected = Sample("--prompt", "the fox").Out;
        Assert.StartsWith("the fox", expected, StringComparison.Ordinal);
        Assert.Equal(expected, Sample("--prompt-file", Bytes(folder, hex)).Out);
        Assert.Equal(expected, Cli.RunWithInput(FromHex(hex), [.. Call, "--prompt", "-"]).Out);
    }

    [Theory]
    [InlineData("74 68 FF 65", "UTF-8", 2)]
    [InlineData("C3", "UTF-8", 0)]
    [InlineData("74 68 65 20 ED A0 80", "UTF-8", 4)]
    [InlineData("EF BB BF 74 C3 28", "UTF-8", 4)]
    [InlineData("FF FE 74 00 00 D8", "UTF-16", 4)]
    [InlineData("FF FE 74 00 68", "UTF-16", 4)]
    public void A_prompt_that_is_not_valid_is_refused_with_its_place(string hex, string encoding, int place)
    {
        using TestFolder folder = new();
        string file = Bytes(folder, hex);
        Cli.AssertFails(1, [file, $"not valid {encoding}", $"byte {place}"], [.. Call, "--prompt-file", file]);
        CliResult input = Cli.RunWithInput(FromHex(hex), [.. Call, "--prompt", "-"]);
        Assert.Equal((1, ""), (input.Code, input.Out));
        Assert.Contains($"the prompt on standard input is not valid {encoding} text at byte {place}", input.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sample\0run\0--prompt\0th\u00FFe\0", 3, 2)]
    [InlineData("dotnet\0kansformers.dll\0tokenizer\0encode\0\u00C3\0", 2, 0)]
    public void An_argument_whose_bytes_are_no_text_is_bad_usage(string commandLine, int argument, int place)
    {
        byte[] given = Encoding.Latin1.GetBytes(commandLine);
        string[] args = [.. commandLine.TrimEnd('\0').Split('\0').Where(part => part is not ("dotnet" or "kansformers.dll")).Select(part => part.Replace('\u00FF', '\uFFFD').Replace('\u00C3', '\uFFFD'))];
        UsageException failure = Assert.Throws<UsageException>(() => ArgumentText.RequireValid(args, given));
        Assert.Contains($"'{args[argument]}' is not valid UTF-8 at its byte {place}", failure.Message, StringComparison.Ordinal);
        ArgumentText.RequireValid(args, Encoding.UTF8.GetBytes(string.Concat(args.Select(part => part + '\0')))); // which holds U+FFFD itself
    }

    [Theory]
    [InlineData("the fox", 1)]
    [InlineData("the fox", 3)]
    [InlineData("", 2)]
    public void The_prompt_is_printed_when_nothing_follows(string prompt, int samples)
    {
        // The first character that is drawn ends the text.
        string[] call = [.. Call, "--prompt", prompt, "--samples", samples.ToString(System.Globalization.CultureInfo.InvariantCulture), .. "abcdefghijklmnopqrstuvwxyz .,\n".Append('T').SelectMany(letter => new[] { "--stop", letter.ToString() })];
        CliResult result = Cli.Run(call);
        Assert.True(result.Code == 0, result.Error);
        Assert.Equal(string.Concat(Enumerable.Repeat(prompt + Environment.NewLine, samples)), result.Out);
    }

    private string[] Call => ["sample", run.Folder, "--max-new-tokens", "20"];

    private CliResult Sample(params string[] options) => Cli.Run([.. Call, .. options]);

    private static byte[] FromHex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static string Bytes(TestFolder folder, string hex)
    {
        File.WriteAllBytes(folder["prompt.txt"], FromHex(hex));
        return folder["prompt.txt"];
    }
}
