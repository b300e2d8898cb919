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
    /// <summary>The standard deviation of initial weights, GPT-2's unless set, of everything that is not a residual projection.</summary>
    public double Deviation { get; init; } = 0.02;

    public bool IsKan(KanPlacement place) => options.Placement.HasFlag(place);

    /// <summary>A stack of KAN layers; the original gave them no biases.</summary>
    public KanNetwork Kan(params long[] widths) => new(widths, options.Kan, device);

    /// <summary>A layer norm.</summary>
    public LayerNorm Norm(long width, bool hasBias = true) => nn.LayerNorm(width, bias: hasBias, device: device);

    /// <summary>A linear layer; residual projections start smaller, by the depth, as GPT-2's do.</summary>
    public LinearLayer Linear(long from, long to, bool hasBias = true, bool residual = false) =>
        new(from, to, hasBias, residual ? Deviation / Math.Sqrt(2 * options.Layers) : Deviation, device);

    /// <summary>The layer from <paramref name="from"/> to <paramref name="to"/> features for one place of the model.</summary>
    public nn.Module<Tensor, Tensor> For(KanPlacement place, long from, long to, bool hasBias = true, bool residual = false) =>
        IsKan(place) ? Kan(from, to) : Linear(from, to, hasBias, residual);

    /// <summary>A table of vectors: (count, width).</summary>
    public Embedding Embedding(long count, long width)
    {
        // torch's own would be made on the CPU first, with all its weights.
        if (device?.type == DeviceType.META)
        {
            Embedding shape = nn.Embedding(1, 1);
            shape.weight = new Parameter(empty(count, width, device: device));
            return shape;
        }

        Embedding layer = nn.Embedding(count, width, device: device);
        using var guard = no_grad();
        nn.init.normal_(layer.weight!, 0, Deviation);
        return layer;
    }
}
