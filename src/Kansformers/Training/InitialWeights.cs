using Kansformers.Checkpoints;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Gives a model the weights that its training begins from.</summary>
internal static class InitialWeights
{
    private const string Head = "head.";

    /// <summary>Copies the weights. Where the model is to end in something else than they were made for, its head stays as it is, at random.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">A weight file, or a folder in Hugging Face's layout.</param>
    /// <returns>What there is to say of it; null for nothing.</returns>
    /// <exception cref="KansformersException">The file cannot be read, or is of another architecture.</exception>
    public static string? Load(TransformerModel model, string path)
    {
        if (model.Options is not EncoderOptions wanted || Stored(path) is not EncoderOptions stored || HasHeadOf(stored, wanted))
        {
            ModelFile.LoadInto(model, path);
            return null;
        }

        using var scope = NewDisposeScope();
        using TransformerModel source = stored.Family.Create(wanted with { Head = stored.Head, Labels = stored.Labels, LabelNames = stored.LabelNames, TiedHead = stored.TiedHead });
        ModelFile.LoadInto(source, path);
        using var guard = no_grad();
        Dictionary<string, Tensor> from = source.state_dict();
        foreach ((string name, Tensor tensor) in model.state_dict())
        {
            if (!name.StartsWith(Head, StringComparison.Ordinal))
                tensor.copy_(from[name]);
        }

        return $"head    the weights of '{path}' end in {(stored.Head == EncoderHead.None ? "" : "a ")}{stored.HeadWords}; the {wanted.HeadWords} begins at random, all else with these weights";
    }

    private static ModelOptions Stored(string path)
    {
        using ModelFile file = ModelFile.Open(path);
        return file.Options();
    }

    private static bool HasHeadOf(EncoderOptions stored, EncoderOptions wanted) => stored.Head == wanted.Head
        && (!wanted.HasLabels || (stored.Labels == wanted.Labels && (wanted is { Head: EncoderHead.Classification, Labels: 1 } || AreLabelsOf(stored, wanted))));

    // Labels without names are numbered; to give them others would be a guess.
    private static bool AreLabelsOf(EncoderOptions stored, EncoderOptions wanted) => stored.LabelNames?.Equals(wanted.LabelNames)
        ?? (wanted.LabelNames is null || wanted.LabelNames.Select((name, label) => name == FormattableString.Invariant($"{label}") || name == LabelNames.Unnamed(label)).All(same => same));
}
