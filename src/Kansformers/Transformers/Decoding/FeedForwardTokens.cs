using System.Numerics;
using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>GELU between two layers, for single tokens.</summary>
internal sealed unsafe class GeluTokens(int width, GeluForm form) : ITokenLayer
{
    /// <inheritdoc/>
    public int Outputs => width;

    /// <inheritdoc/>
    public void Run(float* x, float* y)
    {
        if (form == GeluForm.Exact)
            Exact(x, y);
        else
            ByTanh(x, y);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    // x / 2 (1 + erf(x / sqrt 2)), erf by Abramowitz and Stegun's 7.1.26, whose error is below 1.5e-7.
    private void Exact(float* x, float* y)
    {
        for (int i = 0; i < width; i++)
        {
            double at = Math.Abs(x[i]) / Math.Sqrt(2), t = 1 / (1 + 0.3275911 * at);
            double tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.Exp(-at * at);
            y[i] = (float)(x[i] > 0 ? x[i] * (1 - tail / 2) : x[i] * (tail / 2));
        }
    }

    // x / 2 (1 + tanh(u)) = x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x^3).
    private void ByTanh(float* x, float* y)
    {
        const double twice = -1.5957691216057308;
        int at = 0;
        for (; at + Vector<float>.Count <= width; at += Vector<float>.Count)
        {
            Vector<float> value = Vector.Load(x + at), cubic = Vector.FusedMultiplyAdd(value * value * value, new Vector<float>(0.044715f), value);
            Vector.Store(value / (Vector<float>.One + Vector.Exp(cubic * (float)twice)), y + at);
        }

        for (; at < width; at++)
            y[at] = (float)(x[at] / (1 + Math.Exp(twice * (x[at] + 0.044715 * x[at] * x[at] * x[at]))));
    }
}
