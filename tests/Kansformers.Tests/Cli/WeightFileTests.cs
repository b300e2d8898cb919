using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Tests.Checkpoints;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests.Cli;

/// <summary>The verbs on weight files that other programs made.</summary>
[Collection(TrainedRunTests.Name)]
public class WeightFileTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_checkpoint_of_nanoGPT_goes_through_every_verb(bool biases)
    {
        using var scope = torch.NewDisposeScope();
        using TestFolder folder = new();
        string text = folder.Write("text.txt", "The cat sat on the mat, and the dog sat by the door of the house.");
        using Gpt model = NanoGptFiles.Model(biases);
        string checkpoint = folder.Save("ckpt.pt", NanoGptFiles.Content(model, name => $"_orig_mod.module.{name}"));
        double exact = Loss(checkpoint), tanh = Loss(checkpoint, "--gelu", "tanh");
        Assert.NotEqual(exact, tanh);
        string sample = Sample(checkpoint);
        JsonElement info = Ok("info", checkpoint, "--json");
        Assert.Equal((4, "exact", biases, true), (info.GetProperty("heads").GetInt32(), info.GetProperty("gelu").GetString(), info.GetProperty("biases").GetBoolean(), info.GetProperty("tied_head").GetBoolean()));
        Assert.Contains("checkpoint of nanoGPT", Assert.Single(info.GetProperty("notes").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Equal("tanh", Ok("info", checkpoint, "--json", "--gelu", "tanh").GetProperty("gelu").GetString());

        // What convert writes tells the GELU, and gives the same numbers, also by way of one another.
        (string Name, string From)[] targets = [("a.safetensors", "ckpt.pt"), ("a.pt", "ckpt.pt"), ("hf", "ckpt.pt"), ("b.pt", "hf"), ("b.safetensors", "a.pt"), ("hf2", "b.safetensors")];
        foreach ((string name, string from) in targets)
        {
            JsonElement report = Ok("convert", folder[from], "--out", folder[name], "--json");
            Assert.DoesNotContain(report.GetProperty("changes").EnumerateArray(), change => change.GetProperty("to").GetString()?.Contains("module", StringComparison.Ordinal) == true);
            Assert.Equal(exact, Loss(folder[name]));
            Assert.Equal(sample, Sample(folder[name]));
            Assert.Equal("exact", Ok("info", folder[name], "--json").GetProperty("gelu").GetString());
        }

        Ok("convert", checkpoint, "--out", folder["run"], "--to", "run", "--tokenizer", "byte", "--json");
        Assert.Equal(exact, Ok("eval", folder["run"], "--data", text, "--json").GetProperty("loss").GetDouble());
        Ok("convert", checkpoint, "--out", folder["old.pt"], "--gelu", "tanh", "--json");
        Assert.Equal(tanh, Loss(folder["old.pt"], biases ? ["--heads", "4"] : []));
        CliResult train = Cli.Run("train", "--model", checkpoint, "--gelu", "tanh", "--tokenizer", "byte", "--data", text, "--max-iters", "1", "--batch-size", "1", "--val-fraction", "0", "--sample-tokens", "0", "--out", folder["trained"], "--json");
        Assert.True(train.Code == 0, train.Error);
        Assert.Equal("tanh", Ok("info", folder["trained"], "--json").GetProperty("gelu").GetString());

        double Loss(string path, params string[] more) => Ok(["eval", path, "--tokenizer", "byte", "--data", text, "--json", .. more]).GetProperty("loss").GetDouble();
    }

    [Fact]
    public void The_checkpoint_that_convert_writes_is_nanoGPTs()
    {
        using var scope = torch.NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = NanoGptFiles.Model(biases: false);
        PickleDictionary content = NanoGptFiles.Content(model);
        Ok("convert", folder.Save("ckpt.pt", content), "--out", folder["again.pt"], "--json");
        using TensorFile again = StateDictionary.Load(folder["again.pt"]);
        Assert.Equal(content.Part("model_args"), again.Content!.Part("model_args"));
        Assert.Equal(content.Part("model").Select(pair => (string)pair.Key).Where(name => !name.EndsWith(".attn.bias", StringComparison.Ordinal)).Order(), again.Tensors.Select(tensor => tensor.Name).Order());
        Assert.Equal(again["transformer.wte.weight"].ToArray(), again["lm_head.weight"].ToArray());
    }

    [Theory]
    [InlineData("step", "")]
    [InlineData("optimizer.lr", "")]
    [InlineData("transformer.h.0.attn.weight", "")]
    [InlineData("transformer.h.0.ln_1", "3")]
    [InlineData("transformer", "2 3 4")]
    [InlineData("odd.weight", "2 3 4 5")]
    [InlineData("empty.weight", "0")]
    [InlineData("odd.spline_weight", "2 3")]
    [InlineData("", "1")]
    [InlineData(".", "7 0")]
    [InlineData("[red]\u001b.weight", "")]
    public void Info_shows_any_tensor_and_says_that_the_model_has_no_place_for_it(string name, string sizes)
    {
        using var scope = torch.NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = NanoGptFiles.Model(biases: true);
        long[] shape = [.. sizes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];
        StoredTensor odd = StoredTensor.Create(name, StoredType.F32, [.. shape], new byte[4 * shape.Aggregate(1L, (all, size) => all * size)]);
        StateDictionary.Save(folder["odd.safetensors"], [.. model.state_dict().Select(entry => StateDictionary.ToStored(entry.Key, entry.Value)), odd], new Dictionary<string, string>([ModelMetadata.Of(model)]));
        CliResult table = Cli.Run("info", folder["odd.safetensors"]);
        Assert.True(table.Code == 0, table.Error);
        JsonElement info = Ok("info", folder["odd.safetensors"], "--json");
        Assert.Equal(model.ParameterCount + odd.Count, info.GetProperty("parameters").GetInt64());
        Assert.Contains("for which the model has no place", Assert.Single(info.GetProperty("notes").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Cli.AssertFails(1, ["the model does not know 1 tensor"], "sample", folder["odd.safetensors"], "--tokenizer", "byte");
    }

    [Fact]
    public void Info_says_when_a_model_is_not_whole()
    {
        using var scope = torch.NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = NanoGptFiles.Model(biases: true);
        PickleDictionary content = NanoGptFiles.Content(model), state = content.Part("model"), part = new();
        foreach ((object key, object? value) in state.Where(pair => (string)pair.Key != "transformer.h.1.mlp.c_proj.bias"))
            part.Set(key, value);
        content.Set("model", part);
        JsonElement notes = Ok("info", folder.Save("ckpt.pt", content), "--json").GetProperty("notes");
        Assert.Contains("cannot be sampled from, evaluated or converted", notes[1].GetString(), StringComparison.Ordinal);
        Assert.Contains("lacks 'transformer.h.1.mlp.c_proj.bias'", notes[1].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_uses_of_gelu_are_told()
    {
        using TestFolder folder = new();
        using (Gpt kan = TinyGpt.Make(KanPlacement.All))
            HuggingFaceModel.Save(kan, folder["kan"]);
        Cli.AssertFails(2, ["unknown GELU 'fast'", "exact or tanh"], "info", folder["kan"], "--gelu", "fast");
        Cli.AssertFails(1, ["has no GELU"], "info", folder["kan"], "--gelu", "exact");
        Cli.AssertFails(2, ["--gelu is for weights to begin from"], "train", "--gelu", "exact");
    }

    private static JsonElement Ok(params string[] args)
    {
        CliResult result = Cli.Run(args);
        Assert.True(result.Code == 0, $"{string.Join(' ', args)}: {result.Error}");
        return JsonDocument.Parse(result.Out).RootElement;
    }

    private static string Sample(string path) =>
        Ok("sample", path, "--tokenizer", "byte", "--prompt", "The ", "--max-new-tokens", "12", "--seed", "3", "--json").GetProperty("samples")[0].GetProperty("text").GetString()!;
}
