using System.Text.Json.Nodes;
using Kansformers.Checkpoints;
using Kansformers.Tests.Checkpoints;
using Kansformers.Transformers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

public class HuggingFaceGptTests
{
    private static readonly string Fixture = HuggingFaceFixture.Folder("hf_gpt2");

    [Theory]
    [InlineData(KanPlacement.None)]
    [InlineData(KanPlacement.All)]
    [InlineData(KanPlacement.Mlp)]
    public void A_folder_gives_the_model_back_bit_by_bit(KanPlacement placement)
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = TinyGpt.Make(placement);
        HuggingFaceModel.Save(model, folder.Path);
        using Gpt again = GptFiles.Load(folder.Path);
        Assert.Equal(model.Options with { Kan = again.Options.Kan }, again.Options);
        HuggingFaceFixture.Same(model, again);
    }

    [Fact]
    public void A_tied_head_stays_tied()
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = GptFiles.Load(Fixture);
        Assert.True(((GptOptions)model.Options).TiedHead);
        Assert.DoesNotContain(model.state_dict().Keys, name => name.StartsWith("lm_head", StringComparison.Ordinal));
        HuggingFaceModel.Save(model, folder.Path);
        using (TensorFile theirs = StateDictionary.Load(Path.Combine(Fixture, "model.safetensors")))
        {
            using TensorFile ours = StateDictionary.Load(folder["model.safetensors"]);
            foreach (StoredTensor tensor in ours.Tensors)
                Assert.Equal(theirs[tensor.Name].ToArray(), tensor.ToArray());
            Assert.Equal(theirs.Tensors.Count(tensor => !tensor.Name.EndsWith(".attn.bias", StringComparison.Ordinal) && !tensor.Name.EndsWith("masked_bias", StringComparison.Ordinal)), ours.Tensors.Length);
        }

        using Gpt again = GptFiles.Load(folder.Path);
        Assert.True(((GptOptions)again.Options).TiedHead);
        HuggingFaceFixture.Same(model, again);
    }

    [Fact]
    public void A_tied_heads_gradient_is_the_sum_of_both_uses()
    {
        using var scope = NewDisposeScope();
        using Gpt tied = GptFiles.Load(Fixture), apart = new((GptOptions)tied.Options with { TiedHead = false });
        tied.eval();
        apart.eval();
        using (no_grad())
        {
            foreach ((string name, Parameter parameter) in apart.named_parameters())
                parameter.copy_(tied.state_dict()[name == "lm_head.weight" ? "transformer.wte.weight" : name]);
        }

        Tensor ids = randint(0, 99, [2, 9], dtype: ScalarType.Int64), targets = randint(0, 99, [2, 9], dtype: ScalarType.Int64);
        Tensor loss = tied.Loss(ids, targets);
        Assert.Equal(apart.Loss(ids, targets).item<float>(), loss.item<float>());
        loss.backward();
        apart.Loss(ids, targets).backward();
        Parameter Find(Gpt model, string name) => model.named_parameters().First(entry => entry.name == name).parameter;
        Tensor expected = Find(apart, "transformer.wte.weight").grad! + Find(apart, "lm_head.weight").grad!;
        Assert.True(Find(tied, "transformer.wte.weight").grad!.allclose(expected, rtol: 1e-5, atol: 1e-7));
    }

    [Fact]
    public void Names_without_the_prefix_and_a_repeated_head_are_understood()
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        File.Copy(Path.Combine(Fixture, "config.json"), folder["config.json"]);
        using (TensorFile theirs = StateDictionary.Load(Path.Combine(Fixture, "model.safetensors")))
        {
            StoredTensor embedding = theirs["transformer.wte.weight"];
            StateDictionary.Save(folder["model.safetensors"], [.. theirs.Tensors.Select(tensor => tensor.WithName(tensor.Name["transformer.".Length..])), embedding.WithName("lm_head.weight")]);
        }

        using Gpt expected = GptFiles.Load(Fixture), found = GptFiles.Load(folder.Path);
        HuggingFaceFixture.Same(expected, found);
        IReadOnlyList<TensorChange> changes = HuggingFaceModel.Open(folder.Path).Changes;
        Assert.Contains(new TensorChange("lm_head.weight", "transformer.wte.weight", TensorFate.Tied), changes);
        Assert.Contains(new TensorChange("h.0.attn.bias", null, TensorFate.Dropped), changes);
        Assert.Contains(new TensorChange("h.0.mlp.c_fc.weight", "transformer.h.0.mlp.c_fc.weight", TensorFate.Transposed), changes);
        Assert.Contains(new TensorChange("ln_f.bias", "transformer.ln_f.bias", TensorFate.Renamed), changes);
    }

    [Fact]
    public void Shards_with_an_index_are_one_model()
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        File.Copy(Path.Combine(Fixture, "config.json"), folder["config.json"]);
        using (TensorFile theirs = StateDictionary.Load(Path.Combine(Fixture, "model.safetensors")))
            ShardedTensors.Write(folder.Path, theirs.Tensors, 40_000, new Dictionary<string, string> { ["format"] = "pt" });
        Assert.InRange(Directory.GetFiles(folder.Path, "model-*-of-*.safetensors").Length, 3, 9);
        using Gpt expected = GptFiles.Load(Fixture), found = GptFiles.Load(folder.Path);
        HuggingFaceFixture.Same(expected, found);

        string index = folder["model.safetensors.index.json"], text = File.ReadAllText(index);
        Refused(text.Replace("\"transformer.ln_f.bias\"", "\"transformer.ln_f.BIAS\"", StringComparison.Ordinal), "transformer.ln_f.BIAS");
        Refused(text.Replace("model-00001-of", "../model-00001-of", StringComparison.Ordinal), "no file name");
        Refused(text.Replace("weight_map", "weights", StringComparison.Ordinal), "weight_map");
        Refused(text[..^20], "not valid JSON");
        File.Delete(folder["model-00002-of-" + Directory.GetFiles(folder.Path, "model-*").Length.ToString("00000", null) + ".safetensors"]);
        Refused(text, "model-00002-of");

        void Refused(string content, string part)
        {
            File.WriteAllText(index, content);
            Assert.Contains(part, Assert.Throws<KansformersException>(() => GptFiles.Load(folder.Path)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("n_layer", "null", "'n_layer' in config.json is missing")]
    [InlineData("n_embd", "\"wide\"", "'n_embd' in config.json is missing or not a whole number")]
    [InlineData("activation_function", "\"relu\"", "supported is gelu_new or gelu")]
    [InlineData("n_inner", "77", "supported is null")]
    [InlineData("layer_norm_epsilon", "0.1", "supported is 1e-05")]
    [InlineData("scale_attn_by_inverse_layer_idx", "true", "supported is false")]
    [InlineData("tie_word_embeddings", "3", "neither true nor false")]
    [InlineData("n_head", "5", "heads is 5")]
    [InlineData("vocab_size", "98", "vocabulary 98, the weights 99")]
    [InlineData("n_layer", "3", "3 layers, the weights 2")]
    [InlineData("model_type", "\"mamba\"", "'mamba'")]
    public void What_the_model_does_not_have_is_refused_by_name(string option, string value, string message)
    {
        using TestFolder folder = new();
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixture, "config.json")))!;
        config[option] = JsonNode.Parse(value);
        folder.Write("config.json", config.ToJsonString());
        File.Copy(Path.Combine(Fixture, "model.safetensors"), folder["model.safetensors"]);
        Assert.Contains(message, Assert.Throws<KansformersException>(() => GptFiles.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors.index.json")]
    [InlineData("model-00001-of-00001.safetensors")]
    public void Damaged_folders_are_refused_or_read(string name)
    {
        using TestFolder folder = new();
        using (Gpt model = TinyGpt.Make(KanPlacement.None))
            HuggingFaceModel.Save(model, folder.Path);
        using (TensorFile file = StateDictionary.Load(folder["model.safetensors"]))
            ShardedTensors.Write(folder.Path, file.Tensors, long.MaxValue, null);
        File.Delete(folder["model.safetensors"]);
        byte[] intact = File.ReadAllBytes(folder[name]);
        Random random = new(99);
        (int read, int refused) = (0, 0);
        for (int trial = 0; trial < 700; trial++)
        {
            List<byte> damaged = [.. intact];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                int at = random.Next(Math.Min(damaged.Count, 2500));
                switch (random.Next(4))
                {
                    case 0: damaged[at] = (byte)random.Next(256); break;
                    case 1: damaged[at] = (byte)"0123456789{}[]\",:-e"[random.Next(19)]; break;
                    case 2: damaged.RemoveRange(at, Math.Min(random.Next(1, 20), damaged.Count - at)); break;
                    default: damaged.InsertRange(at, damaged[at..Math.Min(at + random.Next(1, 20), damaged.Count)]); break;
                }
            }

            File.WriteAllBytes(folder[name], [.. damaged]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                HuggingFaceModel.Open(folder.Path).Weights.Dispose();
                read++;
            }
            catch (KansformersException)
            {
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
        }

        Assert.Equal(700, read + refused);
        Assert.True(refused > 100);
    }
}
