using Kansformers.Kan;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>The engine has the reference's numbers at every vector width, also at those that this machine has to imitate.</summary>
public sealed class SimdWidthTests : IDisposable
{
    public void Dispose() => SimdWidth.Lanes = SimdWidth.Native;

    public static TheoryData<int, int, bool> Cases
    {
        get
        {
            TheoryData<int, int, bool> cases = [];
            foreach (int lanes in new[] { 4, 8, 16 })
            {
                for (int order = 1; order <= 5; order++)
                {
                    cases.Add(lanes, order, true);
                    cases.Add(lanes, order, false);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_layer_agrees_with_the_reference(int lanes, int order, bool uniform)
    {
        using var scope = NewDisposeScope();
        SimdWidth.Lanes = lanes;
        random.manual_seed(order);
        foreach (int inputs in new[] { 3, 7, 21, 50 })
        {
            KanLinear layer = new(inputs, 9, new BSplineOptions { SplineOrder = order, GridUpdate = GridUpdateRule.Original });
            if (!uniform)
                layer.UpdateGrid(randn(60, inputs));
            EngineCheck.Agrees(layer, randn(33, inputs), 1e-5);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public unsafe void Exponentials_are_right_to_the_last_digits(int lanes)
    {
        float[] x = [-200, -87, -1.5f, -1e-8f, 0, 1e-8f, 0.5f, 20, 88.7f, 89, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1, 2, 3];
        float[] y = new float[16];
        fixed (float* from = x)
        fixed (float* to = y)
        {
            for (int at = 0; at < 16; at += lanes)
            {
                if (lanes == 4)
                    Simd128.Store(SimdMath.Exp(Simd128.Load(from + at)), to + at);
                else if (lanes == 8)
                    Simd256.Store(SimdMath.Exp(Simd256.Load(from + at)), to + at);
                else
                    Simd512.Store(SimdMath.Exp(Simd512.Load(from + at)), to + at);
            }
        }

        for (int i = 0; i < 16; i++)
        {
            double exact = Math.Exp(x[i]);
            if (double.IsNaN(exact) || exact > float.MaxValue)
                Assert.Equal((float)exact, y[i]);
            else
                Assert.True(Math.Abs(y[i] - exact) <= 2e-7 * exact + 2e-38, $"exp({x[i]}) = {y[i]}");
        }
    }
}
