using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Makes the linear layers of a transformer: each asks for its place and gets a KAN or a linear layer.</summary>
internal sealed class LinearLayers(GptOptions options, Device? device)
{
    // GPT-2's initialisation of everything that is not a residual projection.
    private const double Deviation = 0.02;

    public bool IsKan(KanPlacement place) => options.Placement.HasFlag(place);

    /// <summary>A stack of KAN layers; the original gave them no biases.</summary>
    public KanNetwork Kan(params long[] widths) => new(widths, options.Kan, device);

    /// <summary>A layer norm over the width.</summary>
    public LayerNorm Norm() => nn.LayerNorm(options.Width, bias: options.Biases, device: device);

    /// <summary>A linear layer with GPT-2's initial weights; residual projections start smaller, by the depth.</summary>
    public LinearLayer Linear(long from, long to, bool hasBias = true, bool residual = false) =>
        new(from, to, hasBias && options.Biases, residual ? Deviation / Math.Sqrt(2 * options.Layers) : Deviation, device);

    /// <summary>The layer from <paramref name="from"/> to <paramref name="to"/> features for one place of the model.</summary>
    public nn.Module<Tensor, Tensor> For(KanPlacement place, long from, long to, bool hasBias = true, bool residual = false) =>
        IsKan(place) ? Kan(from, to) : Linear(from, to, hasBias, residual);

    public Embedding Embedding(long count, long width)
    {
        Embedding layer = nn.Embedding(count, width, device: device);
        using var guard = no_grad();
        nn.init.normal_(layer.weight!, 0, Deviation);
        return layer;
    }
}
