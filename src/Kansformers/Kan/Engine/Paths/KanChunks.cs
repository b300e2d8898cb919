using Kansformers.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A KAN layer over chunks of tokens: its weights are packed once where its path packs them, their gradient split once.</summary>
internal sealed class KanChunks : IChunkedLayer
{
    private readonly EngineLayer _layer;
    private readonly OpenLayer _open;
    private readonly Tensor? _parameters;
    private Tensor? _bias;

    /// <summary>Opens the layer for a pass.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="tokens">The most tokens of a chunk.</param>
    public KanChunks(EngineLayer layer, long tokens)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        _layer = layer;
        _parameters = FunctionParameters.Pack(layer.Tensors)?.DetachFromDisposeScope();
        _open = new OpenLayer(layer, _parameters, GradientRequest.All(layer.Tensors), tokens);
    }

    /// <summary>A layer's parameters, in the order of <see cref="WeightGradients"/>.</summary>
    public static IReadOnlyList<Parameter> ParametersOf(KanTensors tensors) => [.. Learned(tensors).Select(entry => (Parameter)entry.Value)];

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y) => _open.Forward(x, y);

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx)
    {
        using var scope = NewDisposeScope();
        _open.Backward(x, upstream, dx);
        if (!IsWanted(KanRole.Bias) && !IsWanted(KanRole.BaseBias))
            return;
        Tensor sum = upstream.sum([0L]);
        _bias = _bias is null ? sum.DetachFromDisposeScope() : _bias.add_(sum);
    }

    /// <inheritdoc/>
    public Tensor?[] WeightGradients()
    {
        KanGradients found = _open.Gradients();
        return [.. Learned(_layer.Tensors).Select(entry => entry.Value.requires_grad ? GradientOf(entry.Key, entry.Value, found) : null)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _open.Dispose();
        _parameters?.Dispose();
        _bias?.Dispose();
    }

    private static IEnumerable<KeyValuePair<KanRole, Tensor>> Learned(KanTensors tensors) => tensors.All.Where(entry => entry.Value is Parameter);

    private bool IsWanted(KanRole role) => _layer.Tensors.Find(role)?.requires_grad ?? false;

    private Tensor? GradientOf(KanRole role, Tensor parameter, KanGradients found) => role switch
    {
        KanRole.Base => found.Base,
        KanRole.Coefficients => found.Coefficients,
        KanRole.Scaler => found.Scaler,
        KanRole.NormWeight => found.NormWeight,
        KanRole.NormBias => found.NormBias,
        KanRole.Bias or KanRole.BaseBias => (_bias ?? zeros(_layer.Outputs)).reshape(parameter.shape).clone(),
        _ => OfFunctions(role, parameter, found.Parameters!),
    };

    private Tensor OfFunctions(KanRole role, Tensor parameter, Tensor found)
    {
        Tensor gradient = empty_like(parameter, requires_grad: false);
        FunctionParameters.Take(_layer.Tensors, role, RawMemory.Span<float>(found), RawMemory.Span<float>(gradient), adds: false);
        return gradient;
    }
}
