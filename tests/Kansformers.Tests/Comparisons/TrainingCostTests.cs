using Kansformers.Comparisons;
using Kansformers.Kan;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Comparisons;

/// <summary>Operations of training, counted from the layers, and the coefficients that a token makes use of.</summary>
public class TrainingCostTests
{
    private const int Width = 8, Vocabulary = 11, Block = 4, Hidden = 4 * Width;
    private const double Attention = 12.0 * Width * Block, Head = Width * Vocabulary, Mixing = 4 * Width * Width;

    private static readonly GptOptions Linear = new() { Layers = 1, Heads = 2, Width = Width, BlockSize = Block, VocabularySize = Vocabulary, Placement = KanPlacement.None };

    [Fact]
    public void A_linear_model_costs_its_products_and_attention() =>
        Assert.Equal((6 * (Mixing + (2 * Width * Hidden) + Head)) + Attention, TrainingCost.FlopsPerToken(Linear));

    [Fact]
    public void Edges_cost_the_product_of_their_expanded_inputs_and_the_expansion()
    {
        // Grid 5 and order 3 give 8 functions, of which 4 are live, and a base branch: 33 operations to expand an input, 10 for its SiLU.
        const double columns = 9, expansion = (3 * (33 + 10)) + (2 * 4);
        double products = Mixing + (2 * columns * Width * Hidden) + Head, inputs = Width + Hidden;
        Assert.Equal((6 * products) + Attention + (expansion * inputs), TrainingCost.FlopsPerToken(Linear with { Placement = KanPlacement.Mlp, Kan = new BSplineOptions() }));
    }

    [Fact]
    public void Shared_functions_cost_little_beside_their_product()
    {
        KansformerOptions plain = new() { Layers = 1, Heads = 2, Width = Width, BlockSize = Block, VocabularySize = Vocabulary, FeedForward = "swiglu", Inner = 16 };
        KansformerOptions gated = plain with { FeedForward = "gated" };

        // Splines of order 3 without a base branch, on both sides of the gate.
        const double functions = (3 * 33) + (2 * 4 * 3);
        Assert.Equal(2 * 16 * functions, TrainingCost.FlopsPerToken(gated) - TrainingCost.FlopsPerToken(plain), 6);
    }

    [Fact]
    public void Every_kind_has_an_expansion_that_costs_something() => Assert.All(KanKinds.All, kind =>
    {
        Assert.InRange(kind.ExpansionOperations, 1, 1000);
        Assert.InRange(kind.LiveFunctions, 1, kind.Functions);
    });

    // The gradients of one token tell which coefficients it used.
    [Theory]
    [InlineData(5, 3)]
    [InlineData(12, 2)]
    public void Live_coefficients_of_edges_are_those_with_a_gradient(int gridSize, int order)
    {
        BSplineOptions options = new() { GridSize = gridSize, SplineOrder = order };
        using KanLinear layer = new(3, 2, options);
        using Tensor x = tensor(new float[,] { { -0.33f, 0.11f, 0.77f } });
        using (Tensor y = layer.forward(x).sum())
            y.backward();
        long used = layer.named_parameters().Sum(entry => entry.parameter.grad is Tensor gradient ? gradient.count_nonzero().item<long>() : 0);
        Assert.Equal(layer.named_parameters().Sum(entry => entry.parameter.numel()) - options.IdleCoefficients(3, 2), used);
    }

    [Fact]
    public void Live_coefficients_of_shared_functions_are_at_most_all_of_a_group()
    {
        BSplineOptions options = new() { GridSize = 20, BaseActivation = null, Sharing = KanSharing.Group(2) };
        Assert.Equal(2 * (23 - 8), options.IdleCoefficients(4, 4));
        Assert.Equal(0, options.IdleCoefficients(64, 64));
        using KanActivation activation = new(4, options);
        using Tensor x = tensor(new float[,] { { -0.9f, 0.9f, -0.5f, 0.4f } });
        using (Tensor y = activation.forward(x).sum())
            y.backward();
        Assert.Equal(2 * 8, activation.parameters().Sum(parameter => parameter.grad!.count_nonzero().item<long>()));
    }

    [Fact]
    public void A_description_counts_embeddings_and_live_parameters()
    {
        ModelDescription linear = ModelDescription.Of(Linear), edges = ModelDescription.Of(Linear with { Placement = KanPlacement.Mlp, Kan = new BSplineOptions() });
        Assert.Equal(linear.ParameterCount, linear.LiveParameterCount);
        Assert.Equal((Vocabulary + Block) * Width, linear.EmbeddingParameterCount);
        Assert.Equal(2 * Width * Hidden * 4, edges.ParameterCount - edges.LiveParameterCount);
    }
}
