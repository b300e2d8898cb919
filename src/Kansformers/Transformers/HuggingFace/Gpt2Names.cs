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

    /// <summary>The tensors by our names, and what became of each.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">The architecture; a head that is said to be tied but has values of its own is not.</param>
    /// <param name="changes">Receives a line per tensor.</param>
    public static List<StoredTensor> ToOurs(HuggingFaceFolder folder, ref GptOptions options, List<TensorChange> changes)
    {
        bool hasPrefix = folder.Weights.Tensors.Any(tensor => tensor.Name.StartsWith(Prefix, StringComparison.Ordinal));
        List<StoredTensor> tensors = [];
        foreach (StoredTensor tensor in folder.Weights.Tensors)
        {
            string name = hasPrefix || tensor.Name == Head ? tensor.Name : Prefix + tensor.Name;
            if (GptCheckpoint.IsCausalMask(name))
            {
                changes.Add(new TensorChange(tensor.Name, null, TensorFate.Dropped));
                continue;
            }

            if (name == Head && options.TiedHead && folder.Weights.TryGet(hasPrefix ? Embedding : Embedding[Prefix.Length..], out StoredTensor? embedding))
            {
                if (Same(tensor, embedding))
                {
                    changes.Add(new TensorChange(tensor.Name, Embedding, TensorFate.Tied));
                    continue;
                }

                options = options with { TiedHead = false };
            }

            bool turns = IsTransposed(name) && tensor.Shape.Length == 2;
            tensors.Add((turns ? tensor.Transposed() : tensor).WithName(name));
            changes.Add(new TensorChange(tensor.Name, name, turns ? TensorFate.Transposed : name == tensor.Name ? TensorFate.Kept : TensorFate.Renamed));
        }

        if (options.TiedHead && !changes.Any(change => change.Fate == TensorFate.Tied))
            changes.Add(new TensorChange(null, Head, TensorFate.Tied));
        return tensors;
    }

    private static bool Same(StoredTensor a, StoredTensor b)
    {
        if (a.Type != b.Type || !a.Shape.SequenceEqual(b.Shape))
            return false;
        const int part = 1 << 20;
        byte[] first = new byte[part], second = new byte[part];
        for (long at = 0; at < a.ByteLength; at += part)
        {
            int length = (int)Math.Min(part, a.ByteLength - at);
            a.Read(at, first.AsSpan(0, length));
            b.Read(at, second.AsSpan(0, length));
            if (!first.AsSpan(0, length).SequenceEqual(second.AsSpan(0, length)))
                return false;
        }

        return true;
    }
}
