using System.Globalization;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>
/// Checkpoints of nanoGPT, <c>{'model', 'optimizer', 'model_args', 'iter_num', 'best_val_loss', 'config'}</c>. Its names and shapes are minGPT's; biases may
/// lack, the head is the token embedding since January 2023, and the GELU is exact since June 2023.
/// </summary>
internal static class NanoGpt
{
    public const string ArgumentsKey = "model_args";

    /// <summary>The architecture; null when the file is none of nanoGPT's.</summary>
    /// <param name="file">A file under our names.</param>
    /// <param name="notes">Receives how the GELU was taken.</param>
    /// <exception cref="KansformersException">An argument is missing or wrong, or does not fit the weights.</exception>
    public static GptOptions? Read(TensorFile file, List<FileNote> notes)
    {
        if (file.Content?.TryGet(ArgumentsKey, out object? value) is not true)
            return null;
        Reader arguments = new(file.Path, value as PickleDictionary ?? throw new KansformersException($"'{file.Path}': its '{ArgumentsKey}' are no dictionary; save the checkpoint again"));
        GptOptions weights = GptCheckpoint.Sizes(file);
        bool? bias = arguments.Truth("bias");
        double dropout = arguments.Number("dropout") ?? 0;
        GptOptions told = weights with
        {
            Layers = arguments.Integer("n_layer") ?? weights.Layers,
            Heads = arguments.Integer("n_head") ?? throw arguments.Fault("n_head", "is missing"),
            Width = arguments.Integer("n_embd") ?? weights.Width,
            BlockSize = arguments.Integer("block_size") ?? weights.BlockSize,
            VocabularySize = arguments.Integer("vocab_size") ?? weights.VocabularySize,
            EmbeddingDropout = dropout,
            ResidualDropout = dropout,
            AttentionDropout = dropout,
            Placement = KanPlacement.None,
            // The argument is two weeks younger than the tied head: without it either may be, and the file shows which.
            TiedHead = bias is not null || GptCheckpoint.IsTied(file),
            Biases = bias ?? true,
        };
        if (told.Biases != GptFile.HasBiases(file))
            throw arguments.Fault("bias", $"is {(told.Biases ? "True" : "False")}, but the weights have {(told.Biases ? "none" : "some")}");
        GptSizes.RequireAgreement(file.Path, ArgumentsKey, told, weights);
        string? older = bias is null ? $"'{ArgumentsKey}' without 'bias'" : DecaysNoEmbeddings(file, told.Layers) ? "an optimizer that does not decay embeddings" : null;
        notes.Add(new FileNote(
            older is null
                ? $"'{file.Path}' is a checkpoint of nanoGPT: the GELU is taken as exact, as it is there since June 2023; ModelHints.Gelu = Tanh is for older ones"
                : $"'{file.Path}' is a checkpoint of nanoGPT before June 2023, as {older} tells: the GELU is taken in its tanh form; ModelHints.Gelu = Exact overrides",
            IsAboutGelu: true));
        return Valid(file, told with { Gelu = older is null ? GeluForm.Exact : GeluForm.Tanh });
    }

    /// <summary>The arguments that nanoGPT's class takes.</summary>
    public static PickleDictionary Arguments(GptOptions options)
    {
        PickleDictionary arguments = new();
        foreach ((string name, object value) in ((string, object)[])
            [("n_layer", options.Layers), ("n_head", options.Heads), ("n_embd", options.Width), ("block_size", options.BlockSize), ("bias", options.Biases), ("vocab_size", options.VocabularySize), ("dropout", options.ResidualDropout)])
            arguments.Set(name, value);
        return arguments;
    }

    // Until May 2023 only the four matrices of each block decayed, since then both embeddings, too.
    private static bool DecaysNoEmbeddings(TensorFile file, int layers)
    {
        if (file.Content?.TryGet("optimizer", out object? optimizer) is not true || optimizer is not PickleDictionary state
            || !state.TryGet("param_groups", out object? value) || value is not PickleList { Count: 2 } groups)
            return false;
        int[] counts = [.. groups.Select(group => group is PickleDictionary one && one.TryGet("params", out object? members) && members is PickleList list ? list.Count : -1)];
        int learned = file.Tensors.Count(tensor => !GptCheckpoint.IsCausalMask(tensor.Name) && tensor.Name != GptCheckpoint.Head);
        return counts[0] == 4 * layers && counts[1] == learned - counts[0];
    }

    private static GptOptions Valid(TensorFile file, GptOptions options)
    {
        try
        {
            options.Validate();
            return options;
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"'{file.Path}': in '{ArgumentsKey}' {failure.Message}", failure);
        }
    }

    /// <summary>Typed access to the arguments; null for one that is absent or None.</summary>
    private sealed class Reader(string path, PickleDictionary arguments)
    {
        public int? Integer(string name) => Value(name) switch
        {
            null => null,
            long number and >= 0 and <= int.MaxValue => (int)number,
            object value => throw Fault(name, $"is {Text(value)}, which is no whole number of that kind"),
        };

        public double? Number(string name) => Value(name) switch
        {
            null => null,
            long number => number,
            double number => number,
            object value => throw Fault(name, $"is {Text(value)}, which is no number"),
        };

        public bool? Truth(string name) => Value(name) switch
        {
            null => null,
            bool truth => truth,
            object value => throw Fault(name, $"is {Text(value)}, which is neither True nor False"),
        };

        public KansformersException Fault(string name, string problem) => new($"'{path}': '{name}' in '{ArgumentsKey}' {problem}");

        private object? Value(string name) => arguments.TryGet(name, out object? value) ? value : null;

        private static string Text(object value) => Readable.Text(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
    }
}
