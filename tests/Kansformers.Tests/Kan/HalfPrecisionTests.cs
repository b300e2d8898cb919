using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>bfloat16 products agree with the float64 reference as far as 8 bits of mantissa go, on either kind of processor.</summary>
public sealed class HalfPrecisionTests : IDisposable
{
    private readonly bool _native = BFloat16Math.HasFastProducts;

    public void Dispose() => BFloat16Math.HasFastProducts = _native;

    [Theory]
    [InlineData(true, 37, 20, 30, 3)]
    [InlineData(false, 37, 20, 30, 3)]
    [InlineData(true, 2500, 33, 17, 3)]
    [InlineData(false, 2500, 33, 17, 3)]
    [InlineData(true, 5, 3, 4, 2)]
    [InlineData(false, 5, 3, 4, 1)]
    [InlineData(false, 0, 20, 30, 3)]
    [InlineData(true, 0, 20, 30, 3)]
    public void A_layer_agrees_with_the_reference_to_a_hundredth(bool native, int tokens, int from, int to, int order)
    {
        using var scope = NewDisposeScope();
        BFloat16Math.HasFastProducts = native;
        random.manual_seed(3);
        KanLinear layer = new(from, to, new BSplineOptions { SplineOrder = order }) { Precision = Precision.BFloat16 };
        EngineCheck.Agrees(layer, randn(tokens, from), 1e-2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Activations_without_a_SIMD_loop_are_rounded_too(bool native)
    {
        using var scope = NewDisposeScope();
        BFloat16Math.HasFastProducts = native;
        random.manual_seed(4);
        KanLinear layer = new(20, 30, new BSplineOptions { BaseActivation = BaseActivation.Tanh, StandaloneScaler = false }) { Precision = Precision.BFloat16 };
        EngineCheck.Agrees(layer, randn(70, 20), 1e-2);
    }

    [Fact]
    public void Both_kinds_of_processor_round_the_same_factors()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(5);
        KanLinear layer = new(24, 40) { Precision = Precision.BFloat16 };
        Tensor x = randn(300, 24);
        BFloat16Math.HasFastProducts = false;
        Tensor rounded = layer.forward(x);
        BFloat16Math.HasFastProducts = true;
        Tensor half = layer.forward(x);

        // What remains is the rounding of libtorch's bfloat16 result.
        EngineCheck.Close("output", half, rounded, 1.0 / 256);
        Assert.False(half.equal(rounded).all().item<bool>());
    }

    [Fact]
    public unsafe void Values_are_rounded_as_libtorch_rounds_them()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        Tensor special = tensor([0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, 1f + 1f / 256, 1f + 3f / 256, BitConverter.UInt32BitsToSingle(0x7FFFFFFF)]);
        Tensor values = cat([randn(1003), special, randn(5) * 1e-40f]);
        Tensor expected = values.to_type(ScalarType.BFloat16).to_type(ScalarType.Float32);
        Tensor rounded = empty_like(values), widened = empty_like(values);
        BFloat16Math.Round(values, rounded);
        Tensor narrowed = values.to_type(ScalarType.BFloat16).zero_();
        BFloat16Math.Narrow((float*)RawMemory.Pointer(values), (ushort*)RawMemory.Pointer(narrowed), (nint)values.numel());
        BFloat16Math.Widen((ushort*)RawMemory.Pointer(narrowed), (float*)RawMemory.Pointer(widened), (nint)values.numel());
        Assert.True(rounded.eq(expected).logical_or(expected.isnan() & rounded.isnan()).all().item<bool>());
        Assert.True(widened.eq(expected).logical_or(expected.isnan() & widened.isnan()).all().item<bool>());
    }
}
