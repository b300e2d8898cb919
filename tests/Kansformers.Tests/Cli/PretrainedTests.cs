using Kansformers.Checkpoints;
using Kansformers.Cli;
using Kansformers.Tests.Checkpoints;

namespace Kansformers.Tests.Cli;

/// <summary>Training that begins from weights.</summary>
[Collection(TrainedRunTests.Name)]
public class PretrainedTests(TrainedRun run)
{
    private const string Still = "--max-iters 1 --schedule constant --warmup 0 --learning-rate 1e-30 --weight-decay 0 --sample-tokens 0 --batch-size 2 --eval-windows 2";

    [Fact]
    public void A_run_begins_where_another_ended()
    {
        using TestFolder folder = new();
        Train(folder["next"], run.Folder, Still);
        AssertWeights(folder["next"], (name, before, after) => Assert.Equal(before, after));

        // The first positions only.
        Train(folder["short"], run.Folder, Still + " --block-size 4");
        AssertWeights(folder["short"], (name, before, after) => Assert.Equal(name == "transformer.wpe.weight" ? before[..after.Length] : before, after));
        Assert.Contains("\"block_size\": 4", File.ReadAllText(Path.Combine(folder["short"], "config.json")), StringComparison.Ordinal);
        Assert.Contains("\"initial_weights\":", File.ReadAllText(Path.Combine(folder["short"], "config.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_Hugging_Face_train_and_resume()
    {
        using TestFolder folder = new();
        string fixture = Path.GetDirectoryName(CheckpointFiles.Fixture("hf_gpt2", "config.json"))!;
        string text = folder.Write("a.txt", string.Concat(Enumerable.Repeat(string.Concat(Enumerable.Range(0x4E00, 99).Select(code => (char)code)), 20)));
        string[] call = Cli.Args("train --tokenizer char --max-iters 6 --eval-interval 3 --batch-size 2 --eval-windows 2 --sample-tokens 0 --block-size 8 --learning-rate 1e-3 --warmup 1", "--data", text, "--model", fixture, "--out", folder["run"]);
        CliResult result = Cli.Run(call);
        Assert.True(result.Code == 0, result.Error);
        using (TensorFile file = StateDictionary.Load(Path.Combine(folder["run"], "model.safetensors")))
            Assert.DoesNotContain(file.Tensors, tensor => tensor.Name.Contains("spline", StringComparison.Ordinal));
        Assert.Equal(0, Cli.Run("train", "--resume", folder["run"]).Code);
        Assert.Equal(0, Cli.Run("sample", folder["run"], "--prompt", "一", "--max-new-tokens", "3").Code);

        string other = folder.Write("b.txt", "too few characters, many times too few");
        Cli.AssertFails(1, ["ids, the model of", "99", "do not belong together"], Cli.Args("train --tokenizer char --block-size 8", "--data", other, "--model", fixture, "--out", folder["other"]));
        Assert.False(Directory.Exists(folder["other"]));
        Cli.AssertFails(2, ["vocabulary of 99", "--tokenizer"], "train", "--data", other, "--model", fixture);
    }

    [Theory]
    [InlineData(64, 64, true)]
    [InlineData(50257, 50304, true)]
    [InlineData(50295, 51200, true)]
    [InlineData(50257, 50400, true)]
    [InlineData(50257, 50300, true)]
    [InlineData(50257, 65536, true)]
    [InlineData(21, 64, true)]
    [InlineData(21, 22, true)]
    [InlineData(50304, 50257, false)]
    [InlineData(22, 21, false)]
    public void A_vocabulary_may_be_filled_up_to_any_number(int tokenizer, int model, bool fits)
    {
        using TestFolder folder = new();
        string text = folder.Write("a.txt", string.Concat(Enumerable.Range(0x4E00, Math.Min(tokenizer, 20_000)).Select(code => (char)code)) + string.Concat(Enumerable.Range(0xAC00, 11_000).Take(Math.Max(0, tokenizer - 20_000)).Select(code => (char)code)) + string.Concat(Enumerable.Range(0x10000, 100_000).Take(Math.Max(0, tokenizer - 31_000)).Select(char.ConvertFromUtf32)));
        Kansformers.Text.CharTokenizer made = Kansformers.Text.CharTokenizer.FromCorpora([Kansformers.Text.Corpus.Open(text)], Kansformers.Text.UnknownCharacters.Refuse);
        Assert.Equal(tokenizer, made.VocabularySize);
        Assert.Equal(fits, made.Fits(model));
        Assert.Equal(tokenizer == model, made.Padding(model) is null);
    }

    [Fact]
    public void What_the_weights_bring_cannot_be_chosen()
    {
        Cli.AssertFails(2, ["leave out --layers, --embd, --placement, --grid-size"], Cli.Args("train --layers 1 --embd 8 --placement all --grid-size 3", "--model", run.Folder));
        Cli.AssertFails(2, ["--block-size is 9", "positions for 8"], Cli.Args("train --block-size 9", "--model", run.Folder));
        Cli.AssertFails(2, ["--heads is for weight files"], Cli.Args("train --heads 2", "--model", run.Folder));
        Cli.AssertFails(2, ["unknown model 'gpt-huge'"], "train", "--model", "gpt-huge");
    }

    private void Train(string folder, string from, string options)
    {
        CliResult result = Cli.Run(Cli.Args("train", "--model", from, "--out", folder, "--data", run.Text).Concat(Cli.Args(options)).ToArray());
        Assert.True(result.Code == 0, result.Error);
    }

    private void AssertWeights(string folder, Action<string, float[], float[]> assert)
    {
        using TensorFile before = StateDictionary.Load(Path.Combine(run.Folder, "model.safetensors")), after = StateDictionary.Load(Path.Combine(folder, "model.safetensors"));
        Assert.Equal(before.Tensors.Select(tensor => tensor.Name), after.Tensors.Select(tensor => tensor.Name));
        foreach (StoredTensor tensor in after.Tensors)
            assert(tensor.Name, before[tensor.Name].ToArray<float>(), tensor.ToArray<float>());
    }
}
