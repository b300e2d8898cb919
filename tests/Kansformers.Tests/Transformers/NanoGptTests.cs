using Kansformers.Checkpoints;
using Kansformers.Tests.Checkpoints;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

public class NanoGptTests
{
    [Theory]
    [InlineData(true, "{0}")]
    [InlineData(false, "{0}")]
    [InlineData(false, "_orig_mod.{0}")]
    [InlineData(true, "module.{0}")]
    [InlineData(true, "_orig_mod.module.{0}")]
    [InlineData(false, "module._orig_mod.{0}")]
    [InlineData(false, "module.module._orig_mod._orig_mod.{0}")]
    [InlineData(true, "_fsdp_wrapped_module._orig_mod.{0}")]
    [InlineData(true, "model.{0}")]
    [InlineData(false, "_orig_mod.model.module.{0}")]
    [InlineData(true, "blocks")]
    public void A_checkpoint_is_the_model_it_was(bool biases, string names)
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = NanoGptFiles.Model(biases);
        using Gpt found = GptFiles.Load(folder.Save("ckpt.pt", NanoGptFiles.Content(model, Wrap)));
        Assert.Equal(model.Options with { Kan = found.Options.Kan }, found.Options);
        Assert.Equal(Logits(model), Logits(found));

        // torch.compile and the like on blocks and on what lies in them, too
        string Wrap(string name) => names != "blocks" ? string.Format(null, names, name)
            : name.Replace(".h.0.", ".h.0._orig_mod.", StringComparison.Ordinal).Replace(".h.1.mlp.", ".h.1.module.mlp._checkpoint_wrapped_module.", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("as it is", GeluForm.Exact, "as it is there since June 2023")]
    [InlineData("no optimizer", GeluForm.Exact, "as it is there since June 2023")]
    [InlineData("no bias", GeluForm.Tanh, "'model_args' without 'bias'")]
    [InlineData("old optimizer", GeluForm.Tanh, "an optimizer that does not decay embeddings")]
    public void The_gelu_is_what_the_file_tells_unless_it_is_given(string kind, GeluForm expected, string note)
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        foreach (bool biases in (bool[])[true, false])
        {
            if (kind == "no bias" && !biases)
                continue;
            using Gpt exact = NanoGptFiles.Model(biases), tanh = NanoGptFiles.Model(biases, GeluForm.Tanh);
            PickleDictionary content = NanoGptFiles.Content(exact);
            if (kind == "no optimizer")
                content.Set("optimizer", null);
            else if (kind == "no bias")
                content.Part("model_args").Set("bias", null);
            else if (kind == "old optimizer")
                content.Part("optimizer").Set("param_groups", new PickleList([NanoGptFiles.Group(8), NanoGptFiles.Group(biases ? 20 : 7)]));
            string path = folder.Save($"{biases}.pt", content);
            Assert.NotEqual(Logits(exact), Logits(tanh));
            using Gpt told = GptFiles.Load(path), asExact = GptFiles.Load(path, gelu: GeluForm.Exact), asTanh = GptFiles.Load(path, gelu: GeluForm.Tanh);
            Assert.Equal(Logits(expected == GeluForm.Exact ? exact : tanh), Logits(told));
            Assert.Equal(Logits(exact), Logits(asExact));
            Assert.Equal(Logits(tanh), Logits(asTanh));
            using ModelFile file = ModelFile.Open(path);
            Assert.Contains(note, Assert.Single(file.Notes()), StringComparison.Ordinal);
            Assert.Empty(file.Notes(new ModelHints(Gelu: GeluForm.Exact)));
        }
    }

    [Theory]
    [InlineData(true, GeluForm.Tanh)]
    [InlineData(false, GeluForm.Exact)]
    public void A_bare_state_is_GPT2s_with_biases_and_nanoGPTs_without_and_that_is_told(bool biases, GeluForm expected)
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = NanoGptFiles.Model(biases, expected);
        PickleDictionary state = NanoGptFiles.Content(model).Part("model");
        StateDictionary.Save(folder["bare.safetensors"], model.state_dict().Select(entry => (entry.Key, entry.Value)));
        foreach (string path in (string[])[folder.Save("bare.pt", state), folder["bare.safetensors"]])
        {
            using ModelFile file = ModelFile.Open(path);
            Assert.Equal((biases, expected), (Options(file, 4).Biases, Options(file, 4).Gelu));
            Assert.Contains("does not tell its GELU", Assert.Single(file.Notes()), StringComparison.Ordinal);
            using Gpt found = GptFiles.Load(path, 4);
            Assert.Equal(Logits(model), Logits(found));
        }
    }

    [Fact]
    public void A_bare_state_of_minGPT_leaves_nothing_open()
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        StateDictionary.Save(folder["bare.safetensors"], model.state_dict().Select(entry => (entry.Key, entry.Value)));
        using ModelFile file = ModelFile.Open(folder["bare.safetensors"]);
        Assert.Empty(file.Notes());
        Assert.Equal(GeluForm.Tanh, Options(file, 2).Gelu);
    }

    [Theory]
    [InlineData("n_head", null, "'n_head' in 'model_args' is missing")]
    [InlineData("n_head", 4.0, "'n_head' in 'model_args' is 4, which is no whole number")]
    [InlineData("n_head", 5L, "heads is 5, which does not divide embd 16")]
    [InlineData("n_head", 0L, "heads is 0")]
    [InlineData("n_head", -4L, "'n_head' in 'model_args' is -4")]
    [InlineData("n_layer", 3L, "model_args says 3 layers, the weights 2")]
    [InlineData("n_embd", "wide", "'n_embd' in 'model_args' is wide")]
    [InlineData("n_embd", 32L, "model_args says width 32, the weights 16")]
    [InlineData("vocab_size", 50304L, "model_args says vocabulary 50304, the weights 256")]
    [InlineData("block_size", 1024L, "model_args says block size 1024, the weights 24")]
    [InlineData("bias", false, "'bias' in 'model_args' is False, but the weights have some")]
    [InlineData("bias", 1L, "'bias' in 'model_args' is 1, which is neither True nor False")]
    [InlineData("dropout", "none", "'dropout' in 'model_args' is none, which is no number")]
    [InlineData("dropout", 1.5, "embedding dropout is 1.5")]
    public void Arguments_that_cannot_be_are_refused_by_name(string name, object? value, string message)
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = NanoGptFiles.Model(biases: true);
        PickleDictionary content = NanoGptFiles.Content(model);
        content.Part("model_args").Set(name, value);
        string path = folder.Save("ckpt.pt", content);
        KansformersException failure = Assert.Throws<KansformersException>(() => GptFiles.Load(path));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_may_lack_where_the_weights_tell()
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = NanoGptFiles.Model(biases: false);
        PickleDictionary content = NanoGptFiles.Content(model);
        foreach (string name in (string[])["n_layer", "n_embd", "block_size", "vocab_size", "dropout"])
            content.Part("model_args").Set(name, null);
        using Gpt found = GptFiles.Load(folder.Save("ckpt.pt", content));
        Assert.Equal(Logits(model), Logits(found));
        content.Set("model_args", 7L);
        Assert.Contains("are no dictionary", Assert.Throws<KansformersException>(() => GptFiles.Load(folder.Save("bad.pt", content))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_only_wrappers_tell_apart_are_refused()
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        using Gpt model = NanoGptFiles.Model(biases: true);
        PickleDictionary content = NanoGptFiles.Content(model);
        content.Part("model").Set("module.transformer.ln_f.weight", StateDictionary.ToStored("", model.state_dict()["transformer.ln_f.bias"]));
        string message = Assert.Throws<KansformersException>(() => GptFiles.Load(folder.Save("ckpt.pt", content))).Message;
        Assert.Contains("'transformer.ln_f.weight' and 'module.transformer.ln_f.weight'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ckpt.pt")]
    [InlineData("ckpt.safetensors")]
    [InlineData("hf")]
    [InlineData("ours")]
    public void A_head_that_should_be_the_embedding_and_is_not_counts_and_is_told(string kind)
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        using Gpt tied = NanoGptFiles.Model(biases: true, GeluForm.Tanh), apart = new((GptOptions)tied.Options with { TiedHead = false });
        apart.eval();
        Dictionary<string, Tensor> state = tied.state_dict();
        using (no_grad())
        {
            foreach ((string name, Tensor value) in apart.state_dict())
                value.copy_(name == "lm_head.weight" ? state["transformer.wte.weight"] * 0.5 : state[name]);
        }

        foreach (bool same in (bool[])[false, true])
        {
            string path = Write(same);
            using ModelFile file = ModelFile.Open(path);
            IReadOnlyList<string> notes = file.Notes(new ModelHints(Gelu: GeluForm.Tanh));
            using Gpt found = GptFiles.Load(path, gelu: GeluForm.Tanh);
            Assert.Equal(same, ((GptOptions)found.Options).TiedHead);
            Assert.Equal(Logits(same ? tied : apart), Logits(found));
            if (same)
                Assert.Empty(notes);
            else
                Assert.Contains("both count, lm_head.weight for the logits", Assert.Single(notes), StringComparison.Ordinal);
        }

        string Write(bool same)
        {
            string path = folder[$"{same}-{kind}"];
            StoredTensor head = same ? StateDictionary.ToStored("lm_head.weight", state["transformer.wte.weight"].clone()) : StateDictionary.ToStored("lm_head.weight", apart.state_dict()["lm_head.weight"]);
            switch (kind)
            {
                case "ckpt.pt":
                    PickleDictionary content = NanoGptFiles.Content(tied);
                    content.Part("model").Set("lm_head.weight", head);
                    StateDictionary.SavePyTorch(path, content);
                    break;
                case "ckpt.safetensors":
                    StateDictionary.Save(path, [.. state.Select(entry => StateDictionary.ToStored(entry.Key, entry.Value)), head], new Dictionary<string, string>([ModelMetadata.Of(tied)]));
                    break;
                default:
                    HuggingFaceModel.Save(tied, path);
                    string weights = Path.Combine(path, "model.safetensors"), config = Path.Combine(path, "config.json");
                    using (TensorFile file = StateDictionary.Load(weights))
                        StateDictionary.Save(weights + ".new", [.. file.Tensors.Select(tensor => tensor.WithName($"_orig_mod.{tensor.Name}")), head]);
                    File.Move(weights + ".new", weights, overwrite: true);
                    File.WriteAllText(config, File.ReadAllText(config).Replace("\"tie_word_embeddings\": true,", kind == "hf" ? "" : "\"tie_word_embeddings\": true,", StringComparison.Ordinal));
                    break;
            }

            return path;
        }
    }

    private static GptOptions Options(ModelFile file, int heads) => Assert.IsType<GptOptions>(file.Options(new ModelHints(heads)));

    private static float[] Logits(Gpt model)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        Tensor ids = arange(0, 2 * 20, ScalarType.Int64).reshape(2, 20) * 5;
        model.eval();
        return model.forward(ids).reshape(-1).data<float>().ToArray();
    }
}
