using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The layer's weights as the panel kernels read them, and their gradient back from how the kernels write it.</summary>
internal static unsafe class PanelWeight
{
    /// <summary>
    /// Fills <paramref name="packed"/>, per block: per six outputs (expanded value, output), or turned, per six expanded values (output, expanded value).
    /// Zeros stand where there is no input or output.
    /// </summary>
    public static void Pack(PanelLayout layout, in KanWeights weights, bool turned, Tensor packed)
    {
        using var scope = NewDisposeScope();
        Tensor ownBase = weights.Base.contiguous(), ownSpline = weights.Spline.contiguous();
        Tensor? ownScaler = weights.Scaler?.contiguous();
        float* plain = (float*)RawMemory.Pointer(ownBase), spline = (float*)RawMemory.Pointer(ownSpline), to = (float*)RawMemory.Pointer(packed);
        float* scale = ownScaler is null ? null : (float*)RawMemory.Pointer(ownScaler);
        int sixes = layout.OutputRows / PanelKernel.Rows;
        Rows.Run(layout.Blocks * sixes, layout.BlockRows * PanelKernel.Rows, (first, last) =>
        {
            for (int at = first; at < last; at++)
            {
                (int block, int six) = (at / sixes, at % sixes);
                float* slab = to + block * layout.Slab;
                int output = six * PanelKernel.Rows;
                if (turned)
                    PackTurned(layout, plain, spline, scale, block, output, slab);
                else
                    PackSix(layout, plain, spline, scale, block, output, slab + (nint)output * layout.BlockRows);
            }
        });
    }

    /// <summary>Splits the gradient into those of the parameters; a null target is not wanted.</summary>
    /// <param name="layout">The layout of <paramref name="gradient"/>.</param>
    /// <param name="gradient">Per block, per panel of outputs, (expanded value, output).</param>
    /// <param name="edges">Where the gradients of the splines and scalers go.</param>
    /// <param name="baseGradient">Where the gradient of the base weight goes, (out, in).</param>
    public static void Unpack(PanelLayout layout, Tensor gradient, EdgeGradients edges, GradientTarget? baseGradient)
    {
        float* from = (float*)RawMemory.Pointer(gradient), plain = baseGradient is GradientTarget target ? (float*)RawMemory.Pointer(target.Tensor) : null;
        bool adds = baseGradient is { Adds: true };
        Rows.Run(layout.Blocks * layout.OutputPanels, layout.BlockRows * layout.Panel, (first, last) =>
        {
            using CacheLines turned = new((long)layout.BlockRows * layout.Panel);
            for (int at = first; at < last; at++)
            {
                (int block, int panel) = (at / layout.OutputPanels, at % layout.OutputPanels);
                int inputs = layout.InputsOf(block), width = layout.Width, firstOutput = panel * layout.Panel, length = inputs * width;
                Transposition.Run(from + (nint)at * layout.BlockRows * layout.Panel, length, layout.Panel, turned.Pointer);
                for (int o = 0; o < Math.Min(layout.Panel, layout.Outputs - firstOutput); o++)
                {
                    nint edge = (nint)(firstOutput + o) * layout.Inputs + block * layout.BlockInputs;
                    float* source = turned.Pointer + (nint)o * length;
                    for (int i = 0; i < inputs; i++, edge++, source += width)
                    {
                        if (plain is not null)
                            plain[edge] = adds ? plain[edge] + source[0] : source[0];
                        if (edges.AreWanted)
                            edges.Write(edge, source + 1);
                    }
                }
            }
        });
    }

    private static void PackSix(PanelLayout layout, float* plain, float* spline, float* scale, int block, int output, float* to)
    {
        const int rows = PanelKernel.Rows;
        int inputs = layout.InputsOf(block), real = Math.Min(rows, layout.Outputs - output), bases = layout.Width - 1;
        if (real < rows || inputs * layout.Width < layout.BlockRows)
            new Span<float>(to, layout.BlockRows * rows).Clear();
        for (int row = 0; row < real; row++)
        {
            nint edge = (nint)(output + row) * layout.Inputs + block * layout.BlockInputs;
            float* target = to + row, coefficient = spline + edge * bases;
            for (int i = 0; i < inputs; i++, edge++)
            {
                float factor = scale is null ? 1 : scale[edge];
                *target = plain[edge];
                target += rows;
                for (int c = 0; c < bases; c++, target += rows)
                    *target = factor * *coefficient++;
            }
        }
    }

    private static void PackTurned(PanelLayout layout, float* plain, float* spline, float* scale, int block, int output, float* slab)
    {
        const int rows = PanelKernel.Rows;
        int inputs = layout.InputsOf(block), width = layout.Width, filled = inputs * width;
        float* row = stackalloc float[layout.BlockRows];
        new Span<float>(row + filled, layout.BlockRows - filled).Clear();
        for (int o = output; o < output + rows; o++)
        {
            if (o < layout.Outputs)
            {
                nint edge = (nint)o * layout.Inputs + block * layout.BlockInputs;
                for (int i = 0; i < inputs; i++, edge++)
                {
                    row[i * width] = plain[edge];
                    VectorMath.Scale(spline + edge * (width - 1), scale is null ? 1 : scale[edge], row + i * width + 1, width - 1);
                }
            }
            else
            {
                new Span<float>(row, filled).Clear();
            }

            float* target = slab + (nint)o * rows;
            for (int k = 0; k < layout.BlockRows; k += rows, target += (nint)layout.OutputRows * rows)
            {
                for (int r = 0; r < rows; r++)
                    target[r] = row[k + r];
            }
        }
    }
}
