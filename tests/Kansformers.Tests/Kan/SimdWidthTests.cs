using Kansformers.Kan;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>The engine has the reference's numbers at every vector width, also at those that this machine has to imitate.</summary>
public sealed class SimdWidthTests
{
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
        random.manual_seed(order);
        foreach (int inputs in new[] { 3, 7, 21, 50 })
        {
            KanLinear layer = new(inputs, 9, new BSplineOptions { SplineOrder = order, GridUpdate = GridUpdateRule.Original }) { Engine = EngineSettings.OfThisMachine with { Lanes = lanes } };
            if (!uniform)
                layer.UpdateGrid(randn(60, inputs));
            EngineCheck.Agrees(layer, randn(33, inputs), 1e-5);
        }
    }

    public static TheoryData<BaseActivation> Activations() => [.. Enum.GetValues<BaseActivation>()];

    [Theory]
    [MemberData(nameof(Activations))]
    public unsafe void Activations_and_their_derivatives_are_right_to_the_last_digits(BaseActivation activation)
    {
        using var scope = NewDisposeScope();
        float[] special = [0, -0f, 1e-30f, -1e-30f, 1e4f, -1e4f, 1e20f, -1e20f, 3e38f, -3e38f, float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        Tensor x = cat([linspace(-30, 30, 2401), linspace(-120, 120, 241), tensor(special)]), exact = x.to_type(ScalarType.Float64).requires_grad_();
        Tensor value = BaseActivations.Apply(activation, exact), derivative = autograd.grad([value], [exact], [ones_like(value)])[0];

        // Rows narrower than a vector, and wide enough for vectors of each width.
        foreach (int inputs in (int[])[1, 5, 9, (int)x.numel()])
        {
            Tensor found = empty_like(x), slope = zeros_like(x), upstream = ones_like(x);
            int rows = (int)x.numel() / inputs, count = rows * inputs;
            BaseBranch.Expand(activation, (float*)RawMemory.Pointer(x), rows, inputs, (float*)RawMemory.Pointer(found), inputs);
            BaseBranch.Contract(activation, (float*)RawMemory.Pointer(x), rows, inputs, (float*)RawMemory.Pointer(upstream), inputs, (float*)RawMemory.Pointer(slope));
            Near("value", found[..count], value[..count], x);
            Near("derivative", slope[..count], derivative[..count], x);
        }
    }

    // To some units of the value itself, and of the activation's size where it is small against its parts.
    private static void Near(string what, Tensor found, Tensor exact, Tensor x)
    {
        float[] ours = found.data<float>().ToArray(), at = x.data<float>().ToArray();
        // What float32 cannot hold rounds to an infinity.
        double[] theirs = [.. exact.detach().data<double>().ToArray().Select(value => Math.Abs(value) > float.MaxValue ? (float)value : value)];
        for (int i = 0; i < ours.Length; i++)
        {
            // What an activation's derivative is at NaN differs among torch's own: the splines' is NaN.
            if (what != "value" && float.IsNaN(at[i]))
                continue;

            // Where torch's derivative at an infinity is infinity times 0, the limit stands as well.
            if (what != "value" && float.IsInfinity(at[i]) && double.IsNaN(theirs[i]))
                Assert.True(float.IsNaN(ours[i]) || Math.Abs(ours[i] - (at[i] > 0 ? 1 : 0)) < 1e-30, $"{what} at {at[i]}: {ours[i]}");
            else if (double.IsFinite(theirs[i]))
                Assert.True(Math.Abs(ours[i] - theirs[i]) <= 1e-6 * Math.Abs(theirs[i]) + 1e-6, $"{what} at {at[i]}: {ours[i]}, not {theirs[i]}");
            else
                Assert.True(float.IsNaN(ours[i]) == double.IsNaN(theirs[i]) && (double.IsNaN(theirs[i]) || ours[i] == theirs[i]), $"{what} at {at[i]}: {ours[i]}, not {theirs[i]}");
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
