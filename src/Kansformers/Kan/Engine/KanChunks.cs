using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A KAN layer over chunks of tokens: the combined weight is made once, its gradient split once.</summary>
internal sealed class KanChunks : IChunkedLayer
{
    private readonly EngineLayer _layer;
    private readonly IDenseLayer _dense;

    private KanChunks(EngineLayer layer, long tokens)
    {
        _layer = layer;
        _dense = DenseLayers.Open(layer, FunctionParameters.Pack(layer.Tensors), KanWanted.All(layer.Tensors), tokens);
    }

    /// <summary>Whether a layer can be run so: all its parameters multiply the expansion.</summary>
    public static bool Fits(EngineLayer layer) => layer.Tensors.All.All(entry => entry.Value is not Parameter || entry.Key is KanRole.Base or KanRole.Coefficients or KanRole.Scaler);

    /// <summary>The layer, opened for a pass.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="tokens">The most tokens of a chunk.</param>
    public static IChunkedLayer Open(EngineLayer layer, long tokens)
    {
        using var guard = no_grad();
        return SparseSplines.Pays(layer, tokens) ? new SparseChunks(layer) : new KanChunks(layer, tokens);
    }

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y) => _dense.Forward(new LayerInput(x, x), y);

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx) => _dense.Backward(new LayerInput(x, x), upstream, dx is null ? null : new LayerInput(dx, dx));

    /// <inheritdoc/>
    public Tensor?[] WeightGradients() => InOrder(_dense.WeightGradients(), _layer.Tensors);

    /// <inheritdoc/>
    public void Dispose() => _dense.Dispose();

    /// <summary>The gradients in the order of the layer's parameters.</summary>
    internal static Tensor?[] InOrder(KanGradients found, KanTensors tensors) =>
    [
        .. ((KanRole Role, Tensor? Gradient)[])[(KanRole.Base, found.Base), (KanRole.Coefficients, found.Coefficients), (KanRole.Scaler, found.Scaler)] is var all
            ? all.Where(entry => tensors.Find(entry.Role) is not null).Select(entry => entry.Gradient) : [],
    ];
}

/// <summary>A KAN layer on a large grid over chunks of tokens.</summary>
internal sealed class SparseChunks(EngineLayer layer) : IChunkedLayer
{
    private readonly KanWanted _wanted = KanWanted.All(layer.Tensors);
    private KanGradients? _sum;

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y)
    {
        using Tensor result = SparseSplines.Forward(layer, x);
        y.copy_(result);
    }

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx)
    {
        using var scope = NewDisposeScope();
        KanGradients found = SparseSplines.Backward(layer, x, upstream, _wanted with { Input = dx is not null });
        dx?.copy_(found.Input!);
        if (_sum is KanGradients sum)
        {
            sum.Base?.add_(found.Base!);
            sum.Coefficients?.add_(found.Coefficients!);
            sum.Scaler?.add_(found.Scaler!);
            return;
        }

        found.Base?.DetachFromDisposeScope();
        found.Coefficients?.DetachFromDisposeScope();
        found.Scaler?.DetachFromDisposeScope();
        _sum = found with { Input = null };
    }

    /// <inheritdoc/>
    public Tensor?[] WeightGradients() => KanChunks.InOrder(_sum ?? default, layer.Tensors);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The gradients belong to whoever has asked for them.
    }
}
