using System.Numerics;
using System.Runtime.CompilerServices;
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
            case BaseActivation.Silu: Expand<SiluLoop>(x, rows, inputs, to, stride); break;
            case BaseActivation.Relu: Expand<ReluLoop>(x, rows, inputs, to, stride); break;
            default: Expand<IdentityLoop>(x, rows, inputs, to, stride); break;
        }
    }

    /// <summary>dx[r, i] += gradient[r, i] · act'(x[r, i]) by SIMD.</summary>
    public static void Contract(BaseActivation activation, float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
    {
        switch (activation)
        {
            case BaseActivation.Silu: Contract<SiluLoop>(x, rows, inputs, gradient, stride, dx); break;
            case BaseActivation.Relu: Contract<ReluLoop>(x, rows, inputs, gradient, stride, dx); break;
            default: Contract<IdentityLoop>(x, rows, inputs, gradient, stride, dx); break;
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Expand<T>(float* x, int rows, int inputs, float* to, nint stride)
        where T : struct, IActivationLoop
    {
        int lanes = Vector<float>.Count;
        for (int row = 0; row < rows; row++, x += inputs, to += stride)
        {
            if (inputs < lanes)
            {
                Lanes.StoreSome(T.Value(Lanes.LoadSome(x, inputs)), to, inputs);
                continue;
            }

            for (int i = 0; i < inputs; i = Lanes.Next(i, lanes, inputs))
                Vector.Store(T.Value(Vector.Load(x + i)), to + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Contract<T>(float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
        where T : struct, IActivationLoop
    {
        int lanes = Vector<float>.Count, last = inputs - lanes;
        for (int row = 0; row < rows; row++, x += inputs, dx += inputs, gradient += stride)
        {
            if (inputs < lanes)
            {
                Vector<float> all = Lanes.LoadSome(gradient, inputs) * T.Slope(Lanes.LoadSome(x, inputs)) + Lanes.LoadSome(dx, inputs);
                Lanes.StoreSome(all, dx, inputs);
                continue;
            }

            // The last vector may overlap the one before: it is computed before any is stored, so that nothing is added twice.
            Vector<float> tail = Vector.FusedMultiplyAdd(Vector.Load(gradient + last), T.Slope(Vector.Load(x + last)), Vector.Load(dx + last));
            for (int i = 0; i < last; i += lanes)
                Vector.Store(Vector.FusedMultiplyAdd(Vector.Load(gradient + i), T.Slope(Vector.Load(x + i)), Vector.Load(dx + i)), dx + i);
            Vector.Store(tail, dx + last);
        }
    }

    private interface IActivationLoop
    {
        static abstract Vector<float> Value(Vector<float> x);

        static abstract Vector<float> Slope(Vector<float> x);
    }

    private readonly struct SiluLoop : IActivationLoop
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Value(Vector<float> x) => x / (Vector<float>.One + VectorMath.Exp(-x));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Slope(Vector<float> x)
        {
            Vector<float> s = VectorMath.Sigmoid(x);
            return s * Vector.FusedMultiplyAdd(x, Vector<float>.One - s, Vector<float>.One);
        }
    }

    private readonly struct ReluLoop : IActivationLoop
    {
        // Written so that NaN passes through.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Value(Vector<float> x) => Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), Vector<float>.Zero, x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Slope(Vector<float> x) => Vector.AsVectorSingle(Vector.GreaterThan(x, Vector<float>.Zero)) & Vector<float>.One;
    }

    private readonly struct IdentityLoop : IActivationLoop
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Value(Vector<float> x) => x;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Slope(Vector<float> x) => Vector<float>.One;
    }
}
