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
        foreach (string path in (string[])[Path.Combine(folder["from-pt"], "model.safetensors"), Path.Combine(folder["from-hf"], "model.safetensors"), folder["model.safetensors"]])
        {
            using TensorFile found = StateDictionary.Load(path);
            CheckpointFiles.AssertSame(expected, found);
        }

        string text = Sample(run.Folder);
        Assert.Equal(text, Sample(folder["from-pt"]));
        Assert.Equal(text, Sample(folder["hf"]));
        Assert.Equal(text, Sample(folder["from-hf"]));
    }

    [Theory]
    [InlineData("model.pt")]
    [InlineData("model.safetensors")]
    public void A_file_that_is_there_already_stays(string name)
    {
        using TestFolder folder = new();
        string path = folder.Write(name, "something of value");
        Cli.AssertFails(1, [name, "exists already"], "convert", run.Folder, "--out", path);
        Assert.Equal("something of value", File.ReadAllText(path));
    }

    [Fact]
    public void The_report_names_every_tensor_and_what_became_of_it()
    {
        using TestFolder folder = new();
        string fixture = Path.GetDirectoryName(CheckpointFiles.Fixture("hf_gpt2", "config.json"))!;
        JsonElement report = Convert(fixture, folder["model.pt"]);
        Assert.Equal("pt", report.GetProperty("target").GetString());
        Assert.Equal(
            [("kept", 22), ("transposed", 8), ("tied", 1), ("dropped", 2)],
            report.GetProperty("counts").EnumerateObject().Select(count => (count.Name, count.Value.GetInt32())));
        Assert.Equal(33, report.GetProperty("changes").GetArrayLength());

        // minGPT's names and shapes, which the original's Python loads.
        using (TensorFile file = StateDictionary.Load(folder["model.pt"]))
        {
            Assert.Equal([96, 32], file["transformer.h.0.attn.c_attn.weight"].Shape);
            Assert.Equal(file["transformer.wte.weight"].ToArray(), file["lm_head.weight"].ToArray());
        }

        JsonElement back = Convert(folder["model.pt"], folder["hf"], "--heads", "4");
        Assert.Equal([("kept", 20), ("transposed", 8), ("tied", 1), ("dropped", 2)], back.GetProperty("counts").EnumerateObject().Select(count => (count.Name, count.Value.GetInt32())));
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

    [Theory]
    [InlineData("kansformers_gpt_small")]
    [InlineData("mingpt_gpt_small")]
    public void A_PyTorch_file_has_all_that_the_originals_classes_expect(string golden)
    {
        using TestFolder folder = new();
        string original = SharedFolder.Require("golden", golden, "model.pt");
        Convert(original, folder["hf"], "--heads", "2");
        Convert(folder["hf"], folder["model.pt"]);
        using TensorFile expected = StateDictionary.Load(original), found = StateDictionary.Load(folder["model.pt"]);
        Assert.Equal(expected.Tensors.Select(tensor => tensor.Name).Order(), found.Tensors.Select(tensor => tensor.Name).Order());
        foreach (StoredTensor tensor in expected.Tensors)
        {
            Assert.Equal(tensor.Shape, found[tensor.Name].Shape);
            Assert.Equal(tensor.ToArray<float>(), found[tensor.Name].ToArray<float>());
        }
    }

    [Theory]
    [InlineData("lacks 'transformer.h.1.mlp.c_fc.weight'")]
    [InlineData("holds 'transformer.h.0.adapter.weight', for which the model has no place")]
    [InlineData("'transformer.h.0.ln_1.weight' has the shape (3); the model has (32)")]
    [InlineData("'transformer.ln_f.bias' is of type I8")]
    public void What_is_not_a_whole_model_is_not_converted(string message)
    {
        using TestFolder folder = new();
        Convert(Path.GetDirectoryName(CheckpointFiles.Fixture("hf_gpt2", "config.json"))!, folder["whole.safetensors"]);
        using (TensorFile whole = StateDictionary.Load(folder["whole.safetensors"]))
        {
            Dictionary<string, StoredTensor> tensors = whole.Tensors.ToDictionary(tensor => tensor.Name);
            if (message.StartsWith("lacks", StringComparison.Ordinal))
                tensors.Remove("transformer.h.1.mlp.c_fc.weight");
            else if (message.StartsWith("holds", StringComparison.Ordinal))
                tensors["adapter"] = StoredTensor.Create("transformer.h.0.adapter.weight", StoredType.F32, [1], new byte[4]);
            else if (message.EndsWith("I8", StringComparison.Ordinal))
                tensors["transformer.ln_f.bias"] = StoredTensor.Create("transformer.ln_f.bias", StoredType.I8, [32], new byte[32]);
            else
                tensors["transformer.h.0.ln_1.weight"] = StoredTensor.Create("transformer.h.0.ln_1.weight", StoredType.F32, [3], new byte[12]);
            StateDictionary.Save(folder["bad.safetensors"], tensors.Values, whole.Metadata);
        }

        foreach (string target in (string[])["out.pt", "out.safetensors", "out"])
        {
            Cli.AssertFails(1, [message], "convert", folder["bad.safetensors"], "--out", folder[target]);
            Assert.False(Path.Exists(folder[target]));
        }
    }

    [Fact]
    public void Element_types_stay_as_they_are_except_in_a_run()
    {
        using TestFolder folder = new();
        Convert(Path.GetDirectoryName(CheckpointFiles.Fixture("hf_gpt2", "config.json"))!, folder["whole.safetensors"]);
        using (TensorFile whole = StateDictionary.Load(folder["whole.safetensors"]))
            StateDictionary.Save(folder["half.safetensors"], whole.Tensors.Select(tensor => StoredTensor.Create(tensor.Name, StoredType.F16, tensor.Shape, Half(tensor.ToArray<float>()))), whole.Metadata);
        Convert(folder["half.safetensors"], folder["hf"]);
        Convert(folder["hf"], folder["half.pt"]);
        using TensorFile half = StateDictionary.Load(folder["half.safetensors"]), hf = StateDictionary.Load(folder["hf/model.safetensors"]), pt = StateDictionary.Load(folder["half.pt"]);
        Assert.All(hf.Tensors, tensor => Assert.Equal(StoredType.F16, tensor.Type));
        foreach (StoredTensor tensor in half.Tensors)
            Assert.Equal(tensor.ToArray<Half>(), pt[tensor.Name].ToArray<Half>());
        string text = folder.Write("letters.txt", string.Concat(Enumerable.Range(0x4E00, 99).Select(code => (char)code)));
        Kansformers.Text.CharTokenizer.FromCorpora([Kansformers.Text.Corpus.Open(text)], Kansformers.Text.UnknownCharacters.Refuse).Save(folder["tokenizer"]);
        JsonElement report = Convert(folder["half.pt"], folder["run"], "--to", "run", "--heads", "4", "--tokenizer", folder["tokenizer"]);
        Assert.Equal(28, report.GetProperty("counts").GetProperty("converted").GetInt32());

        static byte[] Half(float[] values) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(Array.ConvertAll(values, value => (Half)value).AsSpan()).ToArray();
    }

    [Fact]
    public void Large_models_go_to_several_files()
    {
        using TestFolder folder = new();
        string fixture = Path.GetDirectoryName(CheckpointFiles.Fixture("hf_gpt2", "config.json"))!;
        Convert(fixture, folder["whole"]);
        Convert(fixture, folder["parts"], "--shard-gb", "0.00004");
        Assert.False(File.Exists(folder["parts/model.safetensors"]));
        Assert.True(Directory.GetFiles(folder["parts"], "model-*-of-*.safetensors").Length > 2);
        Convert(folder["parts"], folder["again"]);
        Assert.Equal(File.ReadAllBytes(folder["whole/model.safetensors"]), File.ReadAllBytes(folder["again/model.safetensors"]));
    }

    [Fact]
    public void A_folder_that_holds_anything_is_not_written_into()
    {
        using TestFolder folder = new();
        byte[] before = File.ReadAllBytes(Path.Combine(run.Folder, "model.safetensors"));
        Cli.AssertFails(1, ["holds a run already"], "convert", run.Folder, "--out", run.Folder);
        Cli.AssertFails(1, ["is not empty"], "convert", run.Folder, "--out", Path.GetDirectoryName(folder.Write("some/tokenizer.json", "{}"))!);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(run.Folder, "model.safetensors")));

        // A tokenizer that does not fit is found before anything is written.
        string fixture = Path.GetDirectoryName(CheckpointFiles.Fixture("hf_gpt2", "config.json"))!;
        Cli.AssertFails(2, ["do not belong together"], "convert", fixture, "--out", folder["hf"], "--tokenizer", "byte");
        Assert.False(Directory.Exists(folder["hf"]));
    }

    [Fact]
    public void GPT2s_tokenizer_is_written_as_other_programs_read_it()
    {
        Kansformers.Text.Gpt2Tokenizer gpt2 = Kansformers.Text.Gpt2Tokenizer.Instance;
        using TestFolder folder = new();
        File.WriteAllBytes(folder["tokenizer.json"], gpt2.StandardJson());
        Kansformers.Text.Tokenizer read = Kansformers.Text.Tokenizer.Open(folder["tokenizer.json"]);
        Assert.Equal((gpt2.VocabularySize, gpt2.EndOfText), (read.VocabularySize, read.EndOfText));
        foreach (string text in (string[])["Hello  world's 123\n\n\tÄpfel 你好 😀 don't", TinyText, new string(' ', 20) + "x"])
            Assert.Equal(gpt2.Encode(text), read.Encode(text));
    }

    private const string TinyText = "The quick brown fox (Vulpes vulpes) jumped over 13 lazy dogs; \"why?\", they asked...";

    [Fact]
    public void Wrong_uses_are_told()
    {
        using TestFolder folder = new();
        Cli.AssertFails(2, ["unknown target 'onnx'"], "convert", run.Folder, "--out", folder["x"], "--to", "onnx");
        Cli.AssertFails(1, ["there is no run folder"], "convert", folder["nothing"], "--out", folder["x"]);
        Cli.AssertFails(1, ["holds a run already"], "convert", run.Folder, "--out", run.Folder, "--to", "run");
        Cli.AssertFails(1, ["is a file"], "convert", run.Folder, "--out", run.Text, "--to", "hf");
        Cli.AssertFails(2, ["kind that is not written"], "convert", run.Folder, "--out", folder["x.onnx"]);
        Cli.AssertFails(2, ["--shard-gb is 0"], "convert", run.Folder, "--out", folder["x"], "--shard-gb", "0");
        Cli.AssertFails(1, ["neither a run nor a model in Hugging Face's layout"], "info", Path.GetDirectoryName(folder.Write("broken/config.json", "{"))!);
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
