using System.Text.Json;
using Kansformers.Tests.Training;
using Kansformers.Text;
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
        string sample = trained.GetProperty("sample").GetString()!, summary = File.ReadAllText(folder["run/README.md"]);
        Assert.Matches("^original        .+\nnoised          .*<mask>.*\nbest of beams   ", sample);
        Assert.All((string[])[sample, "kansformers sample ", "kansformers eval "], words => Assert.Contains(words, summary, StringComparison.Ordinal));
        Assert.DoesNotContain("masked loss", summary, StringComparison.Ordinal);
        JsonElement measured = JsonDocument.Parse(Cli.Run("eval", folder["run"], "--json").Out).RootElement;
        Assert.Equal(3, measured.GetProperty("examples").GetArrayLength());
        JsonElement[] few = [.. JsonDocument.Parse(Cli.Run("eval", folder["run"], "--data", text, "--max-tokens", "16", "--json").Out).RootElement.GetProperty("examples").EnumerateArray()];
        Assert.NotEmpty(few);
        Assert.All(few, example => Assert.Contains(example.GetProperty("original").GetString()!, TinyTraining.Text[..16], StringComparison.Ordinal));
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
        Assert.Contains("a forced token is 999; the model's vocabulary has ids 0 to", Cli.Run("sample", folder["run"], "--forced-begin", "999").Error, StringComparison.Ordinal);
        Assert.Contains("length penalty is NaN", Cli.Run("sample", folder["run"], "--length-penalty", "NaN").Error, StringComparison.Ordinal);
        CliResult searched = Cli.Run("sample", folder["run"], "--prompt", "fox", "--length-penalty", "2", "--no-repeat-ngram", "1", "--min-new-tokens", "4", "--max-new-tokens", "6", "--early-stopping", "first", "--forced-begin", "5", "--forced-end", "3", "--json");
        Assert.True(searched.Code == 0, searched.Error);
        string wrote = JsonDocument.Parse(searched.Out).RootElement.GetProperty("samples")[0].GetProperty("text").GetString()!;
        CharTokenizer characters = new(TinyTraining.Text);
        Assert.Equal(characters.Decode([5])[0], wrote[0]);
        Assert.Equal(characters.Decode([3])[0], wrote[^1]);
        Assert.Equal(wrote.Length - 1, wrote[..^1].Distinct().Count()); // the end is forced, seen or not
        Assert.Equal(4, measured.GetProperty("beams").GetInt32());
        Assert.Contains("it is for bart", Cli.Run("train", "--family", "gpt", "--objective", "denoising", "--data", text, "--out", folder["no"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Examples_are_written_as_the_models_folder_asks_for()
    {
        using TestFolder folder = new();
        string text = folder.Write("text.txt", TinyTraining.Text);
        new CharTokenizer(TinyTraining.Text).Save(folder["tokenizer"]);
        foreach (string name in (string[])["config.json", "model.safetensors"])
            File.Copy(Checkpoints.CheckpointFiles.Fixture("hf_bart", name), folder[Path.Combine("tokenizer", name)]);
        string[] call = ["eval", folder["tokenizer"], "--tokenizer", folder["tokenizer"], "--data", text, "--max-tokens", "60", "--json"];
        Assert.Equal((1, true), Beams(""));
        Assert.Equal((2, true), Beams("\"num_beams\":2"));
        Assert.Equal((null, false), Beams("\"num_beams\":2,\"repetition_penalty\":1.2"));
        string told = Cli.Run(call).Error;
        Assert.All((string[])["no examples are written: ", "'repetition_penalty' in generation_config.json is 1.2"], words => Assert.Contains(words, told, StringComparison.Ordinal));

        // As long as the text, whatever the folder says of lengths: what it does not say is at most 20 tokens.
        string[] plain = Written("\"num_beams\":1");
        Assert.All(plain, words => Assert.True(words.Length > 20, words));
        Assert.Equal(plain, Written("\"num_beams\":1,\"max_length\":9,\"min_length\":8"));
        Assert.Equal(plain, Written("\"num_beams\":1,\"max_new_tokens\":9,\"min_new_tokens\":8"));

        (int?, bool) Beams(string asked)
        {
            JsonElement measured = Measured(asked), beams = measured.GetProperty("beams");
            return (beams.ValueKind == JsonValueKind.Null ? null : beams.GetInt32(), measured.GetProperty("examples").GetArrayLength() > 0);
        }

        string[] Written(string asked) => [.. Measured(asked).GetProperty("examples").EnumerateArray().Select(example => example.GetProperty("written").GetString()!)];

        JsonElement Measured(string asked)
        {
            if (asked.Length > 0)
                folder.Write("tokenizer/generation_config.json", $"{{{asked}}}");
            CliResult result = Cli.Run(call);
            Assert.True(result.Code == 0, result.Error);
            return JsonDocument.Parse(result.Out).RootElement;
        }
    }
}
