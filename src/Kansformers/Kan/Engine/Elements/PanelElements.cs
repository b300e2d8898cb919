using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Functions whose basis is expanded into memory and combined there, a panel at a time: what has no form in registers.</summary>
/// <param name="kernel">The functions.</param>
/// <param name="parameters">The learned numbers that the kernel reads for an input.</param>
/// <param name="group">How many channels have one function.</param>
internal sealed unsafe class PanelElements<TSimd>(IBasisKernel kernel, int parameters, int group) : IElementKernel
    where TSimd : struct, ISimd<TSimd>
{
    private static int Panel => 2 * TSimd.SumLanes;

    /// <inheritdoc/>
    public bool IsByChannel => true;

    /// <inheritdoc/>
    public int Parameters => parameters;

    /// <inheritdoc/>
    public int SumFloats => parameters * TSimd.SumLanes;

    /// <inheritdoc/>
    public void Values(int function, ElementRun run, float* x, float* y, float* slope)
    {
        float* at = stackalloc float[Panel], value = stackalloc float[Panel], one = stackalloc float[Panel];
        for (int row = 0; row < run.Rows; row++)
        {
            int channel = function * group + row;
            for (int i = 0; i < run.Length; i += Panel)
            {
                int count = Math.Min(Panel, run.Length - i);
                Fill(x + row * run.From + i, at, count);
                kernel.Expand(channel, at, 1, value, Panel);
                new ReadOnlySpan<float>(value, count).CopyTo(new Span<float>(y + row * run.To + i, count));
                if (slope is null)
                    continue;
                new Span<float>(one, Panel).Fill(1);
                kernel.Contract(channel, at, 1, one, Panel, value, null);
                new ReadOnlySpan<float>(value, count).CopyTo(new Span<float>(slope + row * run.To + i, count));
            }
        }
    }

    /// <inheritdoc/>
    public void Sums(int function, ElementRun run, float* x, float* upstream, float* sums)
    {
        float* at = stackalloc float[Panel], g = stackalloc float[Panel], unused = stackalloc float[Panel];
        for (int row = 0; row < run.Rows; row++)
        {
            for (int i = 0; i < run.Length; i += Panel)
            {
                int count = Math.Min(Panel, run.Length - i);
                Fill(x + row * run.From + i, at, count);
                Fill(upstream + row * run.To + i, g, count);
                kernel.Contract(function * group + row, at, 1, g, Panel, unused, sums);
            }
        }
    }

    /// <inheritdoc/>
    public void Finish(int function, float* sums, float* gradient) => ElementLoops.SumLanes(sums, TSimd.SumLanes, gradient, parameters);

    private static void Fill(float* from, float* to, int count)
    {
        new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));
        new Span<float>(to + count, Panel - count).Clear();
    }
}
