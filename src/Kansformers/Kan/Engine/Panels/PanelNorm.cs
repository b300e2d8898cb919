using System.Runtime.CompilerServices;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The layer norm in front of a basis, as part of the expansion: only each token's mean and deviation are kept. Rows of inputs are measured and differentiated
/// while they are in cache.
/// </summary>
internal sealed unsafe class PanelNorm : IDisposable
{
    // The tokens whose gradients of weight and bias are added up together, whatever the number of threads.
    private const int Chunk = 128;

    private readonly int _inputs, _room, _lanes;
    private readonly Tensor _weight, _bias, _statistics, _gradients;

    /// <param name="weight">(in).</param>
    /// <param name="bias">(in).</param>
    /// <param name="room">The most tokens that are measured at once, filled up to whole panels.</param>
    /// <param name="lanes">The lanes of a vector.</param>
    public PanelNorm(Tensor weight, Tensor bias, int room, int lanes)
    {
        (_inputs, _room, _lanes) = ((int)weight.shape[0], room, lanes);
        (_weight, _bias) = (weight.contiguous().DetachFromDisposeScope(), bias.contiguous().DetachFromDisposeScope());
        _statistics = zeros(2, room).DetachFromDisposeScope();
        _gradients = zeros(2, _inputs).DetachFromDisposeScope();
    }

    /// <summary>The gradients of weight and bias that <see cref="Differentiate"/> has added up, (2, in).</summary>
    public Tensor Gradients => _gradients;

    /// <summary>Finds the mean of each token and the reciprocal of its deviation.</summary>
    /// <param name="x">(tokens, in).</param>
    /// <param name="tokens">How many.</param>
    public void Measure(float* x, int tokens)
    {
        float* mean = (float*)RawMemory.Pointer(_statistics), reciprocal = mean + _room;
        new Span<float>(mean, 2 * _room).Clear();
        Rows.Run(tokens, _inputs, (first, last) =>
        {
            switch (_lanes)
            {
                case 16: Measure<Simd512>(x, first, last, mean, reciprocal); break;
                case 8: Measure<Simd256>(x, first, last, mean, reciprocal); break;
                default: Measure<Simd128>(x, first, last, mean, reciprocal); break;
            }
        });
    }

    /// <summary>to = the norm of a panel of tokens.</summary>
    /// <param name="from">(rows, panel): the inputs. It may be where the norm goes.</param>
    /// <param name="token">The panel's first token.</param>
    /// <param name="first">The first input.</param>
    /// <param name="rows">How many inputs.</param>
    /// <param name="to">(rows, panel), overwritten.</param>
    public void Apply(float* from, int token, int first, int rows, float* to)
    {
        switch (_lanes)
        {
            case 16: Apply<Simd512>(from, token, first, rows, to); break;
            case 8: Apply<Simd256>(from, token, first, rows, to); break;
            default: Apply<Simd128>(from, token, first, rows, to); break;
        }
    }

