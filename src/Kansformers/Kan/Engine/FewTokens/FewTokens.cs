using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The forward pass for a token or a few, as text generation needs it. Reading the weights is the whole cost then, so the layer's own weights are read
/// where they lie, and of each spline only the live coefficients: no combined weight is made, and nothing needs to know whether a parameter has changed.
/// </summary>
internal static unsafe class FewTokens
{
    /// <summary>Up to how many tokens this beats the matrix product.</summary>
    public const int Most = 4;

    /// <summary>Whether this path computes a layer for so many tokens: splines that have a whole window of coefficients to read, or a basis without scalers.</summary>
    public static bool Fits(EngineLayer layer, long tokens) => tokens is > 0 and <= Most
        && (HasLive(layer) || layer.Tensors.Find(KanRole.Scaler) is null);

    /// <summary>The layer's output without a graph.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">Contiguous float32 on the CPU, (tokens, in), at most <see cref="Most"/> tokens.</param>
    /// <returns>(tokens, out).</returns>
    public static Tensor Forward(EngineLayer layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor y = HasLive(layer) ? Splines(layer, x) : FewTokensDense.Forward(layer, x);
        foreach (KanRole role in (KanRole[])[KanRole.BaseBias, KanRole.Bias])
        {
            if (layer.Tensors.Find(role) is Tensor bias)
                y.add_(bias);
        }

        return y.MoveToOuterDisposeScope();
    }

    private static bool HasLive(EngineLayer layer) => layer.PlainSplines is SplinePlan plan && plan.Bases >= Window(plan);

    private static Tensor Splines(EngineLayer layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        (SplinePlan plan, BaseActivation activation, KanWeights weights) = ((SplinePlan)layer.Plan, layer.Activation!.Value, layer.Weights());
        (int tokens, int inputs, int outputs, int bases, int window) = ((int)x.shape[0], plan.Inputs, (int)weights.Outputs, plan.Bases, Window(plan));
        Tensor y = empty(tokens, outputs, dtype: ScalarType.Float32), expansion = Scratch.OfThread.Matrix(Scratch.Use.Expansion, tokens, (bases + 1L) * inputs);
        Expansion.Write(plan, activation, x, expansion);
        Tensor ownBase = weights.Base!.contiguous(), ownSpline = weights.Coefficients.contiguous();
        Tensor? ownScaler = weights.Scaler?.contiguous();
        float* expanded = (float*)RawMemory.Pointer(expansion), to = (float*)RawMemory.Pointer(y);
        float* plain = (float*)RawMemory.Pointer(ownBase), spline = (float*)RawMemory.Pointer(ownSpline);
        float* scale = ownScaler is null ? null : (float*)RawMemory.Pointer(ownScaler);

        float[] live = ArrayPool<float>.Shared.Rent(tokens * inputs * window);
        int[] start = ArrayPool<int>.Shared.Rent(tokens * inputs);
        fixed (float* values = live)
        fixed (int* starts = start)
        {
            float* value = values;
            int* from = starts;
            nint width = (bases + 1) * (nint)inputs;
            for (int token = 0; token < tokens; token++)
                FindLive(expanded + token * width + inputs, inputs, bases, window, value + (nint)token * inputs * window, from + (nint)token * inputs);
            Rows.Run(outputs, (long)tokens * inputs * window, (first, last) =>
            {
                for (int o = first; o < last; o++)
                {
                    for (int token = 0; token < tokens; token++)
                    {
                        nint row = (nint)o * inputs, edge = (nint)token * inputs;
                        to[(nint)token * outputs + o] = VectorMath.Dot(plain + row, expanded + token * width, inputs)
                            + Splines(spline + row * bases, scale is null ? null : scale + row, value + edge * window, from + edge, inputs, window);
                    }
                }
            });
        }

        ArrayPool<float>.Shared.Return(live);
        ArrayPool<int>.Shared.Return(start);
        return y.MoveToOuterDisposeScope();
    }

    private static int Window(SplinePlan plan) => plan.Order <= 3 ? 4 : 8;

    // Finds where each input's non-zero bases begin (a window that fits into its coefficients) and copies them; starts count from the row's first coefficient.
    private static void FindLive(float* bases, int inputs, int count, int window, float* values, int* starts)
    {
        for (int i = 0; i < inputs; i++)
        {
            int c = 0;
            while (c < count - window && bases[(nint)c * inputs + i] == 0)
                c++;
            starts[i] = i * count + c;
            for (int w = 0; w < window; w++)
                values[(nint)i * window + w] = bases[(nint)(c + w) * inputs + i];
        }
    }

    private static float Splines(float* coefficients, float* scale, float* values, int* starts, int inputs, int window)
    {
        Vector128<float> even = Vector128<float>.Zero, odd = even;
        int i = 0;
        for (; i + 2 <= inputs; i += 2, values += 2 * window)
        {
            even = Add(even, coefficients + starts[i], values, scale is null ? 1 : scale[i], window);
            odd = Add(odd, coefficients + starts[i + 1], values + window, scale is null ? 1 : scale[i + 1], window);
        }

        if (i < inputs)
            even = Add(even, coefficients + starts[i], values, scale is null ? 1 : scale[i], window);
        return Vector128.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Add(Vector128<float> sum, float* live, float* values, float factor, int window)
    {
        Vector128<float> term = Vector128.Load(live) * Vector128.Load(values);
        if (window == 8)
            term = Vector128.FusedMultiplyAdd(Vector128.Load(live + 4), Vector128.Load(values + 4), term);
        return Vector128.FusedMultiplyAdd(term, Vector128.Create(factor), sum);
    }
}
