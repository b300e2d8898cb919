using System.Runtime.Intrinsics;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>The layer's weights in the forms that the panel kernels read. Zeros stand where there is no input or output.</summary>
/// <param name="layout">How the layer is cut up.</param>
/// <param name="plain">The base weight, (out, in), or null.</param>
/// <param name="spline">The spline weight, (out, in, bases).</param>
/// <param name="scaler">(out, in), or null.</param>
/// <param name="rounds">Whether the packed weights are rounded to bfloat16.</param>
internal readonly unsafe struct PanelWeight(PanelLayout layout, float* plain, float* spline, float* scaler, bool rounds)
{
    private const int Six = PanelKernel.Rows;

    // Outputs from gathering a row to asking for it.
    private const int Ahead = 4;

    private readonly PanelLayout _layout = layout;
    private readonly float* _plain = plain, _spline = spline, _scaler = scaler;
    private readonly bool _rounds = rounds;

    /// <summary>Packs all blocks, slab by slab, each in one of the forms below.</summary>
    /// <param name="turned">Which form: that of <see cref="PackTurned"/>, or that of <see cref="Pack"/>.</param>
    /// <param name="to">(blocks, slab).</param>
    public void PackAll(bool turned, float* to)
    {
        PanelWeight self = this;
        int sixes = _layout.OutputRows / Six;
        Rows.Run(_layout.Blocks * sixes, _layout.BlockRows * Six / Rows.CopiesAsOneValue, (first, last) =>
        {
            for (int at = first; at < last; at++)
            {
                (int block, int output) = (at / sixes, at % sixes * Six);
                float* slab = to + block * self._layout.Slab;
                if (turned)
                    self.PackTurned(block, output, Six, slab + (nint)output * Six, self._layout.OutputRows * Six);
                else
                    self.Pack(block, output, Six, slab + (nint)output * self._layout.BlockRows);
            }
        });
    }

    /// <summary>For the forward product: per six outputs (expanded value, output).</summary>
    /// <param name="block">The block of inputs.</param>
    /// <param name="output">The first output.</param>
    /// <param name="outputs">How many, a multiple of six; they may end beyond the layer's.</param>
    /// <param name="to">(outputs / 6, block rows, 6).</param>
    public void Pack(int block, int output, int outputs, float* to)
    {
        int rows = _layout.BlockRows;
        float* six = stackalloc float[Six * rows];
        for (int end = output + outputs; output < end; output += Six, to += (nint)Six * rows)
        {
            for (int r = 0; r < Six; r++)
                Gather(block, output + r, six + r * rows);
            Transposition.Run(six, rows, Six, rows, to, Six);
        }
    }

    /// <summary>For the gradient of the expansion: per six expanded values (output, expanded value).</summary>
    /// <param name="block">The block of inputs.</param>
    /// <param name="output">The first output.</param>
    /// <param name="outputs">How many; they may end beyond the layer's.</param>
    /// <param name="to">(outputs, 6), the next six expanded values' <paramref name="stride"/> further on.</param>
    /// <param name="stride">From six expanded values to the next.</param>
    public void PackTurned(int block, int output, int outputs, float* to, nint stride)
    {
        float* row = stackalloc float[_layout.BlockRows];
        for (int end = output + outputs; output < end; output++, to += Six)
        {
            Gather(block, output, row);
            float* target = to;
            for (int k = 0; k < _layout.BlockRows; k += Six, target += stride)
            {
                Vector128.Store(Vector128.Load(row + k), target);
                *(double*)(target + 4) = *(double*)(row + k + 4);
            }
        }
    }

    // An output's weights of a block, input by input.
    private void Gather(int block, int output, float* to)
    {
        int inputs = _layout.InputsOf(block), bases = _layout.Width - (_plain is null ? 0 : 1), filled = output < _layout.Outputs ? inputs * _layout.Width : 0;
        new Span<float>(to + filled, _layout.BlockRows - filled).Clear();
        if (filled == 0)
            return;
        nint edge = (nint)output * _layout.Inputs + block * _layout.BlockInputs;
        nint later = edge + Ahead * (nint)_layout.Inputs;
        VectorMath.Prefetch(_spline + later * bases, inputs * bases);
        if (_plain is null && _scaler is null)
            new ReadOnlySpan<float>(_spline + edge * bases, filled).CopyTo(new Span<float>(to, filled));
        else
            GatherEdges(edge, later, inputs, bases, to);
        if (_rounds)
            BFloat16Math.Round(to, filled);
    }

    private void GatherEdges(nint edge, nint later, int inputs, int bases, float* to)
    {
        if (_plain is not null)
            VectorMath.Prefetch(_plain + later, inputs);
        if (_scaler is not null)
            VectorMath.Prefetch(_scaler + later, inputs);
        for (int i = 0; i < inputs; i++, edge++, to += bases)
        {
            if (_plain is not null)
                *to++ = _plain[edge];
            VectorMath.Scale(_spline + edge * bases, _scaler is null ? 1 : _scaler[edge], to, bases);
        }
    }
}
