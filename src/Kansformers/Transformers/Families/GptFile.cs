using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>What GPTs' weight files tell of their architecture beside our header, and what of it could be taken in two ways.</summary>
internal static class GptFile
{
    /// <summary>The architecture that a file tells; null for none.</summary>
    /// <param name="file">The file, by our names.</param>
    /// <param name="told">The architecture that it tells as our files do; null for none.</param>
    /// <param name="notes">Gets what is to be said.</param>
    /// <exception cref="KansformersException">What it says of its architecture cannot be, or does not fit its tensors.</exception>
    public static GptOptions? Settle(TensorFile file, GptOptions? told, List<FileNote> notes)
    {
        if (!file.TryGet(GptCheckpoint.TokenEmbedding, out StoredTensor? embedding))
            return told;
        bool isOurs = told is not null;
        told ??= NanoGpt.Read(file, notes);
        bool isTied = !file.TryGet(GptCheckpoint.Head, out StoredTensor? head) || head.Same(embedding);
        if (told is null && file.TryGet("transformer.h.0.mlp.c_fc.weight", out _) && UntoldGelu(HasBiases(file), isTied) is string untold)
            notes.Add(new FileNote($"'{file.Path}' {untold}", IsAboutGelu: true));
        if (told is not { TiedHead: true } || isTied)
            return told;
        notes.Add(Untied(file.Path, isOurs ? "its header says" : "nanoGPT has it"));
        return told with { TiedHead = false };
    }

    /// <summary>Whether the linear layers or norms of a file have biases.</summary>
    public static bool HasBiases(TensorFile file) => file.Tensors.Any(tensor =>
        tensor.Name.StartsWith("transformer.", StringComparison.Ordinal) && tensor.Name.EndsWith(".bias", StringComparison.Ordinal) && !GptCheckpoint.IsCausalMask(tensor.Name));

    /// <summary>What there is to say when a head that should be tied has values of its own.</summary>
    /// <param name="path">The file.</param>
    /// <param name="teller">Who says that it is tied.</param>
    public static FileNote Untied(string path, string teller) => new(
        $"'{path}': {teller} that the head is tied to the token embedding, but lm_head.weight and wte.weight differ; both count, lm_head.weight for the logits and wte.weight for the tokens that go in, and the head is not tied");

    // minGPT's models have biases and no tied head.
    private static string? UntoldGelu(bool hasBiases, bool isTied) => (hasBiases, isTied) switch
    {
        (true, false) => null,
        (true, true) => "does not tell its GELU: it is taken in GPT-2's tanh form; ModelHints.Gelu = Exact is for nanoGPT's since June 2023",
        _ => "does not tell its GELU: it is taken as exact, for it has no biases, as with nanoGPT; ModelHints.Gelu = Tanh overrides",
    };
}
