using System.Globalization;
using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Training;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>A golden folder of a GPT: weights in every file format, logits, loss, every gradient, optimizer steps, greedy generation.</summary>
internal static class GptGolden
{
    public const string Kind = "gpt";
    private static readonly string[] WeightFiles = ["model.safetensors", "model.pt", "model_legacy.pt", "pytorch_model.bin"];

    public static bool Is(string folder) =>
        File.Exists(Path.Combine(folder, "config.json")) && File.Exists(Path.Combine(folder, "expected.safetensors"))
        && Weights(folder).Any() && Config(folder).TryGetProperty("n_embd", out _) && !Config(folder).TryGetProperty("architectures", out _);

    public static GoldenReport Run(string folder)
    {
        using TensorFile expected = StateDictionary.Load(Path.Combine(folder, "expected.safetensors"));
        Comparison comparison = new(expected);
        using var scope = NewDisposeScope();
        string[] weights = [.. Weights(folder)];
        Gpt model = Load(folder, weights[0]);
        foreach (string other in weights[1..])
            SameWeights(model, Path.Combine(folder, other), comparison);
        Gradients(model, comparison);
        Train(model, expected, comparison);
        Greedy(model, comparison);
        return new GoldenReport(folder, Kind, comparison.Rows);
    }

    private static IEnumerable<string> Weights(string folder) => WeightFiles.Where(name => File.Exists(Path.Combine(folder, name)));

    private static JsonElement Config(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
        return document.RootElement.Clone();
    }

    private static Gpt Load(string folder, string weights)
    {
        JsonElement config = Config(folder);
        using TensorFile file = StateDictionary.Load(Path.Combine(folder, weights));
        int? heads = config.TryGetProperty("n_head", out JsonElement count) && count.ValueKind == JsonValueKind.Number ? count.GetInt32() : null;
        GptOptions options = (GptOptions)ModelFile.Infer(file, new ModelHints(heads));
        if (config.TryGetProperty("model_type", out JsonElement preset) && preset.ValueKind == JsonValueKind.String)
            options = Families.Preset(preset.GetString()!).Preset.Apply(options);
        Gpt model = new(options with { EmbeddingDropout = Dropout("embd_pdrop"), ResidualDropout = Dropout("resid_pdrop"), AttentionDropout = Dropout("attn_pdrop") });
        ModelFile.LoadInto(model, file);
        return model;

        double Dropout(string name) => config.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : 0;
    }

    private static void SameWeights(Gpt model, string path, Comparison comparison)
    {
        using TensorFile file = StateDictionary.Load(path);
        foreach ((string name, Tensor value) in model.state_dict())
            comparison.Add($"{Path.GetFileName(path)}: {name}", StateDictionary.ToTensor(file[name]), value, 0);
    }

    private static void Gradients(Gpt model, Comparison comparison)
    {
        using var scope = NewDisposeScope();
        model.train();
        Tensor ids = comparison.Expected("idx");
        comparison.Add("logits", model.forward(ids), Comparison.Float32);
        Tensor loss = model.Loss(ids, comparison.Expected("targets"));
        loss.backward();
        comparison.Add("loss", loss, Comparison.Float32);
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in model.named_parameters())
            comparison.Add($"grad.{name}", parameter.grad!, Comparison.Float32);
        model.zero_grad();
    }

    /// <summary>Generates greedily from <c>prompt</c> to the length of <c>greedy</c>.</summary>
    public static void Greedy(Gpt model, Comparison comparison)
    {
        if (!comparison.Has("greedy"))
            return;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        model.eval();
        Tensor greedy = comparison.Expected("greedy"), ids = comparison.Expected("prompt");
        while (ids.shape[1] < greedy.shape[1])
        {
            long start = Math.Max(0, ids.shape[1] - model.Options.BlockSize);
            Tensor next = model.forward(ids.narrow(1, start, ids.shape[1] - start), null, lastOnly: true).argmax(-1);
            ids = cat([ids, next], 1);
        }

        comparison.Add("greedy", ids, 0);
    }

    private static void Train(Gpt model, TensorFile expected, Comparison comparison)
    {
        if (!comparison.Has("train_idx"))
            return;
        using var scope = NewDisposeScope();
        model.train();
        AdamWOptions settings = new(Number("beta1", 0.9), Number("beta2", 0.95), 1e-8, Number("weight_decay", 0.1));
        IReadOnlyList<ParameterGroup> groups = ParameterGroups.Of(model, settings.WeightDecay);
        if (expected.Metadata.TryGetValue("decay_groups", out string? counts))
        {
            // "0.1:27; 0.0:12": how many tensors decay, how many do not.
            long[] sizes = [.. counts.Split(';').Select(part => long.Parse(part.Split(':')[1], CultureInfo.InvariantCulture))];
            comparison.Add("decay_groups", tensor(new[] { Count(decays: true), Count(decays: false) }), tensor(sizes), 0);
        }

        GradientClipping clipping = new(groups, Number("grad_norm_clip", 1));
        using Optimizer optimizer = new(settings, groups);
        using AdamTolerance tolerance = new(model, settings, Number("grad_norm_clip", 1));
        double rate = Number("learning_rate", 3e-4);
        Tensor ids = comparison.Expected("train_idx"), targets = comparison.Expected("train_targets");
        float[] losses = new float[ids.shape[0]], norms = new float[ids.shape[0]];
        for (int step = 0; step < losses.Length; step++)
        {
            using var inner = NewDisposeScope();
            tolerance.Step(ids[step], targets[step], rate);
            Tensor loss = model.Loss(ids[step], targets[step]);
            loss.backward();
            losses[step] = loss.item<float>();
            (double norm, double scale) = clipping.Measure();
            norms[step] = (float)norm;
            optimizer.Step(rate, scale);
        }

        comparison.Add("train_losses", tensor(losses), Comparison.Float32);
        comparison.Add("train_grad_norms", tensor(norms), Comparison.Float32);

        foreach ((string name, TorchSharp.Modules.Parameter parameter) in model.named_parameters())
        {
            using Tensor trained = comparison.Expected($"trained.{name}");
            comparison.Add($"trained.{name}", parameter, trained, Comparison.Float32, tolerance.Of(name));
        }

        long Count(bool decays) => groups.Where(group => ParameterGroups.Decays(group.Role) == decays).Sum(group => group.Parameters.Count);

        double Number(string name, double otherwise) =>
            expected.Metadata.TryGetValue(name, out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;
    }
}
