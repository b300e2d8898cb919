using System.Runtime.CompilerServices;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The base activation's block of the expansion: SiLU by SIMD, the others by torch's operations on the tile.</summary>
internal static unsafe class BaseBranch
{
    /// <summary>Whether the activation has a SIMD loop.</summary>
    public static bool IsVectorised(BaseActivation activation) => activation is BaseActivation.Silu or BaseActivation.Relu or BaseActivation.Identity;

    /// <summary>to[r, i] = act(x[r, i]) by SIMD.</summary>
    public static void Expand(BaseActivation activation, float* x, int rows, int inputs, float* to, nint stride)
    {
        switch (activation)
        {
            case BaseActivation.Silu: ExpandBy<SiluLoop>(x, rows, inputs, to, stride); break;
            case BaseActivation.Relu: ExpandBy<ReluLoop>(x, rows, inputs, to, stride); break;
            default: ExpandBy<IdentityLoop>(x, rows, inputs, to, stride); break;
        }
    }

    /// <summary>dx[r, i] += gradient[r, i] · act'(x[r, i]) by SIMD.</summary>
    public static void Contract(BaseActivation activation, float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
    {
        switch (activation)
        {
            case BaseActivation.Silu: ContractBy<SiluLoop>(x, rows, inputs, gradient, stride, dx); break;
            case BaseActivation.Relu: ContractBy<ReluLoop>(x, rows, inputs, gradient, stride, dx); break;
            default: ContractBy<IdentityLoop>(x, rows, inputs, gradient, stride, dx); break;
        }
    }

    /// <summary>The block by torch: <paramref name="block"/> is the tile's view of the expansion, (rows, in).</summary>
    public static void ExpandByTorch(BaseActivation activation, Tensor x, Tensor block, bool rounded)
    {
        using var scope = NewDisposeScope();
        Tensor value = BaseActivations.Apply(activation, x);
        block.copy_(rounded ? value.to_type(ScalarType.BFloat16) : value);
    }

    /// <summary>dx += gradient · act'(x), the derivative taken by torch's autograd.</summary>
    public static void ContractByTorch(BaseActivation activation, Tensor x, Tensor gradient, Tensor dx)
    {
        using var scope = NewDisposeScope();
        Tensor slope;
        using (enable_grad())
        {
            Tensor at = x.detach().alias().requires_grad_();
            slope = autograd.grad([BaseActivations.Apply(activation, at)], [at], [gradient.to_type(ScalarType.Float32)])[0];
        }

        dx.add_(slope);
    }

    private static void ExpandBy<T>(float* x, int rows, int inputs, float* to, nint stride)
        where T : struct, IActivationLoop
    {
        switch (SimdWidth.Lanes)
        {
            case 16 when inputs >= 16: Expand<T, Simd512>(x, rows, inputs, to, stride); break;
            case >= 8 when inputs >= 8: Expand<T, Simd256>(x, rows, inputs, to, stride); break;
            default: Expand<T, Simd128>(x, rows, inputs, to, stride); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Expand<T, TSimd>(float* x, int rows, int inputs, float* to, nint stride)
        where T : struct, IActivationLoop
        where TSimd : struct, ISimd<TSimd>
    {
        int lanes = TSimd.Count;
        for (int row = 0; row < rows; row++, x += inputs, to += stride)
        {
            if (inputs < lanes)
            {
                Lanes.StoreSome(T.Value(Lanes.LoadSome<TSimd>(x, inputs)), to, inputs);
                continue;
            }

            for (int i = 0; i < inputs; i = Lanes.Next(i, lanes, inputs))
                TSimd.Store(T.Value(TSimd.Load(x + i)), to + i);
        }
    }

    private static void ContractBy<T>(float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
        where T : struct, IActivationLoop
    {
        switch (SimdWidth.Lanes)
        {
            case 16 when inputs >= 16: Contract<T, Simd512>(x, rows, inputs, gradient, stride, dx); break;
            case >= 8 when inputs >= 8: Contract<T, Simd256>(x, rows, inputs, gradient, stride, dx); break;
            default: Contract<T, Simd128>(x, rows, inputs, gradient, stride, dx); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Contract<T, TSimd>(float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
        where T : struct, IActivationLoop
        where TSimd : struct, ISimd<TSimd>
    {
        int lanes = TSimd.Count, last = inputs - lanes;
        for (int row = 0; row < rows; row++, x += inputs, dx += inputs, gradient += stride)
        {
            if (inputs < lanes)
            {
                TSimd all = Lanes.LoadSome<TSimd>(gradient, inputs) * T.Slope(Lanes.LoadSome<TSimd>(x, inputs)) + Lanes.LoadSome<TSimd>(dx, inputs);
                Lanes.StoreSome(all, dx, inputs);
                continue;
            }

            // The last vector may overlap the one before: it is computed before any is stored, so that nothing is added twice.
            TSimd tail = TSimd.FusedMultiplyAdd(TSimd.Load(gradient + last), T.Slope(TSimd.Load(x + last)), TSimd.Load(dx + last));
            for (int i = 0; i < last; i += lanes)
                TSimd.Store(TSimd.FusedMultiplyAdd(TSimd.Load(gradient + i), T.Slope(TSimd.Load(x + i)), TSimd.Load(dx + i)), dx + i);
            TSimd.Store(tail, dx + last);
        }
    }

    private interface IActivationLoop
    {
        static abstract TSimd Value<TSimd>(TSimd x)
            where TSimd : struct, ISimd<TSimd>;

        static abstract TSimd Slope<TSimd>(TSimd x)
            where TSimd : struct, ISimd<TSimd>;
    }

    private readonly struct SiluLoop : IActivationLoop
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TSimd Value<TSimd>(TSimd x)
            where TSimd : struct, ISimd<TSimd> => x / (TSimd.One + SimdMath.Exp(-x));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TSimd Slope<TSimd>(TSimd x)
            where TSimd : struct, ISimd<TSimd>
        {
            TSimd s = SimdMath.Sigmoid(x);
            return s * TSimd.FusedMultiplyAdd(x, TSimd.One - s, TSimd.One);
        }
    }

    private readonly struct ReluLoop : IActivationLoop
    {
        // Written so that NaN passes through.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TSimd Value<TSimd>(TSimd x)
            where TSimd : struct, ISimd<TSimd> => TSimd.Select(TSimd.Greater(TSimd.Zero, x), TSimd.Zero, x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TSimd Slope<TSimd>(TSimd x)
            where TSimd : struct, ISimd<TSimd> => TSimd.Greater(x, TSimd.Zero) & TSimd.One;
    }

    private readonly struct IdentityLoop : IActivationLoop
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TSimd Value<TSimd>(TSimd x)
            where TSimd : struct, ISimd<TSimd> => x;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TSimd Slope<TSimd>(TSimd x)
            where TSimd : struct, ISimd<TSimd> => TSimd.One;
    }
}
