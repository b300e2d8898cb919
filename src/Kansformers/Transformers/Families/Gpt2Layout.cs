using System.Collections.Immutable;
using System.Text.Json;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>GPT-2 in Hugging Face's layout.</summary>
internal sealed class Gpt2Layout : HuggingFaceLayout
{
    public override string ModelType => "gpt2";

    public override ModelOptions Read(HuggingFaceFolder folder) => Gpt2Config.Read(folder);

    public override void Write(Utf8JsonWriter json, ModelOptions options) => Gpt2Config.Write(json, (GptOptions)options);

    // A head of its own counts, whatever the configuration says.
    public override ModelOptions Settle(HuggingFaceFolder folder, TensorFile weights, ModelOptions options, List<FileNote> notes)
    {
        GptOptions gpt = (GptOptions)options;
        (StoredTensor? head, StoredTensor? embedding) = Gpt2Names.Ends(weights);
        if (!gpt.TiedHead || head is null || embedding is null || head.Same(embedding))
            return gpt;
        notes.Add(GptFile.Untied(folder.Folder, "config.json says, or leaves it to the default,"));
        return gpt with { TiedHead = false };
    }

    public override List<StoredTensor> ToOurs(TensorFile weights, ModelOptions options, List<TensorChange> changes) =>
        Gpt2Names.ToOurs(weights, ((GptOptions)options).TiedHead, changes);

    public override List<StoredTensor> ToTheirs(IReadOnlyList<StoredTensor> tensors, ModelOptions options, List<TensorChange> changes)
    {
        List<StoredTensor> written = [];
        foreach (StoredTensor tensor in tensors)
        {
            bool turns = Gpt2Names.IsTransposed(tensor.Name);
            written.Add(turns ? tensor.Transposed() : tensor);
            changes.Add(new TensorChange(tensor.Name, tensor.Name, turns ? TensorFate.Transposed : TensorFate.Kept));
        }

        if (((GptOptions)options).Biases)
            return written;

        // Their class always has biases: zeros change nothing.
        StoredType type = tensors[0].Type;
        ModelDescription withBiases = ModelDescription.Of((GptOptions)options with { Biases = true });
        foreach (TensorDescription bias in withBiases.Tensors.Where(tensor => tensor.Name.EndsWith(".bias", StringComparison.Ordinal)))
        {
            written.Add(StoredTensor.Create(bias.Name, type, bias.Shape, new byte[type.Size() * bias.Shape[0]]));
            changes.Add(new TensorChange(null, bias.Name, TensorFate.Added));
        }

        return written;
    }

    public override void RequireAgreement(TensorFile weights, ModelOptions options) =>
        GptSizes.RequireAgreement(weights.Path, "config.json", (GptOptions)options, (GptOptions)ModelFile.Infer(weights));
}
