using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>bfloat16 products agree with the float64 reference as far as 8 bits of mantissa go, on either kind of processor.</summary>
public sealed class HalfPrecisionTests
{
    private static readonly EngineSettings WithProducts = EngineSettings.OfThisMachine with { HasBFloat16Products = true };

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
        random.manual_seed(3);
        KanLinear layer = new(from, to, new BSplineOptions { SplineOrder = order }) { Precision = Precision.BFloat16, Engine = WithProducts with { HasBFloat16Products = native } };
        EngineCheck.Agrees(layer, randn(tokens, from), 1e-2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Layers_without_scalers_are_rounded_too(bool native)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(4);
        KanLinear layer = new(20, 30, new BSplineOptions { BaseActivation = BaseActivation.Tanh, StandaloneScaler = false }) { Precision = Precision.BFloat16, Engine = WithProducts with { HasBFloat16Products = native } };
        EngineCheck.Agrees(layer, randn(70, 20), 1e-2);
    }

    public static TheoryData<string, string, bool> KindsSharingsAndProducts()
    {
        TheoryData<string, string, bool> all = [];
        foreach (KanOptions kind in KanKinds.All)
        {
            foreach (string sharing in (string[])["edge", "channel", "group:4"])
            {
                if (sharing == "edge" && kind.IsFunction)
                    continue;
                all.Add(kind.Kind, sharing, true);
                all.Add(kind.Kind, sharing, false);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(KindsSharingsAndProducts))]
    public void Every_kind_agrees_with_the_float64_reference_as_far_as_the_mantissa_goes(string kind, string sharing, bool native)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(9);
        foreach ((int tokens, int outputs) in ((int, int)[])[(0, 3), (1, 5), (37, 7), (2100, 20)])
        {
            using KanLinear layer = new(12, outputs, KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing) });
            (layer.Precision, layer.Engine) = (Precision.BFloat16, WithProducts with { HasBFloat16Products = native, Path = native ? EnginePath.Library : null });
            EngineCheck.AgreesAsFarAsBFloat16(layer, randn(tokens, 12));
        }
    }

    [Theory]
    [MemberData(nameof(KindsSharingsAndProducts))]
    public void A_broken_token_of_any_kind_spoils_no_other(string kind, string sharing, bool native)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(10);
        using KanLinear layer = new(20, 30, KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing) });
        Action<Tensor, Tensor, Tensor> spoil = (result, left, right) => SpoilNeighbours(result, left);
        (layer.Precision, layer.Engine) = (Precision.BFloat16, WithProducts with { HasBFloat16Products = native, Path = native ? EnginePath.Library : null, AfterProduct = spoil });
        Tensor x = randn(40, 20), clean = x.clone(), upstream = randn(4, 10, 30);
        (x[11, 5], clean[11]) = (float.NaN, zeros(20));
        Tensor others = tensor(Enumerable.Range(0, 40).Where(token => token != 11).Select(token => (long)token).ToArray());
        Tensor[] broken = Results(layer, x, upstream), sound = Results(layer, clean, upstream);
        Assert.True(broken[0].view(40, 30)[11].isnan().all().item<bool>());
        Assert.True(broken[0].view(40, 30)[others].eq(sound[0].view(40, 30)[others]).all().item<bool>());
        Assert.True(broken[1].view(40, 20)[others].eq(sound[1].view(40, 20)[others]).all().item<bool>());
    }

    [Theory]
    [InlineData(float.NaN, BaseActivation.Silu, 3, new int[] { 3 })]
    [InlineData(float.NaN, BaseActivation.Tanh, 3, new int[] { 0, 1, 39 })]
    [InlineData(float.PositiveInfinity, BaseActivation.Silu, 2, new int[] { 17 })]
    [InlineData(float.NegativeInfinity, BaseActivation.Identity, 1, new int[] { 38 })]
    [InlineData(float.PositiveInfinity, BaseActivation.Sigmoid, 3, new int[] { 8, 9 })]
    [InlineData(3.4e38f, BaseActivation.Relu, 3, new int[] { 2 })]
    [InlineData(-2e38f, BaseActivation.Gelu, 5, new int[] { 2 })]
    public void A_broken_token_spoils_no_other_where_a_product_would(float value, BaseActivation activation, int order, int[] tokens)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(7);
        KanLinear layer = new(20, 30, new BSplineOptions { BaseActivation = activation, SplineOrder = order }) { Precision = Precision.BFloat16 };
        Tensor clean = randn(40, 20), x = clean.clone(), upstream = randn(4, 10, 30);
        foreach (int token in tokens)
            (x[token, 5], clean[token]) = (value, zeros(20));
        Tensor others = tensor(Enumerable.Range(0, 40).Except(tokens).Select(token => (long)token).ToArray());
        int products = 0;
        layer.Engine = WithProducts with { AfterProduct = Spoil };
        EngineCheck.Agrees(layer, x.view(4, 10, 20), 1e-2, gradients: false);
        Tensor[] half = Results(layer, x, upstream), sound = Results(layer, clean, upstream);
        Assert.True(products >= 4);
        Assert.True(half[0].view(40, 30)[others].eq(sound[0].view(40, 30)[others]).all().item<bool>());
        Assert.True(half[1].view(40, 20)[others].eq(sound[1].view(40, 20)[others]).all().item<bool>());
        layer.Precision = Precision.Float32;
        Tensor[] single = Results(layer, x, upstream);
        for (int at = 0; at < half.Length; at++)
            Assert.True(half[at].isfinite().eq(single[at].isfinite()).all().item<bool>(), $"result {at} is finite elsewhere than in float32");

        void Spoil(Tensor result, Tensor left, Tensor right)
        {
            products++;
            SpoilNeighbours(result, left);
            SpoilNeighbours(result.t(), right.t());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    public void Broken_gradients_of_outputs_and_tokens_that_are_all_broken_break_the_same_as_in_float32(int broken)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(8);
        KanLinear layer = new(20, 30) { Precision = Precision.BFloat16 };
        Tensor x = randn(40, 20), upstream = randn(4, 10, 30);
        x[..broken, 3] = float.NaN;
        upstream[2, 4, 7] = float.NaN;
        layer.Engine = WithProducts with { AfterProduct = (result, left, right) => SpoilNeighbours(result, left) };
        Tensor[] half = Results(layer, x, upstream);
        layer.Precision = Precision.Float32;
        foreach ((Tensor found, Tensor expected) in half.Zip(Results(layer, x, upstream)))
            EngineCheck.Close("result", found, expected, 2e-2);
    }

    // What a matrix unit does that multiplies tiles of several rows: the rows beside a broken one are broken, too.
    private static void SpoilNeighbours(Tensor result, Tensor left)
    {
        using var scope = NewDisposeScope();
        Tensor broken = left.isfinite().all(1).logical_not();
        result.masked_fill_((broken.roll(1, 0) | broken.roll(-1, 0)).unsqueeze(1), double.NaN);
    }

    // The output and all gradients: of the input and of the parameters.
    private static Tensor[] Results(KanLinear layer, Tensor x, Tensor upstream)
    {
        Tensor leaf = x.detach().clone().view(4, 10, 20).requires_grad_(), y = layer.forward(leaf);
        return [y.detach(), .. autograd.grad([y], [leaf, .. layer.parameters()], [upstream])];
    }

    [Fact]
    public void Both_kinds_of_processor_round_the_same_factors()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(5);
        KanLinear layer = new(24, 40) { Precision = Precision.BFloat16 };
        Tensor x = randn(300, 24);
        layer.Engine = WithProducts with { HasBFloat16Products = false };
        Tensor rounded = layer.forward(x);
        layer.Engine = WithProducts;
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
