using Kansformers.Checkpoints;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Checkpoints;

/// <summary>Checkpoints as nanoGPT saves them, put together from a model of ours.</summary>
internal static class NanoGptFiles
{
    /// <summary>A small model with a tied head and large weights, so that each option matters.</summary>
    public static Gpt Model(bool biases, GeluForm gelu = GeluForm.Exact, int vocabulary = 256)
    {
        random.manual_seed(5);
        Gpt model = new(new GptOptions
        {
            Layers = 2, Heads = 4, Width = 16, BlockSize = 24, VocabularySize = vocabulary, Placement = KanPlacement.None, TiedHead = true, Biases = biases, Gelu = gelu,
            EmbeddingDropout = 0, ResidualDropout = 0, AttentionDropout = 0,
        });
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
        {
            if (parameter.dim() == 2)
                parameter.mul_(20);
            else
                parameter.add_(randn_like(parameter) * 0.3);
        }

        model.eval();
        return model;
    }

    /// <summary>The outer dictionary: the weights with the head's second name and, as before PyTorch 2, causal masks; and the arguments.</summary>
    /// <param name="model">The model.</param>
    /// <param name="wrap">What training did to the names.</param>
    public static PickleDictionary Content(Gpt model, Func<string, string>? wrap = null)
    {
        PickleDictionary state = new(), content = new();
        foreach ((string name, Tensor tensor) in model.state_dict())
            state.Set((wrap ?? (same => same))(name), StateDictionary.ToStored(name, tensor));
        state.Set((wrap ?? (same => same))("lm_head.weight"), StateDictionary.ToStored("", model.state_dict()["transformer.wte.weight"]));
        GptOptions options = (GptOptions)model.Options;
        byte[] mask = new byte[4 * options.BlockSize * options.BlockSize];
        for (int layer = 0; layer < options.Layers; layer++)
            state.Set((wrap ?? (same => same))($"transformer.h.{layer}.attn.bias"), StoredTensor.Create("", StoredType.F32, [1, 1, options.BlockSize, options.BlockSize], mask));
        content.Set("model", state);
        content.Set("optimizer", Dictionary(("param_groups", new PickleList([Group(4 * options.Layers + 2), Group(options.Biases ? 18 : 5)]))));
        content.Set("model_args", Dictionary(
            ("n_layer", (long)options.Layers), ("n_head", (long)options.Heads), ("n_embd", (long)options.Width), ("block_size", (long)options.BlockSize),
            ("bias", options.Biases), ("vocab_size", (long)options.VocabularySize), ("dropout", 0.0)));
        content.Set("iter_num", 2000L);
        content.Set("best_val_loss", StoredTensor.Create("", StoredType.F32, [], new byte[4]));
        content.Set("config", Dictionary(("dataset", "openwebtext"), ("compile", true)));
        return content;
    }

    /// <summary>The optimizer's part of a parameter group: which parameters it holds.</summary>
    public static PickleDictionary Group(int parameters) =>
        Dictionary(("weight_decay", 0.1), ("params", new PickleList([.. Enumerable.Range(0, parameters).Select(at => (object?)(long)at)])));

    public static PickleDictionary Dictionary(params (string Key, object? Value)[] pairs)
    {
        PickleDictionary dictionary = new();
        foreach ((string key, object? value) in pairs)
            dictionary.Set(key, value);
        return dictionary;
    }

    /// <summary>A dictionary within the outer one.</summary>
    public static PickleDictionary Part(this PickleDictionary content, string key) =>
        content.TryGet(key, out object? value) && value is PickleDictionary part ? part : throw new KeyNotFoundException(key);

    public static string Save(this TestFolder folder, string name, PickleDictionary content)
    {
        StateDictionary.SavePyTorch(folder[name], content);
        return folder[name];
    }
}
