using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>The base activation's block of the expansion, for rows of any width.</summary>
internal static unsafe class BaseBranch
{
    private static readonly IBaseLoop[] Loops = [.. Enum.GetValues<BaseActivation>().Select(one => Activations.Meet<Maker, IBaseLoop>(one, default))];

    /// <summary>to[r, i] = act(x[r, i]).</summary>
    public static void Expand(BaseActivation activation, float* x, int rows, int inputs, float* to, nint stride) =>
        Loops[(int)activation].Expand(x, rows, inputs, to, stride);

    /// <summary>dx[r, i] += gradient[r, i] · act'(x[r, i]).</summary>
    public static void Contract(BaseActivation activation, float* x, int rows, int inputs, float* gradient, nint stride, float* dx) =>
        Loops[(int)activation].Contract(x, rows, inputs, gradient, stride, dx);

    private interface IBaseLoop
    {
        void Expand(float* x, int rows, int inputs, float* to, nint stride);

        void Contract(float* x, int rows, int inputs, float* gradient, nint stride, float* dx);
    }

    private readonly struct Maker : IActivationVisitor<IBaseLoop>
    {
        public IBaseLoop Visit<T>()
            where T : struct, IActivation => new BaseLoop<T>();
    }

    private sealed class BaseLoop<T> : IBaseLoop
        where T : struct, IActivation
    {
        public void Expand(float* x, int rows, int inputs, float* to, nint stride)
        {
            switch (SimdWidth.Lanes)
            {
                case 16 when inputs >= 16: Expand<Simd512>(x, rows, inputs, to, stride); break;
                case >= 8 when inputs >= 8: Expand<Simd256>(x, rows, inputs, to, stride); break;
                default: Expand<Simd128>(x, rows, inputs, to, stride); break;
            }
        }

        public void Contract(float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
        {
            switch (SimdWidth.Lanes)
            {
                case 16 when inputs >= 16: Contract<Simd512>(x, rows, inputs, gradient, stride, dx); break;
                case >= 8 when inputs >= 8: Contract<Simd256>(x, rows, inputs, gradient, stride, dx); break;
                default: Contract<Simd128>(x, rows, inputs, gradient, stride, dx); break;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Expand<TSimd>(float* x, int rows, int inputs, float* to, nint stride)
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

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Contract<TSimd>(float* x, int rows, int inputs, float* gradient, nint stride, float* dx)
            where TSimd : struct, ISimd<TSimd>
        {
            int lanes = TSimd.Count, last = inputs - lanes;
            for (int row = 0; row < rows; row++, x += inputs, dx += inputs, gradient += stride)
            {
                if (inputs < lanes)
                {
                    TSimd all = Lanes.LoadSome<TSimd>(gradient, inputs) * Derivative(Lanes.LoadSome<TSimd>(x, inputs)) + Lanes.LoadSome<TSimd>(dx, inputs);
                    Lanes.StoreSome(all, dx, inputs);
                    continue;
                }

                // The last vector may overlap the one before: it is computed before any is stored, so that nothing is added twice.
                TSimd tail = TSimd.FusedMultiplyAdd(TSimd.Load(gradient + last), Derivative(TSimd.Load(x + last)), TSimd.Load(dx + last));
                for (int i = 0; i < last; i += lanes)
                    TSimd.Store(TSimd.FusedMultiplyAdd(TSimd.Load(gradient + i), Derivative(TSimd.Load(x + i)), TSimd.Load(dx + i)), dx + i);
                TSimd.Store(tail, dx + last);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TSimd Derivative<TSimd>(TSimd x)
            where TSimd : struct, ISimd<TSimd>
        {
            T.Value(x, out TSimd derivative);
            return derivative;
        }
    }
}
