using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Transformers;

/// <summary>
/// RMS norm and causal depthwise convolution of a run of tokens of one sequence: n[t] = x[t] / sqrt(mean(x[t]²) + ε),
/// y[t, c] = n[t, c] + Σ_k w[k, c] · n[t - k, c].
/// </summary>
/// <param name="width">Channels.</param>
/// <param name="kernel">Tokens that a token sees; 0 for the norm alone.</param>
/// <param name="norm">Whether rows are normed; else n = x.</param>
internal readonly unsafe struct ConvolutionRows(int width, int kernel, bool norm)
{
    /// <summary>The output of some tokens.</summary>
    /// <param name="x">The first token of the sequence.</param>
    /// <param name="weights">(kernel, width), the first row greater by 1 for the residual.</param>
    /// <param name="tokens">Which tokens, counted from the sequence's first.</param>
    /// <param name="y">The first token's output.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward<TSimd>(float* x, float* weights, Range tokens, float* y)
        where TSimd : struct, ISimd<TSimd>
    {
        (int first, int last) = (tokens.Start.Value, tokens.End.Value);
        int taps = Math.Max(kernel, 1);
        float* factors = stackalloc float[taps]; // of the token itself, the one before, and so on
        for (int t = Math.Max(0, first - taps + 1); t < last; t++)
        {
            for (int k = taps - 1; k > 0; k--)
                factors[k] = factors[k - 1];
            float* row = x + (nint)t * width;
            factors[0] = Factor<TSimd>(row);
            if (t < first)
                continue;
            if (kernel == 0)
                Kan.VectorMath.Scale(row, factors[0], y + (nint)t * width, width);
            else
                Row<TSimd>(row, weights, new ReadOnlySpan<float>(factors, Math.Min(kernel, t + 1)), y + (nint)t * width);
        }
    }

    /// <summary>The gradient of some tokens, and what they add to that of the weights.</summary>
    /// <param name="call">Where the sequence lies, from its first token on.</param>
    /// <param name="tokens">Which tokens.</param>
    /// <param name="length">The tokens of the sequence.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Backward<TSimd>(in ConvolutionGradient call, Range tokens, int length)
        where TSimd : struct, ISimd<TSimd>
    {
        for (int t = tokens.Start.Value; t < tokens.End.Value; t++)
        {
            float* x = call.X + (nint)t * width, dy = call.Upstream + (nint)t * width, dx = call.Input + (nint)t * width;
            float factor = Factor<TSimd>(x);
            if (kernel > 0)
                Taps<TSimd>(x, factor, call, t, Math.Min(kernel, length - t));
            if (norm)
                RmsRows.Backward<TSimd>(x, factor, kernel > 0 ? dx : dy, dx, width);
        }
    }

    private float Factor<TSimd>(float* row)
        where TSimd : struct, ISimd<TSimd> => norm ? RmsRows.Factor<TSimd>(row, width) : 1;

    // y = Σ_k w[k] · factor[k] · (the row k before).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row<TSimd>(float* row, float* weights, ReadOnlySpan<float> factors, float* y)
        where TSimd : struct, ISimd<TSimd>
    {
        int at = 0;
        for (; at + TSimd.Count <= width; at += TSimd.Count)
        {
            float* from = row + at, weight = weights + at;
            TSimd sum = TSimd.Zero;
            for (int k = 0; k < factors.Length; k++, from -= width, weight += width)
                sum = TSimd.FusedMultiplyAdd(TSimd.Load(from) * TSimd.Create(factors[k]), TSimd.Load(weight), sum);
            TSimd.Store(sum, y + at);
        }

        for (; at < width; at++)
        {
            float sum = 0;
            for (int k = 0; k < factors.Length; k++)
                sum += row[at - (nint)k * width] * factors[k] * weights[at + (nint)k * width];
            y[at] = sum;
        }
    }

    // dn = Σ_k w[k] · (the upstream k tokens later); the weights' gradient k gets (the upstream k tokens later) · n.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Taps<TSimd>(float* x, float factor, in ConvolutionGradient call, int token, int count)
        where TSimd : struct, ISimd<TSimd>
    {
        nint first = (nint)token * width;
        TSimd scale = TSimd.Create(factor);
        int at = 0;
        for (; at + TSimd.Count <= width; at += TSimd.Count)
        {
            float* upstream = call.Upstream + first + at, weight = call.Weights + at, sums = call.Sums + at;
            TSimd normed = TSimd.Load(x + at) * scale, sum = TSimd.Zero;
            for (int k = 0; k < count; k++, upstream += width, weight += width, sums += width)
            {
                TSimd dy = TSimd.Load(upstream);
                sum = TSimd.FusedMultiplyAdd(dy, TSimd.Load(weight), sum);
                TSimd.Store(TSimd.FusedMultiplyAdd(dy, normed, TSimd.Load(sums)), sums);
            }

            TSimd.Store(sum, call.Input + first + at);
        }

        for (; at < width; at++)
        {
            float sum = 0;
            for (int k = 0; k < count; k++)
            {
                nint other = at + (nint)k * width;
                float dy = call.Upstream[first + other];
                sum += dy * call.Weights[other];
                call.Sums[other] += dy * (x[at] * factor);
            }

            call.Input[first + at] = sum;
        }
    }
}

/// <summary>What a backward pass reads and writes.</summary>
internal unsafe ref struct ConvolutionGradient
{
    /// <summary>The input, (tokens, width).</summary>
    public float* X;

    /// <summary>(kernel, width), the first row greater by 1.</summary>
    public float* Weights;

    /// <summary>The gradient of the output, (tokens, width).</summary>
    public float* Upstream;

    /// <summary>The gradient of the input, (tokens, width): overwritten.</summary>
    public float* Input;

    /// <summary>The gradient of the weights, (kernel, width): added to.</summary>
    public float* Sums;
}
