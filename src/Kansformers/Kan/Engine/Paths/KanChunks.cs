using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A KAN layer over chunks of tokens: its weights are packed once where its path packs them, their gradient split once.</summary>
internal sealed class KanChunks : IChunkedLayer
{
    private readonly EngineLayer _layer;
    private readonly IEnginePath _path;

    /// <summary>Opens the layer for a pass.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="tokens">The most tokens of a chunk.</param>
    public KanChunks(EngineLayer layer, long tokens)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        _layer = layer;
        _path = EnginePaths.Open(layer, FunctionParameters.Pack(layer.Tensors), GradientRequest.All(layer.Tensors), tokens);
    }

    /// <summary>Whether a layer can be run so: all its parameters multiply the expansion.</summary>
    public static bool Fits(EngineLayer layer) => layer.Tensors.All.All(entry => entry.Value is not Parameter || entry.Key is KanRole.Base or KanRole.Coefficients or KanRole.Scaler);

    /// <inheritdoc/>
    public void Forward(Tensor x, Tensor y) => _path.Forward(new LayerInput(x, x), y);

    /// <inheritdoc/>
    public void Backward(Tensor x, Tensor upstream, Tensor? dx) => _path.Backward(new LayerInput(x, x), upstream, dx is null ? null : new LayerInput(dx, dx));

    /// <inheritdoc/>
    public Tensor?[] WeightGradients()
    {
        KanGradients found = _path.WeightGradients();
        (KanRole Role, Tensor? Gradient)[] all = [(KanRole.Base, found.Base), (KanRole.Coefficients, found.Coefficients), (KanRole.Scaler, found.Scaler)];
        return [.. all.Where(entry => _layer.Tensors.Find(entry.Role) is not null).Select(entry => entry.Gradient)];
    }

    /// <inheritdoc/>
    public void Dispose() => _path.Dispose();
}
