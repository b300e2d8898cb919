using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Generation;
using Kansformers.Transformers;

namespace Kansformers.Tests.Generation;

public class GoldenGenerationTests
{
    [Theory]
    [InlineData("mingpt_gpt_small", KanPlacement.None)]
    [InlineData("kansformers_gpt_small", KanPlacement.All)]
    public void Greedy_generation_past_the_block_size_is_the_original_program_s(string name, KanPlacement placement)
    {
        string folder = SharedFolder.Require("golden", name);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        int Option(string key) => config.RootElement.GetProperty(key).GetInt32();
        using Gpt model = new(new GptOptions
        {
            Layers = Option("n_layer"),
            Heads = Option("n_head"),
            Width = Option("n_embd"),
            BlockSize = Option("block_size"),
            VocabularySize = Option("vocab_size"),
            Placement = placement,
        });
        // The original program generated after its training steps.
        const string Trained = "trained.";
        using TensorFile expected = StateDictionary.Load(Path.Combine(folder, "expected.safetensors"));
        StoredTensor[] weights = [.. expected.Tensors.Where(tensor => tensor.Name.StartsWith(Trained, StringComparison.Ordinal)).Select(tensor => tensor.WithName(tensor.Name[Trained.Length..]))];
        LoadReport report = StateDictionary.LoadInto(model, expected.Path, weights, new LoadOptions { AllowMissing = name => name.EndsWith(".grid", StringComparison.Ordinal) });
        Assert.Equal(model.parameters().Count(), report.Loaded);

        long[] prompts = expected["prompt"].ToArray<long>();
        long[] greedy = expected["greedy"].ToArray<long>();
        (int rows, int length, int total) = ((int)expected["prompt"].Shape[0], (int)expected["prompt"].Shape[1], (int)expected["greedy"].Shape[1]);
        Assert.True(total > model.Options.BlockSize);
        for (int row = 0; row < rows; row++)
        {
            int[] prompt = [.. prompts[(row * length)..((row + 1) * length)].Select(id => (int)id)];
            int[] whole = [.. greedy[(row * total)..((row + 1) * total)].Select(id => (int)id)];
            foreach (bool cached in (bool[])[true, false])
            {
                SamplingOptions options = new() { Temperature = 0, MaxNewTokens = total - length, UseCache = cached };
                Assert.Equal(whole[length..], new TokenGenerator(model).Generate(prompt, options));
            }
        }
    }
}
