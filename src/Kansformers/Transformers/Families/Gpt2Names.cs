using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>
/// GPT-2's tensors as Hugging Face names and lays them out, and as minGPT (and so this library) does: with or without the prefix <c>transformer.</c>;
/// the weights of its <c>Conv1D</c> layers are (in, out); the head is the token embedding, which some files repeat.
/// </summary>
internal static class Gpt2Names
{
    private const string Prefix = "transformer.", Head = GptCheckpoint.Head, Embedding = GptCheckpoint.TokenEmbedding;

    private static readonly string[] Conv1D = [".attn.c_attn.weight", ".attn.c_proj.weight", ".mlp.c_fc.weight", ".mlp.c_proj.weight"];

    /// <summary>Whether the two lay the tensor of that name out differently.</summary>
    public static bool IsTransposed(string name) => Conv1D.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    /// <summary>The head and the embedding that a file holds, each null where it lacks it.</summary>
    public static (StoredTensor? Head, StoredTensor? Embedding) Ends(TensorFile weights)
    {
        weights.TryGet(Head, out StoredTensor? head);
        weights.TryGet(HasPrefix(weights) ? Embedding : Embedding[Prefix.Length..], out StoredTensor? embedding);
        return (head, embedding);
    }

    /// <summary>The tensors by our names, and what became of each.</summary>
    /// <param name="weights">The tensors of the folder, by names without wrappers.</param>
    /// <param name="isTied">Whether the head is the embedding.</param>
    /// <param name="changes">Receives a line per tensor.</param>
    public static List<StoredTensor> ToOurs(TensorFile weights, bool isTied, List<TensorChange> changes)
    {
        bool hasPrefix = HasPrefix(weights);
        List<StoredTensor> tensors = [];
        foreach (StoredTensor tensor in weights.Tensors)
        {
            string original = weights.OriginalName(tensor.Name);
            string name = hasPrefix || tensor.Name == Head ? tensor.Name : Prefix + tensor.Name;
            if (GptCheckpoint.IsCausalMask(name))
            {
                changes.Add(new TensorChange(original, null, TensorFate.Dropped));
                continue;
            }

            if (name == Head && isTied)
            {
                changes.Add(new TensorChange(original, Embedding, TensorFate.Tied));
                continue;
            }

            bool turns = IsTransposed(name) && tensor.Shape.Length == 2;
            tensors.Add((turns ? tensor.Transposed() : tensor).WithName(name));
            changes.Add(new TensorChange(original, name, turns ? TensorFate.Transposed : name == original ? TensorFate.Kept : TensorFate.Renamed));
        }

        if (isTied && !changes.Any(change => change.Fate == TensorFate.Tied))
            changes.Add(new TensorChange(null, Head, TensorFate.Tied));
        return tensors;
    }

    private static bool HasPrefix(TensorFile weights) => weights.Tensors.Any(tensor => tensor.Name.StartsWith(Prefix, StringComparison.Ordinal));
}
