using System.Buffers;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The forward pass of a few tokens for a basis of which every function counts: the tokens are expanded once, in the order in which the weights lie, and each
/// output is then the scalar product of two rows. The weights are read once, where they are.
/// </summary>
internal static unsafe class FewTokensDense
{
    /// <summary>The layer's output, without biases.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in).</param>
    /// <returns>(tokens, out).</returns>
    public static Tensor Forward(EngineLayer layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        (int tokens, int inputs, int bases, int outputs) = ((int)x.shape[0], layer.Plan.Inputs, layer.Plan.Bases, (int)layer.Outputs);
        KanWeights weights = layer.Weights();
        Tensor y = empty(tokens, outputs, dtype: ScalarType.Float32), coefficients = weights.Coefficients.contiguous();
        Tensor? plain = weights.Base?.contiguous(), parameters = FunctionParameters.Pack(layer.Tensors);
        LayerInput input = LayerInput.Of(layer, x);
        float[] rented = ArrayPool<float>.Shared.Rent(tokens * inputs * (bases + 1));
        fixed (float* expanded = rented)
        {
            float* active = expanded + (nint)tokens * inputs * bases, row = (float*)RawMemory.Pointer(coefficients);
            float* baseRow = plain is null ? null : (float*)RawMemory.Pointer(plain), to = (float*)RawMemory.Pointer(y), all = expanded;
            Expand(layer.Plan.Kernel(FunctionParameters.ForKernel(parameters, inputs), layer.Settings.Lanes), (float*)RawMemory.Pointer(input.Z), tokens, inputs, bases, expanded, layer.Settings.Lanes);
            if (layer.Activation is BaseActivation activation)
                BaseBranch.Expand(activation, (float*)RawMemory.Pointer(input.X), tokens, inputs, active, inputs);
            Rows.Run(outputs, (long)tokens * inputs * (bases + 1), (first, last) =>
            {
                for (int o = first; o < last; o++)
                {
                    for (int token = 0; token < tokens; token++)
                    {
                        nint width = (nint)inputs * bases;
                        to[(nint)token * outputs + o] = VectorMath.Dot(row + o * width, all + token * width, (int)width)
                            + (baseRow is null ? 0 : VectorMath.Dot(baseRow + (nint)o * inputs, active + (nint)token * inputs, inputs));
                    }
                }
            });
        }

        ArrayPool<float>.Shared.Return(rented);
        return y.MoveToOuterDisposeScope();
    }

    // Kernels work on panels of tokens: a few tokens are a panel with zeros behind them.
    private static void Expand(IBasisKernel kernel, float* z, int tokens, int inputs, int bases, float* expanded, int lanes)
    {
        int panel = 2 * lanes;
        using CacheLines memory = new((bases + 1) * (long)panel);
        float* x = memory.Pointer, values = x + panel;
        new Span<float>(x, panel).Clear();
        for (int i = 0; i < inputs; i++)
        {
            for (int token = 0; token < tokens; token++)
                x[token] = z[(nint)token * inputs + i];
            kernel.Expand(i, x, 1, values, 0);
            for (int token = 0; token < tokens; token++)
            {
                float* to = expanded + ((nint)token * inputs + i) * bases;
                for (int c = 0; c < bases; c++)
                    to[c] = values[c * panel + token];
            }
        }
    }
}
