using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Tests.Kan;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>The fused functions of a decoder have the numbers of torch's operations in float64, values and gradients, at any number of threads.</summary>
public sealed class DecoderKernelTests
{
    // Sequences, tokens, heads, size of a head: several tiles, fewer tokens than a vector has lanes, sizes that no vector divides.
    public static TheoryData<int, int, int, int, bool> AttentionCases => new()
    {
        { 2, 64, 4, 32, true }, { 2, 64, 4, 32, false }, { 1, 5, 2, 6, true }, { 2, 130, 1, 16, true }, { 2, 130, 2, 24, false }, { 1, 33, 3, 64, true }, { 3, 1, 1, 2, true },
    };

    [Theory]
    [MemberData(nameof(AttentionCases))]
    public void Attention_is_that_of_torch(int sequences, int tokens, int heads, int size, bool norm)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        HeadLayout layout = new(heads, size) { Norm = norm, Past = 3 };
        Tensor packed = randn(sequences, tokens, 3 * layout.Width);
        Assert.True(AttentionFunction.Fits(packed));
        Agrees(x => AttentionFunction.Apply(x[0], layout), x => AttentionReference.Apply(x[0], layout), packed);
    }

    [Fact]
    public void Attention_with_large_queries_and_keys_stays_finite()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(2);
        HeadLayout layout = new(2, 16) { Norm = false };
        Tensor packed = (randn(1, 40, 96) * 12).requires_grad_(), exact = packed.detach().to_type(ScalarType.Float64).requires_grad_();
        Tensor y = AttentionFunction.Apply(packed, layout), expected = AttentionReference.Apply(exact, layout);

        // Exponents of a thousand have an ulp of 6e-5.
        EngineCheck.Close("value", y, expected, 1e-4);
        EngineCheck.Close("gradient", autograd.grad([y.sum()], [packed])[0], autograd.grad([expected.sum()], [exact])[0], 1e-3);
    }

    // Sequences, tokens, channels, kernel.
    [Theory]
    [InlineData(2, 64, 128, 4)]
    [InlineData(1, 5, 7, 3)]
    [InlineData(2, 130, 20, 4)]
    [InlineData(3, 2, 33, 4)]
    [InlineData(1, 70, 16, 1)]
    [InlineData(2, 66, 9, 64)]
    public void Norm_and_convolution_are_those_of_torch(int sequences, int tokens, int channels, int kernel)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(4);
        Tensor input = randn(sequences, tokens, channels), weight = randn(channels, kernel);
        Agrees(x => NormFunction.Norm(x[0]), x => NormFunction.Reference(x[0], null, norm: true), input);
        Agrees(x => NormFunction.Convolution(x[0], x[1], norm: false), x => NormFunction.Reference(x[0], x[1], norm: false), input, weight);
        Agrees(x => NormFunction.Convolution(x[0], x[1], norm: true), x => NormFunction.Reference(x[0], x[1], norm: true), input, weight);
    }

    [Theory]
    [InlineData(2, 64, 4, 32)]
    [InlineData(1, 5, 3, 7)]
    [InlineData(3, 33, 1, 16)]
    public void Gates_of_heads_are_those_of_torch(int sequences, int tokens, int heads, int size)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        Tensor gates = randn(sequences, tokens, heads) * 3, found = randn(sequences, tokens, heads * size);
        Agrees(x => HeadGateFunction.Apply(x[0], x[1]), x => HeadGateFunction.Reference(x[0], x[1]), gates, found);
    }

    [Fact]
    public void Tiny_and_zero_rows_have_finite_norms()
    {
        using var scope = NewDisposeScope();
        Tensor input = cat([zeros(1, 8), full([1, 8], 1e-20f), full([1, 8], 1e18f)]);
        Agrees(x => NormFunction.Norm(x[0]), x => NormFunction.Reference(x[0], null, norm: true), input[..2]);
        EngineCheck.Close("norm", NormFunction.Norm(input), NormFunction.Reference(input.to_type(ScalarType.Float64), null, norm: true), 1e-6);
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        Tensor packed = randn(6, 100, 192), input = randn(6, 200, 96), weight = randn(96, 4);
        int threads = get_num_threads();
        try
        {
            Tensor[][] found = [.. ((int[])[1, 2, 3]).Select(Results)];
            foreach (Tensor[] other in found[1..])
                Assert.All(other.Zip(found[0]), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
        }
        finally
        {
            set_num_threads(threads);
        }

        Tensor[] Results(int count)
        {
            set_num_threads(count);
            return
            [
                .. Run(x => AttentionFunction.Apply(x[0], new HeadLayout(4, 16)), packed), .. Run(x => NormFunction.Norm(x[0]), input),
                .. Run(x => NormFunction.Convolution(x[0], x[1], norm: true), input, weight),
            ];
        }

        static Tensor[] Run(Func<Tensor[], Tensor> function, params Tensor[] inputs)
        {
            Tensor[] leaves = [.. inputs.Select(one => one.detach().requires_grad_())];
            Tensor y = function(leaves);
            return [y.detach(), .. autograd.grad([y], leaves, [ones_like(y)])];
        }
    }

    [Fact]
    public void Gradients_can_be_differentiated()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        HeadLayout layout = new(2, 6);
        Twice(x => AttentionFunction.Apply(x[0], layout), x => AttentionReference.Apply(x[0], layout), randn(1, 4, 36));
        Twice(x => NormFunction.Convolution(x[0], x[1], norm: true), x => NormFunction.Reference(x[0], x[1], norm: true), randn(1, 5, 6), randn(6, 2));

        static void Twice(Func<Tensor[], Tensor> function, Func<Tensor[], Tensor> exact, params Tensor[] inputs)
        {
            Tensor[] ours = [.. inputs.Select(one => one.detach().requires_grad_())], theirs = [.. inputs.Select(one => one.to_type(ScalarType.Float64).requires_grad_())];
            Tensor[] found = Second(function, ours), expected = Second(exact, theirs);
            for (int at = 0; at < found.Length; at++)
                EngineCheck.Close($"second gradient {at}", found[at], expected[at], 1e-5);
        }

        static Tensor[] Second(Func<Tensor[], Tensor> function, Tensor[] leaves)
        {
            Tensor first = autograd.grad([function(leaves).square().sum()], [leaves[0]], retain_graph: true, create_graph: true)[0];
            return [.. autograd.grad([first.square().sum()], leaves)];
        }
    }

    [Fact]
    public void A_trainer_collects_the_gradient_of_a_convolution_batch_after_batch()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(7);
        Tensor input = randn(2, 10, 12);
        Parameter weight = new(randn(12, 4));
        Tensor expected = autograd.grad([NormFunction.Convolution(input, weight, norm: true).sum()], [weight])[0];
        using GradientBuffers buffers = new([weight]);
        for (int step = 0; step < 2; step++)
        {
            for (int batch = 0; batch < 2; batch++)
                buffers.Collect(() => NormFunction.Convolution(input, weight, norm: true).sum().backward());
            buffers.Publish();
            EngineCheck.Close("weight", weight.grad!, expected * 2, 1e-6);
            weight.grad = null;
        }
    }

    private static void Agrees(Func<Tensor[], Tensor> function, Func<Tensor[], Tensor> exact, params Tensor[] inputs)
    {
        using var scope = NewDisposeScope();
        Tensor[] ours = [.. inputs.Select(one => one.detach().requires_grad_())], theirs = [.. inputs.Select(one => one.detach().to_type(ScalarType.Float64).requires_grad_())];
        Tensor y = function(ours), expected = exact(theirs), upstream = randn_like(y);
        EngineCheck.Close("value", y.detach(), expected.detach(), 1e-5);
        IList<Tensor> found = autograd.grad([y], ours, [upstream]), gradients = autograd.grad([expected], theirs, [upstream.to_type(ScalarType.Float64)]);
        for (int at = 0; at < ours.Length; at++)
            EngineCheck.Close($"gradient {at}", found[at], gradients[at], 1e-5);
        using var guard = no_grad();
        EngineCheck.Close("value without a graph", function(inputs), y.detach(), 0);
    }
}
