using Kansformers.Checkpoints;
using Kansformers.Transformers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>A golden folder of a GPT-2 in Hugging Face's layout: every weight file, logits, loss, every gradient, greedy generation, and the folder as we write it.</summary>
internal static class HuggingFaceGptGolden
{
    public const string Kind = "hf_gpt2";

    public static bool Is(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "config.json")) || !HuggingFaceFolder.IsOne(folder))
            return false;
        using HuggingFaceFolder model = HuggingFaceFolder.Open(folder);
        return model.ModelType == "gpt2";
    }

    public static GoldenReport Run(string folder)
    {
        string outputs = Path.Combine(folder, "expected.safetensors");
        using TensorFile? expected = File.Exists(outputs) ? StateDictionary.Load(outputs) : null;
        Comparison comparison = new(expected);
        using var scope = NewDisposeScope();
        Gpt model = (Gpt)CausalModel.FromPretrained(folder);
        HuggingFaceFolders.SameWeights(model, folder, comparison);
        HuggingFaceFolders.Written(model, folder, comparison);
        if (expected is not null)
        {
            Gradients(model, comparison);
            GptGolden.Greedy(model, comparison);
        }

        return new GoldenReport(folder, Kind, comparison.Rows);
    }

    private static void Gradients(Gpt model, Comparison comparison)
    {
        using var scope = NewDisposeScope();
        model.train();
        Tensor ids = comparison.Expected("input_ids");
        comparison.Add("logits", model.forward(ids), Comparison.Float32);

        // Each position predicts the next token; the last one's is not known.
        Tensor targets = cat([ids[.., 1..], full([ids.shape[0], 1], -1, dtype: ScalarType.Int64)], 1);
        Tensor loss = model.Loss(ids, targets);
        loss.backward();
        comparison.Add("loss", loss, Comparison.Float32);
        foreach ((string name, Parameter parameter) in model.named_parameters())
            comparison.Add($"grad.{name}", Laid(name, parameter.grad!), Comparison.Float32);
        model.zero_grad();
    }

    // Their linear layers are (in, out).
    private static Tensor Laid(string name, Tensor tensor) => Gpt2Names.IsTransposed(name) ? tensor.t() : tensor;
}
