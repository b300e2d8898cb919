using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>The base activation's part of the expansion.</summary>
internal static unsafe class BaseBranch
{
    private static readonly ActivationRows[] OfThisMachine = [.. Enum.GetValues<BaseActivation>().Order().Select(Rows)];

    /// <summary>to[r, i] = act(x[r, i]).</summary>
    public static void Expand(BaseActivation activation, float* x, int rows, int inputs, float* to, nint stride) =>
        OfThisMachine[(int)activation].Expand(x, rows, inputs, to, stride);

    /// <summary>dx[r, i] += gradient[r, i] · act'(x[r, i]).</summary>
    public static void Contract(BaseActivation activation, float* x, int rows, int inputs, float* gradient, nint stride, float* dx) =>
        OfThisMachine[(int)activation].Contract(x, rows, inputs, gradient, stride, dx);

    private static ActivationRows Rows(BaseActivation activation) => activation switch
    {
        BaseActivation.Silu => new ActivationRows<SiluLoop>(),
        BaseActivation.Gelu => new ActivationRows<GeluLoop>(),
        BaseActivation.GeluTanh => new ActivationRows<GeluTanhLoop>(),
        BaseActivation.Relu => new ActivationRows<ReluLoop>(),
        BaseActivation.Identity => new ActivationRows<IdentityLoop>(),
        BaseActivation.Tanh => new ActivationRows<TanhLoop>(),
        BaseActivation.Sigmoid => new ActivationRows<SigmoidLoop>(),
        BaseActivation.Elu => new ActivationRows<EluLoop>(),
        BaseActivation.LeakyRelu => new ActivationRows<LeakyReluLoop>(),
        BaseActivation.Softplus => new ActivationRows<SoftplusLoop>(),
        BaseActivation.Mish => new ActivationRows<MishLoop>(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown base activation"),
    };
}

/// <summary>An activation over rows of inputs.</summary>
internal abstract unsafe class ActivationRows
{
    /// <summary>to[r, i] = act(x[r, i]).</summary>
    /// <param name="x">(rows, inputs).</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="inputs">The inputs of a row.</param>
    /// <param name="to">The first row.</param>
    /// <param name="stride">From a row of <paramref name="to"/> to the next.</param>
    public abstract void Expand(float* x, int rows, int inputs, float* to, nint stride);

    /// <summary>dx[r, i] += gradient[r, i] · act'(x[r, i]).</summary>
    /// <param name="x">(rows, inputs).</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="inputs">The inputs of a row.</param>
    /// <param name="gradient">The first row.</param>
    /// <param name="stride">From a row of <paramref name="gradient"/> to the next.</param>
    /// <param name="dx">(rows, inputs).</param>
    public abstract void Contract(float* x, int rows, int inputs, float* gradient, nint stride, float* dx);
}

/// <summary>An activation that is told a vector at a time.</summary>
internal sealed unsafe class ActivationRows<T> : ActivationRows
    where T : struct, IActivationLoop
{
    /// <inheritdoc/>
    public override void Expand(float* x, int rows, int inputs, float* to, nint stride)
    {
        switch (SimdWidth.Lanes)
        {
            case 16 when inputs >= 16: Expand<Simd512>(x, rows, inputs, to, stride); break;
            case >= 8 when inputs >= 8: Expand<Simd256>(x, rows, inputs, to, stride); break;
            default: Expand<Simd128>(x, rows, inputs, to, stride); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Expand<TSimd>(float* x, int rows, int inputs, float* to, nint stride)
        where TSimd : struct, ISimd<TSimd>
    {
        int count = TSimd.Count;
        for (int row = 0; row < rows; row++, x += inputs, to += stride)
        {
            if (inputs < count)
            {
                Lanes.StoreSome(T.Value(Lanes.LoadSome<TSimd>(x, inputs)), to, inputs);
                continue;
            }

            for (int i = 0; i < inputs; i = Lanes.Next(i, count, inputs))
                TSimd.Store(T.Value(TSimd.Load(x + i)), to + i);
        }
    }

    /// <inheritdoc/>
    public override void Contract(float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
    {
        switch (SimdWidth.Lanes)
        {
            case 16 when inputs >= 16: Contract<Simd512>(x, rows, inputs, gradient, stride, dx); break;
            case >= 8 when inputs >= 8: Contract<Simd256>(x, rows, inputs, gradient, stride, dx); break;
            default: Contract<Simd128>(x, rows, inputs, gradient, stride, dx); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Contract<TSimd>(float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
        where TSimd : struct, ISimd<TSimd>
    {
        int count = TSimd.Count, last = inputs - count;
        for (int row = 0; row < rows; row++, x += inputs, dx += inputs, gradient += stride)
        {
            if (inputs < count)
            {
                TSimd all = Lanes.LoadSome<TSimd>(gradient, inputs) * T.Derivative(Lanes.LoadSome<TSimd>(x, inputs)) + Lanes.LoadSome<TSimd>(dx, inputs);
                Lanes.StoreSome(all, dx, inputs);
                continue;
            }

            // The last vector may overlap the one before: it is computed before any is stored, so that nothing is added twice.
            TSimd tail = TSimd.FusedMultiplyAdd(TSimd.Load(gradient + last), T.Derivative(TSimd.Load(x + last)), TSimd.Load(dx + last));
            for (int i = 0; i < last; i += count)
                TSimd.Store(TSimd.FusedMultiplyAdd(TSimd.Load(gradient + i), T.Derivative(TSimd.Load(x + i)), TSimd.Load(dx + i)), dx + i);
            TSimd.Store(tail, dx + last);
        }
    }
}
