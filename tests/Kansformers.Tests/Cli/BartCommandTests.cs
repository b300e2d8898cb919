using System.Text.Json;
using Kansformers.Tests.Training;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Cli;

/// <summary>An encoder-decoder from the command line.</summary>
public class BartCommandTests : OneThread
{
    [Fact]
    public void It_is_trained_to_denoise_measured_and_writes_texts()
    {
        using TestFolder folder = new();
        string text = folder.Write("text.txt", TinyTraining.Text);
        CliResult result = Cli.Run([.. Cli.Args($"train --json --family bart {Cli.Small} --kan rbf --placement mlp --kan-side encoder --decoder-layers 2 --mask-share 0.2 --noise masking --permute-share 0 --data"), text, "--out", folder["run"]]);
        Assert.True(result.Code == 0, result.Error);
        JsonElement trained = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal("denoising", trained.GetProperty("objective").GetString());
        RunConfig config = RunFolder.Open(folder["run"]).Config;
        Assert.Equal((0.2, 0.0), (((DenoisingOptions)config.Training.Objective).MaskShare, ((DenoisingOptions)config.Training.Objective).PermuteShare));
        Assert.Equal((KanSide.Encoder, 2), (((BartOptions)config.Model).KanSide, ((BartOptions)config.Model).DecoderLayers));
        JsonElement measured = JsonDocument.Parse(Cli.Run("eval", folder["run"], "--json").Out).RootElement;
        Assert.Equal(Math.Exp(measured.GetProperty("loss").GetDouble()), measured.GetProperty("perplexity").GetDouble(), 1e-6);
        Assert.Equal(3, measured.GetProperty("examples").GetArrayLength());
        string words = Cli.Run("eval", folder["run"], "--data", text, "--max-tokens", "400").Out;
        Assert.All((string[])["nats per token", "original ", "noised ", "best of beams "], word => Assert.Contains(word, words, StringComparison.Ordinal));
        Assert.Equal(2, JsonDocument.Parse(Cli.Run("sample", folder["run"], "--prompt", "fox", "--beams", "2", "--json").Out).RootElement.GetProperty("beams").GetInt32());

        // Its folder in Hugging Face's layout writes the same, however short the block.
        Assert.Equal(0, Cli.Run("convert", folder["run"], "--out", folder["hf"]).Code);
        CliResult run = Cli.Run("sample", folder["run"], "--prompt", "fox", "--json"), hf = Cli.Run("sample", folder["hf"], "--prompt", "fox", "--json");
        Assert.True(hf.Code == 0, hf.Error);
        Assert.Equal(4, JsonDocument.Parse(hf.Out).RootElement.GetProperty("beams").GetInt32());
        Assert.Equal(run.Out, hf.Out);
        File.Delete(folder["hf/generation_config.json"]);
        Assert.Equal(0, Cli.Run("sample", folder["hf"], "--prompt", "fox").Code);
        Assert.Contains("--top-k is nothing to a model that writes a text by beam search", Cli.Run("sample", folder["run"], "--top-k", "3").Error, StringComparison.Ordinal);
        Assert.Contains("beams is 0", Cli.Run("sample", folder["run"], "--beams", "0").Error, StringComparison.Ordinal);
        Assert.Contains("it is for bart", Cli.Run("train", "--family", "gpt", "--objective", "denoising", "--data", text, "--out", folder["no"]).Error, StringComparison.Ordinal);
    }
}
