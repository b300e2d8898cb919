using Kansformers.Checkpoints;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>What is compared of every folder in Hugging Face's layout: its weight files, the folder as we write it, gradients by their names.</summary>
internal static class HuggingFaceFolders
{
    /// <summary>Their label of what does not count.</summary>
    public const long Ignored = -100;

    private const double RoundingOfSums = 1e-6; // eight units of float32

    private static readonly (string Part, string Value)[] QueriesAndKeys =
        [(".self.query.", ".self.value."), (".self.key.", ".self.value."), (".q_lin.", ".v_lin."), (".k_lin.", ".v_lin."), (".q_proj.", ".v_proj."), (".k_proj.", ".v_proj.")];

    /// <summary>Compares each weight file of the folder with the model that was loaded.</summary>
    public static void SameWeights(TransformerModel model, string folder, Comparison comparison)
    {
        Dictionary<string, StoredTensor> theirs = Theirs(model, model.state_dict().Select(entry => (entry.Key, entry.Value)));
        foreach (string name in (string[])["model.safetensors", "pytorch_model.bin"])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                Compare(name, path, theirs, comparison);
        }
    }

    /// <summary>Compares what we write with their tensors under their names.</summary>
    public static void Written(TransformerModel model, string folder, Comparison comparison)
    {
        DirectoryInfo written = Directory.CreateTempSubdirectory("kansformers-golden");
        try
        {
            HuggingFaceModel.Save(model, written.FullName);
            string path = Path.Combine(folder, "model.safetensors");
            using TensorFile ours = StateDictionary.Load(Path.Combine(written.FullName, "model.safetensors"));
            if (File.Exists(path))
                Compare("written", path, ours.Tensors.ToDictionary(tensor => tensor.Name), comparison);
            using TransformerModel again = TransformerModel.FromPretrained(written.FullName);
            comparison.Add("written config.json", tensor(again.Options == model.Options), tensor(true), 0);
        }
        finally
        {
            written.Delete(recursive: true);
        }
    }

    private static void Compare(string label, string path, Dictionary<string, StoredTensor> theirs, Comparison comparison)
    {
        using TensorFile file = StateDictionary.Load(path);
        foreach ((string name, StoredTensor tensor) in theirs)
            comparison.Add($"{label}: {name}", StateDictionary.ToTensor(tensor), StateDictionary.ToTensor(file.TryGet(name, out StoredTensor? found) ? found : file[WithoutModel(name)]), 0);
    }

    // A folder of the model without a head has its names without the part that names the model.
    private static string WithoutModel(string name) => name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];

    /// <summary>Compares every gradient that is expected, and each of ours that is not.</summary>
    public static void Gradients(TransformerModel model, Comparison comparison)
    {
        (string, Tensor)[] gradients = [.. model.named_parameters().Where(entry => entry.parameter.grad is not null).Select(entry => (entry.name, entry.parameter.grad!))];
        foreach ((string name, StoredTensor gradient) in Theirs(model, gradients))
            AddGradient($"grad.{name}", StateDictionary.ToTensor(gradient), comparison);
        string[] missing = [.. comparison.Names.Where(name => name.StartsWith("grad.", StringComparison.Ordinal) && !comparison.Rows.Any(row => row.Name == name))];
        foreach (string name in missing)
            comparison.Add(name, comparison.Expected(name) * double.NaN, 0);
    }

    // The gradients of queries and keys are what is left of sums as large as the gradients of values, for the softmax's gradient takes their mean away: of a key's bias
    // nothing but rounding is left, since it adds the same to all products of a query.
    private static void AddGradient(string name, Tensor gradient, Comparison comparison)
    {
        (string Part, string Value) found = QueriesAndKeys.FirstOrDefault(entry => name.Contains(entry.Part, StringComparison.Ordinal));
        string? sums = found.Part is null ? null : name.Replace(found.Part, found.Value, StringComparison.Ordinal);
        if (sums is null || !comparison.Has(sums))
        {
            comparison.Add(name, gradient, Comparison.Float32);
            return;
        }

        double size = comparison.Expected(sums).abs().max().item<float>();
        if (found.Part is ".self.key." or ".k_lin." or ".k_proj." && name.EndsWith("bias", StringComparison.Ordinal))
            comparison.AddRounding(name, gradient, size, RoundingOfSums);
        else
            comparison.Add(name, gradient, comparison.Expected(name), Comparison.Float32, full_like(gradient, size * RoundingOfSums, dtype: ScalarType.Float64));
    }

    private static Dictionary<string, StoredTensor> Theirs(TransformerModel model, IEnumerable<(string Name, Tensor Value)> tensors) =>
        model.Options.Family.HuggingFace!.ToTheirs([.. tensors.Select(entry => StateDictionary.ToStored(entry.Name, entry.Value))], model.Options, []).ToDictionary(tensor => tensor.Name);
}