    /// <summary>The gradient of the input from the gradient of its norm; those of weight and bias are added up.</summary>
    /// <param name="x">(tokens, in), the tokens measured last.</param>
    /// <param name="tokens">How many.</param>
    /// <param name="dz">(tokens, in): the gradient of the norm.</param>
    /// <param name="dx">(tokens, in): added to, or overwritten where it is <paramref name="dz"/>.</param>
    public void Differentiate(float* x, int tokens, float* dz, float* dx)
    {
        using var scope = NewDisposeScope();
        int chunks = (tokens + Chunk - 1) / Chunk;
        Tensor parts = zeros(chunks, 2, _inputs);
        float* sums = (float*)RawMemory.Pointer(parts);
        Rows.Run(chunks, (long)Chunk * _inputs, (first, last) =>
        {
            for (int chunk = first; chunk < last; chunk++)
            {
                NormRows rows = new(x, dz, dx, chunk * Chunk, Math.Min(tokens, (chunk + 1) * Chunk), sums + 2 * (nint)chunk * _inputs);
                switch (_lanes)
                {
                    case 16: Differentiate<Simd512>(rows); break;
                    case 8: Differentiate<Simd256>(rows); break;
                    default: Differentiate<Simd128>(rows); break;
                }
            }
        });
        _gradients.add_(parts.sum([0L]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor own in (Tensor[])[_weight, _bias, _statistics, _gradients])
            own.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Measure<TSimd>(float* x, int first, int last, float* mean, float* reciprocal)
        where TSimd : struct, ISimd<TSimd>
    {
        int inputs = _inputs, lanes = TSimd.Count, whole = inputs / lanes * lanes;
        for (int token = first; token < last; token++)
        {
            float* row = x + (nint)token * inputs;
            TSimd even = TSimd.Zero, odd = even;
            int i = 0;
            for (; i + 2 * lanes <= whole; i += 2 * lanes)
                (even, odd) = (even + TSimd.Load(row + i), odd + TSimd.Load(row + i + lanes));
            if (i < whole)
                even += TSimd.Load(row + i);
            float sum = TSimd.Sum(even + odd);
            for (i = whole; i < inputs; i++)
                sum += row[i];
            float middle = sum / inputs, squares = 0;
            TSimd centre = TSimd.Create(middle);
            (even, odd) = (TSimd.Zero, TSimd.Zero);
            for (i = 0; i + 2 * lanes <= whole; i += 2 * lanes)
            {
                TSimd a = TSimd.Load(row + i) - centre, b = TSimd.Load(row + i + lanes) - centre;
                (even, odd) = (TSimd.FusedMultiplyAdd(a, a, even), TSimd.FusedMultiplyAdd(b, b, odd));
            }

            for (; i < inputs; i++)
                squares += (row[i] - middle) * (row[i] - middle);
            (mean[token], reciprocal[token]) = (middle, 1 / MathF.Sqrt((TSimd.Sum(even + odd) + squares) / inputs + (float)KanReference.NormEps));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply<TSimd>(float* from, int token, int first, int rows, float* to)
        where TSimd : struct, ISimd<TSimd>
    {
        int lanes = TSimd.Count, panel = 2 * lanes;
        float* mean = (float*)RawMemory.Pointer(_statistics) + token, reciprocal = mean + _room;
        float* weight = (float*)RawMemory.Pointer(_weight) + first, bias = (float*)RawMemory.Pointer(_bias) + first;
        TSimd meanLow = TSimd.Load(mean), meanHigh = TSimd.Load(mean + lanes), low = TSimd.Load(reciprocal), high = TSimd.Load(reciprocal + lanes);
        for (int row = 0; row < rows; row++, from += panel, to += panel)
        {
            TSimd w = TSimd.Create(weight[row]), b = TSimd.Create(bias[row]);
            TSimd.Store(TSimd.FusedMultiplyAdd((TSimd.Load(from) - meanLow) * low, w, b), to);
            TSimd.Store(TSimd.FusedMultiplyAdd((TSimd.Load(from + lanes) - meanHigh) * high, w, b), to + lanes);
        }
    }

    private void Differentiate<TSimd>(NormRows rows)
        where TSimd : struct, ISimd<TSimd>
    {
        float* means = stackalloc float[4];
        int token = rows.First;
        for (; token + 1 < rows.Last; token += 2)
        {
            SumTwo<TSimd>(rows, token, means);
            Put<TSimd>(rows, token, means[0], means[1]);
            Put<TSimd>(rows, token + 1, means[2], means[3]);
        }

        if (token == rows.Last)
            return;
        SumFrom<TSimd>(rows, token, 0, means);
        Put<TSimd>(rows, token, means[0], means[1]);
    }

    // The means that two tokens' gradients need, and their shares of the gradients of weight and bias.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumTwo<TSimd>(NormRows rows, int token, float* means)
        where TSimd : struct, ISimd<TSimd>
    {
        int inputs = _inputs, lanes = TSimd.Count, whole = inputs / lanes * lanes;
        float* statistics = (float*)RawMemory.Pointer(_statistics) + token, weight = (float*)RawMemory.Pointer(_weight);
        float* weightSums = rows.Sums, biasSums = weightSums + inputs, x = rows.X + (nint)token * inputs, dz = rows.Dz + (nint)token * inputs;
        TSimd mean = TSimd.Create(statistics[0]), reciprocal = TSimd.Create(statistics[_room]), sum = TSimd.Zero, product = sum;
        TSimd mean2 = TSimd.Create(statistics[1]), reciprocal2 = TSimd.Create(statistics[_room + 1]), sum2 = sum, product2 = sum;
        for (int i = 0; i < whole; i += lanes)
        {
            TSimd w = TSimd.Load(weight + i), up = TSimd.Load(dz + i), up2 = TSimd.Load(dz + inputs + i);
            TSimd norm = (TSimd.Load(x + i) - mean) * reciprocal, norm2 = (TSimd.Load(x + inputs + i) - mean2) * reciprocal2, g = up * w, g2 = up2 * w;
            (sum, sum2) = (sum + g, sum2 + g2);
            (product, product2) = (TSimd.FusedMultiplyAdd(g, norm, product), TSimd.FusedMultiplyAdd(g2, norm2, product2));
            TSimd.Store(TSimd.FusedMultiplyAdd(up, norm, TSimd.FusedMultiplyAdd(up2, norm2, TSimd.Load(weightSums + i))), weightSums + i);
            TSimd.Store(up + up2 + TSimd.Load(biasSums + i), biasSums + i);
        }

        (means[0], means[1], means[2], means[3]) = (TSimd.Sum(sum), TSimd.Sum(product), TSimd.Sum(sum2), TSimd.Sum(product2));
        SumFrom<TSimd>(rows, token, whole, means);
        SumFrom<TSimd>(rows, token + 1, whole, means + 2);
    }

    // The same for one token from an input on, the sums of those before given where there are some.
    private void SumFrom<TSimd>(NormRows rows, int token, int first, float* means)
        where TSimd : struct, ISimd<TSimd>
    {
        int inputs = _inputs;
        float* statistics = (float*)RawMemory.Pointer(_statistics), weight = (float*)RawMemory.Pointer(_weight);
        float* weightSums = rows.Sums, biasSums = weightSums + inputs, x = rows.X + (nint)token * inputs, dz = rows.Dz + (nint)token * inputs;
        float mean = statistics[token], reciprocal = statistics[_room + token], sum = first > 0 ? means[0] : 0, product = first > 0 ? means[1] : 0;
        for (int i = first; i < inputs; i++)
        {
            float g = dz[i] * weight[i], norm = (x[i] - mean) * reciprocal;
            (sum, product) = (sum + g, product + g * norm);
            weightSums[i] += dz[i] * norm;
            biasSums[i] += dz[i];
        }

        (means[0], means[1]) = (sum / inputs, product / inputs);
    }

    // dx = (g - mean(g) - norm · mean(g · norm)) / deviation, g = dz · weight, norm without weight and bias.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Put<TSimd>(NormRows rows, int token, float meanG, float meanProduct)
        where TSimd : struct, ISimd<TSimd>
    {
        int inputs = _inputs, lanes = TSimd.Count, whole = inputs / lanes * lanes;
        float* statistics = (float*)RawMemory.Pointer(_statistics), weight = (float*)RawMemory.Pointer(_weight);
        float* x = rows.X + (nint)token * inputs, dz = rows.Dz + (nint)token * inputs, dx = rows.Dx + (nint)token * inputs;
        TSimd mean = TSimd.Create(statistics[token]), reciprocal = TSimd.Create(statistics[_room + token]), ofG = TSimd.Create(meanG), ofProduct = TSimd.Create(meanProduct);
        bool adds = rows.Dx != rows.Dz;
        for (int i = 0; i < whole; i += lanes)
        {
            TSimd g = TSimd.Load(dz + i) * TSimd.Load(weight + i), norm = (TSimd.Load(x + i) - mean) * reciprocal;
            TSimd back = TSimd.FusedMultiplyAdd(-norm, ofProduct, g - ofG) * reciprocal;
            TSimd.Store(adds ? back + TSimd.Load(dx + i) : back, dx + i);
        }

        for (int i = whole; i < inputs; i++)
        {
            float norm = (x[i] - statistics[token]) * statistics[_room + token];
            float back = (dz[i] * weight[i] - meanG - norm * meanProduct) * statistics[_room + token];
            dx[i] = adds ? dx[i] + back : back;
        }
    }

    // Tokens from First to before Last of input and gradients, and the sums of their chunk.
    private readonly struct NormRows(float* x, float* dz, float* dx, int first, int last, float* sums)
    {
        public readonly float* X = x, Dz = dz, Dx = dx, Sums = sums;
        public readonly int First = first, Last = last;
    }
}
