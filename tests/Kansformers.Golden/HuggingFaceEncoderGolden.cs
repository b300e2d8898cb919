using Kansformers.Checkpoints;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>A golden folder of an encoder in Hugging Face's layout: every weight file, hidden states, logits, loss, every gradient, and the folder as we write it.</summary>
internal static class HuggingFaceEncoderGolden
{
    private const long Ignored = -100; // their label of what does not count
    private const double RoundingOfSums = 1e-6; // eight units of float32

    private static readonly (string Part, string Value)[] QueriesAndKeys =
        [(".self.query.", ".self.value."), (".self.key.", ".self.value."), (".q_lin.", ".v_lin."), (".k_lin.", ".v_lin.")];

    public static bool Is(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "config.json")) || !HuggingFaceFolder.IsOne(folder))
            return false;
        string type = HuggingFaceFolder.TypeIn(folder)!;
        return Families.All.Any(family => family.HuggingFace is EncoderLayout layout && layout.ModelType == type);
    }

    public static GoldenReport Run(string folder)
    {
        string outputs = Path.Combine(folder, "expected.safetensors");
        using TensorFile? expected = File.Exists(outputs) ? StateDictionary.Load(outputs) : null;
        using var scope = NewDisposeScope();
        EncoderModel model = (EncoderModel)TransformerModel.FromPretrained(folder);
        Comparison comparison = new(expected);
        SameWeights(model, folder, comparison);
        Written(model, folder, comparison);
        if (expected is not null)
            Gradients(model, comparison);
        return new GoldenReport(folder, $"hf_{model.Options.Family.Name}", comparison.Rows);
    }

    // Each weight file of the folder holds the model that was loaded.
    private static void SameWeights(EncoderModel model, string folder, Comparison comparison)
    {
        Dictionary<string, StoredTensor> theirs = Theirs(model, model.named_parameters().Select(entry => (entry.name, (Tensor)entry.parameter)));
        foreach (string name in (string[])["model.safetensors", "pytorch_model.bin"])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                Compare(name, path, theirs, comparison);
        }
    }

    // What we write holds their tensors under their names.
    private static void Written(EncoderModel model, string folder, Comparison comparison)
    {
        DirectoryInfo written = Directory.CreateTempSubdirectory("kansformers-golden");
        try
        {
            HuggingFaceModel.Save(model, written.FullName);
            string path = Path.Combine(folder, "model.safetensors");
            using TensorFile ours = StateDictionary.Load(Path.Combine(written.FullName, "model.safetensors"));
            if (File.Exists(path))
                Compare("written", path, ours.Tensors.ToDictionary(tensor => tensor.Name), comparison);
            using EncoderModel again = (EncoderModel)TransformerModel.FromPretrained(written.FullName);
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
            comparison.Add($"{label}: {name}", StateDictionary.ToTensor(tensor), StateDictionary.ToTensor(file[name]), 0);
    }

    private static void Gradients(EncoderModel model, Comparison comparison)
    {
        using var scope = NewDisposeScope();
        model.eval(); // without dropout, whatever config.json says
        Tensor ids = comparison.Expected("input_ids");
        Tensor? mask = Optional("attention_mask"), types = Optional("token_type_ids");
        if (comparison.Has("last_hidden_state"))
            comparison.Add("last_hidden_state", model.Hidden(ids, mask, types), Comparison.Float32);
        comparison.Add("logits", model.forward(ids, mask, types), Comparison.Float32);
        if (!comparison.Has("labels"))
            return;
        Tensor labels = comparison.Expected("labels");
        if (model.Encoder.Head == EncoderHead.Classification)
            labels = labels.reshape(-1); // numbers can be (B, 1)
        TokenBatch batch = new(ids, labels.is_floating_point() ? labels : where(labels.eq(Ignored), full_like(labels, -1), labels)) { Mask = mask, Types = types };
        Tensor loss = model.Loss(batch);
        loss.backward();
        comparison.Add("loss", loss, Comparison.Float32);

        // Every gradient that is expected, and each of ours that is not.
        (string, Tensor)[] gradients = [.. model.named_parameters().Where(entry => entry.parameter.grad is not null).Select(entry => (entry.name, entry.parameter.grad!))];
        foreach ((string name, StoredTensor gradient) in Theirs(model, gradients))
            AddGradient($"grad.{name}", StateDictionary.ToTensor(gradient), comparison);
        string[] missing = [.. comparison.Names.Where(name => name.StartsWith("grad.", StringComparison.Ordinal) && !comparison.Rows.Any(row => row.Name == name))];
        foreach (string name in missing)
            comparison.Add(name, comparison.Expected(name) * double.NaN, 0);
        model.zero_grad();

        Tensor? Optional(string name) => comparison.Has(name) ? comparison.Expected(name) : null;
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
        if (found.Part is ".self.key." or ".k_lin." && name.EndsWith("bias", StringComparison.Ordinal))
            comparison.AddRounding(name, gradient, size, RoundingOfSums);
        else
            comparison.Add(name, gradient, comparison.Expected(name), Comparison.Float32, full_like(gradient, size * RoundingOfSums, dtype: ScalarType.Float64));
    }

    private static Dictionary<string, StoredTensor> Theirs(EncoderModel model, IEnumerable<(string Name, Tensor Value)> tensors) =>
        model.Options.Family.HuggingFace!.ToTheirs([.. tensors.Select(entry => StateDictionary.ToStored(entry.Name, entry.Value))], model.Options, []).ToDictionary(tensor => tensor.Name);
}
