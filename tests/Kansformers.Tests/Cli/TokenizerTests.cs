using System.Text.Json;

namespace Kansformers.Tests.Cli;

[Collection(TrainedRunTests.Name)]
public class TokenizerTests
{
    // Everything that ICU could decide: accents, both composed and not, case, compatibility, Hangul, marks out of order.
    private const string Hard = "Ångström nai\u0308ve İstanbul ΣΊΣΥΦΟΣ ﬁ Ａ１ 안녕 q\u0307\u0323 ẞ Ǆ שָׁלוֹם ℝⁿ";

    [Fact]
    public void A_tokenizer_is_trained_used_and_kept_in_the_run()
    {
        using TestFolder folder = new();
        string text = folder.Write("text.txt", string.Concat(Enumerable.Repeat("the lowest of the low are the newest of the new\n", 40))), file = folder["tokenizer.json"], run = folder["run"];
        CliResult trained = Cli.Run("tokenizer", "train", "--data", text, "--vocab-size", "270", "--out", file, "--json");
        Assert.Equal(270, JsonDocument.Parse(trained.Out).RootElement.GetProperty("vocab_size").GetInt32());
        Assert.Equal(0, Cli.Run([.. Cli.Args("train " + Cli.Small), "--data", text, "--tokenizer", file, "--out", run, "--json"]).Code);
        File.Delete(file);
        Assert.Equal(0, Cli.Run("sample", run, "--max-new-tokens", "5", "--prompt", "the").Code);
        JsonElement encoded = JsonDocument.Parse(Cli.Run("tokenizer", "encode", "the lowest", "--tokenizer", run, "--json").Out).RootElement;
        Assert.Equal("the lowest", encoded.GetProperty("text").GetString());
        Assert.True(JsonDocument.Parse(Cli.Run("tokenizer", "bench", "--tokenizer", run, "--data", text, "--seconds", "0.01", "--json").Out).RootElement.GetProperty("megabytes_per_second").GetDouble() > 0);
    }

    [Fact]
    public void Wrong_calls_are_bad_usage()
    {
        Cli.AssertFails(2, ["--vocab-size is 256"], "tokenizer", "train", "--vocab-size", "256");
        Cli.AssertFails(2, ["no tokenizer '/nowhere'"], "tokenizer", "encode", "a", "--tokenizer", "/nowhere");
        Cli.AssertFails(2, ["--template"], "tokenizer", "encode", "a", "--pair", "b");
    }

    [Fact]
    public void The_ids_are_the_same_with_and_without_icu()
    {
        using TestFolder folder = new();
        string[] words = [.. Hard.EnumerateRunes().Select(rune => rune.ToString()).Concat("abcdefghijklmnopqrstuvwxyzσςκφοιυ1".Select(letter => letter.ToString())).Distinct().Where(token => token != " ")];
        string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. words, .. words.Select(word => "##" + word)];
        string file = folder.Write("vocab.txt", string.Join('\n', vocabulary));
        folder.Write("tokenizer_config.json", "{\"do_lower_case\": true}");
        string[] call = ["tokenizer", "encode", Hard, "--tokenizer", file, "--json"];
        string here = Cli.Run(call).Out.Trim();
        using CliProcess invariant = new(new Dictionary<string, string?> { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1" }, asConfigured: false, call);
        Assert.True(invariant.Wait().Code == 0, invariant.Wait().Error);
        Assert.Equal(here, invariant.Wait().Out);
        Assert.DoesNotContain("[UNK]", JsonDocument.Parse(here).RootElement.GetProperty("text").GetString()!.Split(' ').Take(4));
        using CliProcess icu = new(new Dictionary<string, string?> { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "0" }, asConfigured: false, call);
        CliResult result = icu.Wait();
        Assert.SkipWhen(result.Error.Contains("ICU", StringComparison.Ordinal), "there is no ICU on this machine");
        Assert.Equal(here, result.Out);
    }
}
