using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>A layer over chunks of tokens has the outputs and gradients that it has on all of them, whatever its parameters are to it.</summary>
public sealed class KanChunksTests
{
    private const int Inputs = 6, Outputs = 400, Tokens = 45, Chunk = 32;

    /// <summary>Every kind, its functions for each edge and shared, with a layer norm in front and biases.</summary>
    public static TheoryData<string, string, InputNorm, Precision> Layers
    {
        get
        {
            TheoryData<string, string, InputNorm, Precision> all = [];
            foreach (KanOptions kind in KanKinds.All)
            {
                foreach (string sharing in (string[])[.. kind.Sharing.IsEdge ? ["edge"] : (string[])[], "group:2", "channel"])
                {
                    all.Add(kind.Kind, sharing, InputNorm.LayerNorm, Precision.Float32);
                    all.Add(kind.Kind, sharing, InputNorm.None, Precision.Float32);
                }

                all.Add(kind.Kind, kind.Sharing.IsEdge ? "edge" : "channel", InputNorm.LayerNorm, Precision.BFloat16);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Outputs_and_gradients_are_those_of_one_call(string kind, string sharing, InputNorm norm, Precision precision)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(11);
        using KanLinear layer = Layer(KanSettings.With(KanKinds.Named(kind), "sharing", sharing) with { Norm = norm, Bias = true });
        layer.Precision = precision;
        Tensor x = randn(Tokens, Inputs).requires_grad_(), upstream = randn(Tokens, Outputs), expected = layer.forward(x);
        IReadOnlyList<Parameter> parameters = layer.ChunkParameters;
        Assert.Equal(layer.parameters().Count(), parameters.Count);
        IList<Tensor> gradients = autograd.grad([expected], [x, .. parameters], [upstream]);
        Tensor y = empty(Tokens, Outputs), dx = empty(Tokens, Inputs);
        Tensor?[] found = InChunks(layer, x.detach(), upstream, y, dx);

        // Tiles of bfloat16 are cut where chunks are, and each is rounded.
        double tolerance = precision == Precision.Float32 ? 1e-5 : 1e-2;
        EngineCheck.Close("output", y, expected.detach(), tolerance);
        EngineCheck.Close("gradient of x", dx, gradients[0], tolerance);
        for (int at = 0; at < parameters.Count; at++)
        {
            Assert.Equal(parameters[at].shape, found[at]!.shape);
            EngineCheck.Close($"gradient of parameter {at}", found[at]!, gradients[at + 1], tolerance);
        }
    }

    [Fact]
    public void What_is_frozen_gets_no_gradient_and_the_rest_the_same()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(12);
        using KanLinear layer = Layer(new BSplineOptions { Norm = InputNorm.LayerNorm, Bias = true });
        Tensor x = randn(Tokens, Inputs), upstream = randn(Tokens, Outputs), y = empty(Tokens, Outputs), dx = empty(Tokens, Inputs);
        Tensor?[] all = InChunks(layer, x, upstream, y, dx);
        IReadOnlyList<Parameter> parameters = layer.ChunkParameters;
        for (int frozen = 0; frozen < parameters.Count; frozen++)
        {
            parameters[frozen].requires_grad = false;
            Tensor?[] rest = InChunks(layer, x, upstream, y, dx: null);
            parameters[frozen].requires_grad = true;
            for (int at = 0; at < parameters.Count; at++)
            {
                if (at == frozen)
                    Assert.Null(rest[at]);
                else
                    Assert.True(all[at]!.equal(rest[at]!).all().item<bool>());
            }
        }
    }

    private static KanLinear Layer(KanOptions options)
    {
        KanLinear layer = new(Inputs, Outputs, options);
        using var guard = no_grad();
        foreach (Parameter parameter in layer.parameters())
            parameter.add_(randn_like(parameter) * 0.1);
        return layer;
    }

    private static Tensor?[] InChunks(KanLinear layer, Tensor x, Tensor upstream, Tensor y, Tensor? dx)
    {
        using var guard = no_grad();
        using IChunkedLayer chunks = layer.OpenChunks(Chunk);
        for (int from = 0; from < Tokens; from += Chunk)
        {
            int rows = Math.Min(Chunk, Tokens - from);
            chunks.Forward(x.narrow(0, from, rows), y.narrow(0, from, rows));
            chunks.Backward(x.narrow(0, from, rows), upstream.narrow(0, from, rows), dx?.narrow(0, from, rows));
        }

        return chunks.WeightGradients();
    }
}
