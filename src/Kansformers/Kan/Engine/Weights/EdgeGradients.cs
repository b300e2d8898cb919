using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Splits the gradient of scaler · spline weight, edge by edge, into those of the spline weight and of the scaler.</summary>
internal readonly unsafe struct EdgeGradients
{
    private readonly float* _spline, _scaler, _toSpline, _toScaler;
    private readonly bool _addsSpline, _addsScaler;
    private readonly int _bases;

    /// <param name="spline">(out, in, bases), contiguous; the scaler's gradient needs it. It must outlive this object, as all tensors must.</param>
    /// <param name="scaler">(out, in), contiguous, or null.</param>
    /// <param name="splineGradient">(out, in, bases), or null when not wanted.</param>
    /// <param name="scalerGradient">(out, in), or null when not wanted.</param>
    public EdgeGradients(Tensor spline, Tensor? scaler, GradientTarget? splineGradient, GradientTarget? scalerGradient)
    {
        _spline = Address(spline);
        _scaler = Address(scaler);
        _toSpline = Address(splineGradient?.Tensor);
        _toScaler = Address(scalerGradient?.Tensor);
        (_addsSpline, _addsScaler) = (splineGradient is { Adds: true }, scalerGradient is { Adds: true });
        _bases = (int)spline.shape[2];
    }

    /// <summary>Whether either gradient is wanted.</summary>
    public bool AreWanted => _toSpline is not null || _toScaler is not null;

    /// <summary>Writes or adds the gradients of one edge.</summary>
    /// <param name="edge">output · in + input.</param>
    /// <param name="slope">The gradient of the edge's scaled coefficients.</param>
    public void Write(nint edge, float* slope)
    {
        float factor = _scaler is null ? 1 : _scaler[edge];
        if (_toScaler is not null)
            _toScaler[edge] = VectorMath.Dot(slope, _spline + edge * _bases, _bases) + (_addsScaler ? _toScaler[edge] : 0);
        if (_toSpline is null)
            return;
        if (_addsSpline)
            VectorMath.AddScaled(slope, factor, _toSpline + edge * _bases, _bases);
        else
            VectorMath.Scale(slope, factor, _toSpline + edge * _bases, _bases);
    }

    /// <summary>Asks for what <see cref="Write"/> needs of some edges.</summary>
    public void Prefetch(nint edge, int count)
    {
        if (_scaler is not null)
            VectorMath.Prefetch(_scaler + edge, count);
        if (_toScaler is not null)
        {
            VectorMath.Prefetch(_toScaler + edge, count);
            VectorMath.Prefetch(_spline + edge * _bases, count * _bases);
        }

        if (_toSpline is not null)
            VectorMath.Prefetch(_toSpline + edge * _bases, count * _bases);
    }

    private static float* Address(Tensor? tensor) => tensor is null ? null : (float*)RawMemory.Pointer(tensor);
}
