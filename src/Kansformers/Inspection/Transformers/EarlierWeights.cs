using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Inspection;

/// <summary>Weights of a model at other times, earlier snapshots of a run say, whose curves are drawn beside the present ones (<see cref="CurvePictureOptions.Before"/>).</summary>
public sealed class EarlierWeights : IDisposable
{
    private readonly List<(string Source, TransformerModel Model)> _models = [];

    private EarlierWeights()
    {
    }

    /// <summary>Opens them.</summary>
    /// <param name="sources">The earliest first: weight files, run folders (their best weights), or what else <see cref="ModelSource.Open"/> takes.</param>
    /// <exception cref="KansformersException">One cannot be read or brought.</exception>
    public static EarlierWeights Open(IEnumerable<string> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        EarlierWeights opened = new();
        try
        {
            foreach (string source in sources)
                opened._models.Add((source, ModelSource.Open(source).LoadModel()));
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A layer at those times; it may have had another grid, since a curve is a curve. Of use until this is disposed.</summary>
    /// <param name="layer">The layer as it is now.</param>
    /// <exception cref="KansformersException">One of the models has no such layer: it is of another architecture.</exception>
    public IReadOnlyList<FunctionLayer> Of(FunctionLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return [.. _models.Select(entry => FunctionLayer.Of(entry.Model).FirstOrDefault(other => IsSame(layer, other)) ?? throw new KansformersException(
            $"'{entry.Source}' has no layer '{layer.Name}' of {layer.Inputs} inputs and {layer.Outputs} outputs, {(layer.IsEdge ? "a function for each edge" : $"{layer.Functions} functions")}"
            + $"{(layer.IsNormed ? ", behind a layer norm" : "")}; give weights of the same architecture"))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((string _, TransformerModel model) in _models)
            model.Dispose();
        _models.Clear();
    }

    private static bool IsSame(FunctionLayer one, FunctionLayer other) =>
        (one.Name, one.Inputs, one.Outputs, one.IsEdge, one.Functions, one.IsNormed) == (other.Name, other.Inputs, other.Outputs, other.IsEdge, other.Functions, other.IsNormed);
}
