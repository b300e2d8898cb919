using System.Collections.Immutable;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>
/// A weight file as our models name its tensors: without the parts that wrappers and training put before names, and with the architecture in its header
/// where the file tells it in another way. What could be taken in two ways is noted.
/// </summary>
internal static class GptFile
{
    /// <summary>Where a PyTorch file of ours tells the architecture that no names and shapes tell.</summary>
    public const string ArchitectureKey = "kansformers";

    /// <summary>The file under our names; itself when it is so already. It owns the one given.</summary>
    /// <exception cref="KansformersException">What it says of its architecture cannot be, or does not fit its tensors.</exception>
    public static TensorFile Of(TensorFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Notes is not null)
            return file;
        TensorFile ours = WithoutPrefix(WrappedNames.Strip(file));
        if (!ours.TryGet(GptCheckpoint.TokenEmbedding, out StoredTensor? embedding))
            return ours.With(ours.Metadata, []);
        List<FileNote> notes = [];
        GptOptions? inHeader = GptMetadata.Read(ours), told = inHeader ?? InContent(ours) ?? NanoGpt.Read(ours, notes);
        bool isTied = !ours.TryGet(GptCheckpoint.Head, out StoredTensor? head) || head.Same(embedding);
        if (told is null && ours.TryGet("transformer.h.0.mlp.c_fc.weight", out _) && UntoldGelu(HasBiases(ours), isTied) is string untold)
            notes.Add(new FileNote($"'{ours.Path}' {untold}", IsAboutGelu: true));
        if (told is { TiedHead: true } && !isTied)
        {
            notes.Add(Untied(ours.Path, inHeader is null && ours.Content?.TryGet(ArchitectureKey, out _) is not true ? "nanoGPT has it" : "its header says"));
            told = told with { TiedHead = false };
        }

        return ours.With(told is null || told == inHeader ? ours.Metadata : ours.Metadata.SetItem(GptMetadata.Key, GptMetadata.Text(told)), [.. notes]);
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
        (true, true) => "does not tell its GELU: it is taken in GPT-2's tanh form; --gelu exact is for nanoGPT's since June 2023",
        _ => "does not tell its GELU: it is taken as exact, for it has no biases, as with nanoGPT; --gelu tanh overrides",
    };

    // A training checkpoint of ours holds moments of the optimizer beside the model; elsewhere what lies beside it is a mistake that loading tells.
    private static TensorFile WithoutPrefix(TensorFile file)
    {
        const string prefix = GptCheckpoint.CheckpointPrefix;
        if (file.TryGet(GptCheckpoint.TokenEmbedding, out _) || !file.TryGet(prefix + GptCheckpoint.TokenEmbedding, out _))
            return file;
        bool isOurs = file.Metadata.ContainsKey("progress");
        return file.Renamed(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal) ? tensor.Name[prefix.Length..] : isOurs ? null : tensor.Name);
    }

    private static GptOptions? InContent(TensorFile file) =>
        file.Content?.TryGet(ArchitectureKey, out object? text) is true && text is string json
            ? GptMetadata.Parse(json, $"'{file.Path}': the architecture under '{ArchitectureKey}'")
            : null;
}
