using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Tests.Checkpoints;

namespace Kansformers.Tests.Cli;

[Collection(TrainedRunTests.Name)]
public class ConvertTests(TrainedRun run)
{
    [Fact]
    public void A_run_comes_back_bit_by_bit_by_way_of_PyTorch_and_Hugging_Face()
    {
        using TestFolder folder = new();
        Convert(run.Folder, folder["model.pt"]);
        Convert(folder["model.pt"], folder["from-pt"], "--to", "run", "--tokenizer", run.Folder, "--heads", "2");
        Convert(run.Folder, folder["hf"]);
        Convert(folder["hf"], folder["from-hf"], "--to", "run");
        Convert(folder["from-hf"], folder["model.safetensors"]);
        using TensorFile expected = StateDictionary.Load(Path.Combine(run.Folder, "model.safetensors"));
        foreach (string path in (string[])[folder["model.pt"], Path.Combine(folder["from-pt"], "model.safetensors"), Path.Combine(folder["from-hf"], "model.safetensors"), folder["model.safetensors"]])
        {
            using TensorFile found = StateDictionary.Load(path);
            CheckpointFiles.AssertSame(expected, found);
        }

        string text = Sample(run.Folder);
        Assert.Equal(text, Sample(folder["from-pt"]));
        Assert.Equal(text, Sample(folder["hf"]));
        Assert.Equal(text, Sample(folder["from-hf"]));
    }

    [Fact]
    public void The_report_names_every_tensor_and_what_became_of_it()
    {
        using TestFolder folder = new();
        string fixture = Path.GetDirectoryName(CheckpointFiles.Fixture("hf_gpt2", "config.json"))!;
        JsonElement report = Convert(fixture, folder["model.pt"]);
        Assert.Equal("pt", report.GetProperty("target").GetString());
        Assert.Equal(
            [("kept", 20), ("transposed", 8), ("tied", 1), ("dropped", 4)],
            report.GetProperty("counts").EnumerateObject().Select(count => (count.Name, count.Value.GetInt32())));
        Assert.Equal(33, report.GetProperty("changes").GetArrayLength());

        // minGPT's names and shapes, which the original's Python loads.
        using (TensorFile file = StateDictionary.Load(folder["model.pt"]))
        {
            Assert.Equal([96, 32], file["transformer.h.0.attn.c_attn.weight"].Shape);
            Assert.Equal(file["transformer.wte.weight"].ToArray(), file["lm_head.weight"].ToArray());
        }

        JsonElement back = Convert(folder["model.pt"], folder["hf"], "--heads", "4");
        Assert.Equal([("kept", 20), ("transposed", 8), ("tied", 1)], back.GetProperty("counts").EnumerateObject().Select(count => (count.Name, count.Value.GetInt32())));
        using TensorFile theirs = StateDictionary.Load(Path.Combine(fixture, "model.safetensors")), ours = StateDictionary.Load(Path.Combine(folder["hf"], "model.safetensors"));
        foreach (StoredTensor tensor in ours.Tensors)
            Assert.Equal(theirs[tensor.Name].ToArray(), tensor.ToArray());
    }

    [Fact]
    public void The_originals_checkpoint_shapes_convert_and_generate()
    {
        using TestFolder folder = new();
        Convert(run.Folder, folder["original.pt"]); // names and shapes as the original saves them, nothing else in the file
        CliResult info = Cli.Run("info", folder["original.pt"], "--heads", "2", "--json");
        Assert.Equal(0, info.Code);
        Assert.Equal("all", JsonDocument.Parse(info.Out).RootElement.GetProperty("placement").GetString());
        CliResult eval = Cli.Run("eval", folder["original.pt"], "--heads", "2", "--tokenizer", run.Folder, "--data", run.Text, "--json");
        Assert.Equal(0, eval.Code);
        Assert.True(JsonDocument.Parse(eval.Out).RootElement.GetProperty("loss").GetDouble() > 0);
        Assert.Equal(0, Cli.Run("sample", folder["original.pt"], "--heads", "2", "--tokenizer", run.Folder, "--prompt", "the ", "--max-new-tokens", "5").Code);
    }

    [Fact]
    public void The_originals_own_file_is_known_by_its_name()
    {
        using TestFolder folder = new();
        Convert(run.Folder, folder["model-5-5-2024.pt"]);
        CliResult info = Cli.Run("info", folder["model-5-5-2024.pt"], "--json");
        Assert.Equal(2, JsonDocument.Parse(info.Out).RootElement.GetProperty("heads").GetInt32());
        File.Move(folder["model-5-5-2024.pt"], folder["other.pt"]);
        Cli.AssertFails(1, ["give --heads"], "info", folder["other.pt"]);
    }

    [Fact]
    public void Wrong_uses_are_told()
    {
        using TestFolder folder = new();
        Cli.AssertFails(2, ["unknown target 'onnx'"], "convert", run.Folder, "--out", folder["x"], "--to", "onnx");
        Cli.AssertFails(1, ["there is no run folder"], "convert", folder["nothing"], "--out", folder["x"]);
        Cli.AssertFails(1, ["holds a run already"], "convert", run.Folder, "--out", run.Folder, "--to", "run");
        Cli.AssertFails(2, ["is a file"], "convert", run.Folder, "--out", run.Text, "--to", "hf");
        Cli.AssertFails(2, ["--out"], "convert", run.Folder);
    }

    private static JsonElement Convert(string source, string to, params string[] options)
    {
        CliResult result = Cli.Run(["convert", source, "--out", to, "--json", .. options]);
        Assert.True(result.Code == 0, result.Error);
        return JsonDocument.Parse(result.Out).RootElement;
    }

    private static string Sample(string source) => Cli.Run("sample", source, "--prompt", "the ", "--max-new-tokens", "20", "--seed", "3").Out;
}
