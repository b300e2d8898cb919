using System.Numerics;
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
    public static void ExpandByTorch(BaseActivation activation, Tensor x, Tensor block)
    {
        using var scope = NewDisposeScope();
        block.copy_(BaseActivations.Apply(activation, x));
    }

    /// <summary>dx += gradient · act'(x), the derivative taken by torch's autograd.</summary>
    public static void ContractByTorch(BaseActivation activation, Tensor x, Tensor gradient, Tensor dx)
    {
        using var scope = NewDisposeScope();
        Tensor slope;
        using (enable_grad())
        {
            Tensor at = x.detach().alias().requires_grad_();
            slope = autograd.grad([BaseActivations.Apply(activation, at)], [at], [gradient])[0];
        }

        dx.add_(slope);
    }

    private static void Expand<T>(float* x, int rows, int inputs, float* to, nint stride)
        where T : struct, IActivationLoop
    {
        int lanes = Lanes.PerStep(inputs);
        for (int row = 0; row < rows; row++, x += inputs, to += stride)
        {
            for (int i = 0; i < inputs; i = Lanes.Next(i, lanes, inputs))
                Lanes.Store(T.Value(Lanes.Load(x + i, lanes)), to + i, lanes);
        }
    }

    private static void Contract<T>(float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
        where T : struct, IActivationLoop
    {
        // Adding is not done twice: the lanes that the last step shares with the one before come out of a sum made before either was stored.
        int lanes = Lanes.PerStep(inputs);
        for (int row = 0; row < rows; row++, x += inputs, dx += inputs, gradient += stride)
        {
            int last = Math.Max(0, inputs - lanes);
            Vector<float> tail = Sum<T>(x + last, gradient + last, dx + last, lanes);
            for (int i = 0; i < last; i += lanes)
                Lanes.Store(Sum<T>(x + i, gradient + i, dx + i, lanes), dx + i, lanes);
            Lanes.Store(tail, dx + last, lanes);
        }
    }

    private static Vector<float> Sum<T>(float* x, float* gradient, float* dx, int lanes)
        where T : struct, IActivationLoop =>
        Vector.FusedMultiplyAdd(Lanes.Load(gradient, lanes), T.Slope(Lanes.Load(x, lanes)), Lanes.Load(dx, lanes));

    private interface IActivationLoop
    {
        static abstract Vector<float> Value(Vector<float> x);

        static abstract Vector<float> Slope(Vector<float> x);
    }

    private readonly struct SiluLoop : IActivationLoop
    {
        public static Vector<float> Value(Vector<float> x) => x / (Vector<float>.One + VectorMath.Exp(-x));

        public static Vector<float> Slope(Vector<float> x)
        {
            Vector<float> s = VectorMath.Sigmoid(x);
            return s * Vector.FusedMultiplyAdd(x, Vector<float>.One - s, Vector<float>.One);
        }
    }

    private readonly struct ReluLoop : IActivationLoop
    {
        // Written so that NaN passes through.
        public static Vector<float> Value(Vector<float> x) => Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), Vector<float>.Zero, x);

        public static Vector<float> Slope(Vector<float> x) => Vector.AsVectorSingle(Vector.GreaterThan(x, Vector<float>.Zero)) & Vector<float>.One;
    }

    private readonly struct IdentityLoop : IActivationLoop
    {
        public static Vector<float> Value(Vector<float> x) => x;

        public static Vector<float> Slope(Vector<float> x) => Vector<float>.One;
    }
}
