using System.Text.Json;
using Kansformers.Tests.Checkpoints;

namespace Kansformers.Tests.Cli;

/// <summary><c>convert --to-kan</c> and <c>--to-linear</c>.</summary>
[Collection(TrainedRunTests.Name)]
public class SwapTests(TrainedRun run)
{
    [Theory]
    [InlineData("hf_gpt2")]
    [InlineData("hf_bert_mlm")]
    [InlineData("hf_bart")]
    public void A_folder_becomes_a_kansformer_with_the_same_outputs_and_comes_back(string name)
    {
        using TestFolder folder = new();
        string fixture = Path.GetDirectoryName(CheckpointFiles.Fixture(name, "config.json"))!;
        JsonElement swap = Convert(fixture, folder["kan"], "--to-kan", "--placement", "all", "--kan", "bspline:grid-size=4").GetProperty("swap");
        Assert.InRange(swap.GetProperty("largest_logit_difference").GetDouble(), 0, 1e-4);
        Assert.Equal("exact", swap.GetProperty("layers")[0].GetProperty("how").GetString());
        CliResult info = Cli.Run("info", folder["kan"], "--json");
        Assert.Equal(0, info.Code);
        Assert.Equal("all", JsonDocument.Parse(info.Out).RootElement.GetProperty("placement").GetString());
        JsonElement back = Convert(folder["kan"], folder["back"], "--to-linear");
        Assert.InRange(back.GetProperty("swap").GetProperty("largest_logit_difference").GetDouble(), 0, 1e-3);
        Assert.DoesNotContain("kansformers", File.ReadAllText(Path.Combine(folder["back"], "config.json")), StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run("info", folder["back"]).Code);
    }

    [Fact]
    public void A_run_is_calibrated_on_text_and_goes_through_every_verb()
    {
        using TestFolder folder = new();
        Convert(run.Folder, folder["linear"], "--to-linear", "--calibrate", run.Text, "--to", "run");
        JsonElement swap = Convert(folder["linear"], folder["kan"], "--to-kan", "--calibrate", run.Text, "--calibrate-tokens", "500").GetProperty("swap");
        Assert.InRange(swap.GetProperty("largest_logit_difference").GetDouble(), 0, 1e-4);
        Assert.True(swap.GetProperty("calibrated").GetBoolean());
        Assert.InRange(swap.GetProperty("tokens").GetInt64(), 1, 500);
        Assert.All(swap.GetProperty("layers").EnumerateArray().Where(layer => layer.GetProperty("became").ValueKind == JsonValueKind.String), layer => Assert.True(layer.GetProperty("low").GetDouble() < layer.GetProperty("high").GetDouble()));
        Assert.Equal(Sample(folder["linear"]), Sample(folder["kan"]));
        Assert.Equal(Loss(folder["linear"]), Loss(folder["kan"]), 1e-4);
        Assert.Equal(0, Cli.Run("train", "--model", folder["kan"], "--data", run.Text, "--max-iters", "2", "--eval-interval", "1", "--batch-size", "2", "--out", folder["tuned"]).Code);

        string Sample(string model) => Out("sample", model, "--prompt", "the ", "--max-new-tokens", "8", "--temperature", "0").Split('\n')[0];

        double Loss(string model) => JsonDocument.Parse(Out("eval", model, "--data", run.Text, "--json")).RootElement.GetProperty("loss").GetDouble();

        static string Out(params string[] call)
        {
            CliResult result = Cli.Run(call);
            Assert.True(result.Code == 0, result.Error);
            return result.Out;
        }
    }

    [Theory]
    [InlineData(2, "contradict", "--to-kan", "--to-linear")]
    [InlineData(2, "--placement is for --to-kan", "--placement", "mlp")]
    [InlineData(2, "--kan-activations is for --to-kan", "--to-linear", "--kan-activations", "inside")]
    [InlineData(2, "--calibrate is for", "--calibrate", "a.txt")]
    [InlineData(2, "--kan is for --to-kan", "--kan", "bspline")]
    [InlineData(2, "leaves nothing", "--to-kan", "--placement", "none")]
    [InlineData(2, "unknown placement", "--to-kan", "--placement", "feet")]
    [InlineData(2, "unknown KAN kind", "--to-kan", "--kan", "cubic")]
    [InlineData(2, "inside, between or dropped", "--to-kan", "--kan-activations", "outside")]
    [InlineData(2, "--calibrate-tokens is 0", "--to-kan", "--calibrate-tokens", "0")]
    [InlineData(2, "of --calibrate", "--to-kan", "--calibrate-tokens", "100")]
    [InlineData(1, "there is no file", "--to-kan", "--calibrate", "no-such-file.txt")]
    [InlineData(1, "cannot be divided", "--to-kan", "--kan", "bspline:sharing=group:7")]
    public void A_wrong_word_is_one_clear_line(int code, string words, params string[] options)
    {
        using TestFolder folder = new();
        CliResult result = Cli.Run(["convert", run.Folder, "--out", folder["out"], .. options]);
        Assert.Equal(code, result.Code);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Trim().Split('\n'), line => line.StartsWith("error:", StringComparison.Ordinal));
        Assert.False(Path.Exists(folder["out"]));
    }

    [Fact]
    public void Text_of_nothing_or_of_another_vocabulary_is_refused()
    {
        using TestFolder folder = new();
        foreach ((string text, string words) in ((string, string)[])[("", "empty"), ("\u4e2d\u6587\u5b57", "not among the")])
        {
            CliResult result = Cli.Run("convert", run.Folder, "--to-linear", "--calibrate", folder.Write("text.txt", text), "--out", folder["out"]);
            Assert.Equal(1, result.Code);
            Assert.Contains(words, result.Error, StringComparison.Ordinal);
        }
    }

    private static JsonElement Convert(string source, string to, params string[] options)
    {
        CliResult result = Cli.Run(["convert", source, "--out", to, "--json", .. options]);
        Assert.True(result.Code == 0, result.Error);
        return JsonDocument.Parse(result.Out).RootElement;
    }
}
