using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>Every base activation by SIMD beside float64, at every vector width.</summary>
public sealed class ActivationTests
{
    public static TheoryData<BaseActivation, int> Cases()
    {
        TheoryData<BaseActivation, int> cases = [];
        foreach (BaseActivation activation in Enum.GetValues<BaseActivation>())
        {
            foreach (int lanes in (int[])[4, 8, 16])
                cases.Add(activation, lanes);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Values_are_right_to_a_few_units_in_the_last_place_and_derivatives_beside_the_largest(BaseActivation activation, int lanes)
    {
        using var scope = NewDisposeScope();
        float[] x = [.. linspace(-13, 13, 4001).data<float>().ToArray(), 1e-30f, -1e-30f, 1e-5f, -1e-5f, 25, -25, 60, -60, 85, -85];
        (float[] values, float[] derivatives) = Run(activation, lanes, x);
        Tensor at = tensor(x, dtype: ScalarType.Float64).requires_grad_(), exact = Exact(activation, at);
        Tensor slope = autograd.grad([exact.sum()], [at])[0];
        double[] wanted = exact.detach().data<double>().ToArray(), wantedSlope = slope.data<double>().ToArray();
        for (int i = 0; i < x.Length; i++)
        {
            double allowed = 1.5e-6 + (activation == BaseActivation.GeluTanh ? CubicRounding(x[i]) : 0);
            Assert.True(Math.Abs(values[i] - wanted[i]) <= allowed * Math.Abs(wanted[i]) + 1e-36, $"{activation}({x[i]}) is {values[i]}, not {wanted[i]}");
            Assert.True(Math.Abs(derivatives[i] - wantedSlope[i]) <= 1e-6, $"{activation}'({x[i]}) is {derivatives[i]}, not {wantedSlope[i]}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Finite_inputs_stay_finite_and_broken_ones_broken(BaseActivation activation, int lanes)
    {
        float[] x = [0, -0f, 88, -88, 89, -89, 103, -104, 1e4f, -1e4f, 1e20f, -1e20f, float.MaxValue, float.MinValue, float.Epsilon, -float.Epsilon, float.NaN];
        (float[] values, float[] derivatives) = Run(activation, lanes, x);
        for (int i = 0; i < x.Length - 1; i++)
        {
            // A square beyond float32 is an infinity, as in torch.
            if (activation == BaseActivation.ReluSquared && x[i] > 1e19f)
                Assert.Equal(float.PositiveInfinity, values[i]);
            else
                Assert.True(float.IsFinite(values[i]) && float.IsFinite(derivatives[i]), $"{activation}({x[i]}) is {values[i]}, its derivative {derivatives[i]}");
        }

        Assert.True(float.IsNaN(values[^1]));
    }

    private static (float[] Values, float[] Derivatives) Run(BaseActivation activation, int lanes, float[] x) =>
        Activations.Meet<Runner, (float[] Values, float[] Derivatives)>(activation, new Runner(lanes, x));

    private readonly struct Runner(int lanes, float[] x) : IActivationVisitor<(float[] Values, float[] Derivatives)>
    {
        public (float[] Values, float[] Derivatives) Visit<T>()
            where T : struct, IActivation => lanes switch
            {
                16 => Run<T, Simd512>(),
                8 => Run<T, Simd256>(),
                _ => Run<T, Simd128>(),
            };

        private unsafe (float[] Values, float[] Derivatives) Run<T, TSimd>()
            where T : struct, IActivation
            where TSimd : struct, ISimd<TSimd>
        {
            float[] padded = [.. x, .. new float[TSimd.Count]], values = new float[padded.Length], derivatives = new float[padded.Length];
            fixed (float* from = padded, to = values, slope = derivatives)
            {
                for (int i = 0; i < x.Length; i += TSimd.Count)
                {
                    T.Value(TSimd.Load(from + i), out TSimd derivative);
                    TSimd.Store(T.Value(TSimd.Load(from + i)), to + i);
                    TSimd.Store(derivative, slope + i);
                }
            }

            return (values[..x.Length], derivatives[..x.Length]);
        }
    }

    // Far below zero the exponential makes a relative error of the roundings of its argument.
    private static double CubicRounding(double x) => 1.2e-7 * Math.Abs(x) * (1.6 + 0.0714 * x * x);

    // Torch's own forms of two of them cancel below zero.
    private static Tensor Exact(BaseActivation activation, Tensor x) => activation switch
    {
        BaseActivation.Gelu => x * special.erfc(-x / Math.Sqrt(2)) / 2,
        BaseActivation.GeluTanh => x * (Math.Sqrt(8 / Math.PI) * (x + 0.044715 * x.pow(3))).sigmoid(),
        _ => BaseActivations.Apply(activation, x),
    };
}
