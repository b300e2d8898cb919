using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A layer norm for single tokens.</summary>
internal sealed unsafe class NormTokens : ITokenLayer
{
    private readonly KeptTensors _kept = new();
    private readonly float* _weight, _bias;
    private readonly double _eps;

    private NormTokens(Tensor weight, Tensor? bias, double eps)
    {
        (Outputs, _eps) = ((int)weight.numel(), eps);
        _weight = _kept.Keep(weight);
        _bias = _kept.Keep(bias);
    }

    /// <inheritdoc/>
    public int Outputs { get; }

    /// <summary>The layer, or null when it is not float32 on the CPU.</summary>
    public static NormTokens? Open(LayerNorm norm)
    {
        using var scope = NewDisposeScope(); // the module makes new handles at every call
        return norm.weight is Tensor weight && weight.device_type == DeviceType.CPU && weight.dtype == ScalarType.Float32 ? new NormTokens(weight, norm.bias, norm.eps) : null;
    }

    /// <inheritdoc/>
    public void Run(float* x, float* y) => RowNorm.Run(x, Outputs, _eps, _weight, _bias, y);

    /// <inheritdoc/>
    public void Dispose() => _kept.Dispose();
}
