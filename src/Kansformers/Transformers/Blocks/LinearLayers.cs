using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Makes the layers of a transformer: each linear layer asks for its place and gets a KAN or a linear layer.</summary>
/// <param name="options">The placement, the KAN layers' configuration, and the depth.</param>
/// <param name="device">Where parameters are made; null is the CPU.</param>
internal sealed class LinearLayers(ModelOptions options, Device? device)
{
    /// <summary>The standard deviation of initial embeddings, GPT-2's.</summary>
    private const double EmbeddingDeviation = 0.02;

    /// <summary>
    /// The standard deviation of a linear layer's initial weights. Unless set it is GPT-2's, where residual projections start smaller, by the depth.
    /// </summary>
    public Func<LinearShape, double> Deviation { get; init; } = shape => shape.Residual ? EmbeddingDeviation / Math.Sqrt(2 * options.Layers) : EmbeddingDeviation;

    /// <summary>What layer norms add to the variance.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    public bool IsKan(KanPlacement place) => options.Placement.HasFlag(place);

    /// <summary>A stack of KAN layers; the original gave them no biases.</summary>
    public KanStack Kan(params long[] widths) => new(widths, options.Kan, device);

    /// <summary>The two KAN layers of a feed-forward part; what stood between linear ones may be in the second.</summary>
    /// <param name="shape">The first layer.</param>
    /// <param name="activation">What stood between.</param>
    public KanStack KanPair(LinearShape shape, BaseActivation activation) => options.KanActivations != KanActivations.Inside ? Kan(shape.From, shape.To, shape.From)
        : new([new KanLinear(shape.From, shape.To, options.Kan, device), new KanLinear(shape.To, shape.From, options.Kan with { BaseActivation = activation }, device)]);

    /// <summary>Whether activations stay between layers that are KANs.</summary>
    /// <param name="mayBeInside">Whether the second layer can have it.</param>
    public bool KeepsActivation(bool mayBeInside) => options.KanActivations == KanActivations.Between || (options.KanActivations == KanActivations.Inside && !mayBeInside);

    /// <summary>A layer norm.</summary>
    public LayerNorm Norm(long width, bool hasBias = true) => nn.LayerNorm(width, eps: NormEpsilon, bias: hasBias, device: device);

    /// <summary>A linear layer.</summary>
    public LinearLayer Linear(LinearShape shape) => new(shape.From, shape.To, shape.Bias, Deviation(shape), device) { RowParts = shape.RowParts };

    /// <summary>The layer for one place of the model: a KAN, or a linear layer of this shape.</summary>
    public nn.Module<Tensor, Tensor> For(KanPlacement place, LinearShape shape)
    {
        if (!IsKan(place))
            return Linear(shape);
        KanStack network = Kan(shape.From, shape.To);
        network.Layers[0].RowParts = shape.RowParts;
        return network;
    }

    /// <summary>A table of vectors: (count, width).</summary>
    public Embedding Embedding(long count, long width)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        bool hasValues = device?.type != DeviceType.META;
        Embedding layer = hasValues ? nn.Embedding(count, width, device: device) : nn.Embedding(1, 1); // torch's own would be made on the CPU first, with all its weights
        if (hasValues)
            nn.init.normal_(layer.weight!, 0, EmbeddingDeviation);
        else
            layer.weight = new Parameter(empty(count, width, device: device));

        // What the layer holds of its weight is a handle that is made in the scope that is open, with which it would be lost.
        foreach (Parameter parameter in layer.parameters())
            parameter.DetachFromDisposeScope();
        return layer;
    }
}

/// <summary>A linear layer to be made.</summary>
/// <param name="From">Its inputs.</param>
/// <param name="To">Its outputs.</param>
internal sealed record LinearShape(long From, long To)
{
    /// <summary>Whether it has a bias.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether its output is added to the hidden state.</summary>
    public bool Residual { get; init; }

    /// <summary>How many matrices lie one below the other in its weight.</summary>
    public int RowParts { get; init; } = 1;
}
