using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A linear layer for single tokens: its weights are read once, where they are.</summary>
internal sealed unsafe class LinearTokens : ITokenLayer
{
    private readonly KeptTensors _kept = new();
    private readonly float* _weight, _bias;
    private readonly nint _inputs;
    private readonly Action<int, int> _run;
    private float* _x, _y;

    private LinearTokens(Tensor weight, Tensor? bias)
    {
        (Outputs, _inputs) = ((int)weight.shape[0], (nint)weight.shape[1]);
        _weight = _kept.Keep(weight);
        _bias = _kept.Keep(bias);
        _run = (first, last) =>
        {
            for (int o = first; o < last; o++)
                _y[o] = RowProducts.Dot(_weight + o * _inputs, _x, _inputs) + (_bias is null ? 0 : _bias[o]);
        };
    }

    /// <inheritdoc/>
    public int Outputs { get; }

    /// <summary>The layer, or null when it is not float32 on the CPU.</summary>
    public static LinearTokens? Open(Tensor weight, Tensor? bias, Precision precision) =>
        precision == Precision.Float32 && weight.device_type == DeviceType.CPU && weight.dtype == ScalarType.Float32 ? new LinearTokens(weight, bias) : null;

    /// <inheritdoc/>
    public void Run(float* x, float* y)
    {
        _x = x;
        _y = y;
        Rows.Run(Outputs, _inputs, _run);
    }

    /// <inheritdoc/>
    public void Dispose() => _kept.Dispose();
}
