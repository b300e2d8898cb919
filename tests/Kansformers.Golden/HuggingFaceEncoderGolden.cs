using Kansformers.Checkpoints;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>A golden folder of an encoder in Hugging Face's layout: every weight file, hidden states, logits, loss, every gradient, and the folder as we write it.</summary>
internal static class HuggingFaceEncoderGolden
{
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
        HuggingFaceFolders.SameWeights(model, folder, comparison);
        HuggingFaceFolders.Written(model, folder, comparison);
        if (expected is not null)
            Gradients(model, comparison);
        return new GoldenReport(folder, $"hf_{model.Options.Family.Name}", comparison.Rows);
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
        TokenBatch batch = new(ids, labels.is_floating_point() ? labels : where(labels.eq(HuggingFaceFolders.Ignored), full_like(labels, -1), labels)) { Mask = mask, Types = types };
        Tensor loss = model.Loss(batch);
        loss.backward();
        comparison.Add("loss", loss, Comparison.Float32);

        HuggingFaceFolders.Gradients(model, comparison);
        model.zero_grad();

        Tensor? Optional(string name) => comparison.Has(name) ? comparison.Expected(name) : null;
    }
}
