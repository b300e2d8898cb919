using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Where the weights' gradients go, from the form in which the panel kernels write them.</summary>
/// <param name="layout">How the layer is cut up.</param>
/// <param name="edges">Where the gradients of the splines and scalers go.</param>
/// <param name="plain">Where the gradient of the base weight goes, (out, in); null when not wanted.</param>
/// <param name="hasPlain">Whether the expansion begins with a base activation.</param>
/// <param name="adds">Whether the gradient of the base weight is added to what stands there.</param>
internal readonly unsafe struct PanelGradient(PanelLayout layout, EdgeGradients edges, float* plain, bool hasPlain, bool adds)
{
    private readonly PanelLayout _layout = layout;
    private readonly EdgeGradients _edges = edges;
    private readonly float* _plain = plain;
    private readonly int _skip = hasPlain ? 1 : 0;
    private readonly bool _adds = adds;

    /// <summary>Splits the gradient of a whole layer: per block, per panel of outputs, (expanded value, output).</summary>
    public void PutAll(float* gradient)
    {
        PanelGradient self = this;
        int rows = _layout.BlockRows * _layout.Panel;
        Rows.Run(_layout.Blocks * _layout.OutputPanels, rows / Rows.CopiesAsOneValue, (first, last) =>
        {
            for (int at = first; at < last; at++)
                self.Put(at / self._layout.OutputPanels, at % self._layout.OutputPanels, gradient + (nint)at * rows);
        });
    }

    /// <summary>Splits the gradient of a block of inputs and a panel of outputs.</summary>
    /// <param name="block">The block.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="gradient">(block rows, panel).</param>
    public void Put(int block, int panel, float* gradient)
    {
        int inputs = _layout.InputsOf(block), width = _layout.Width, firstOutput = panel * _layout.Panel, length = inputs * width;
        using CacheLines turned = new((long)_layout.Panel * length);
        for (int o = 0; o < _layout.Panel; o++)
        {
            nint edge = (nint)(firstOutput + o) * _layout.Inputs + block * _layout.BlockInputs;
            _edges.Prefetch(edge, inputs);
            if (_plain is not null)
                VectorMath.Prefetch(_plain + edge, inputs);
        }

        Transposition.Run(gradient, length, _layout.Panel, turned.Pointer);
        for (int o = 0; o < Math.Min(_layout.Panel, _layout.Outputs - firstOutput); o++)
        {
            nint edge = (nint)(firstOutput + o) * _layout.Inputs + block * _layout.BlockInputs;
            float* source = turned.Pointer + (nint)o * length;
            for (int i = 0; i < inputs; i++, edge++, source += width)
            {
                if (_plain is not null)
                    _plain[edge] = _adds ? _plain[edge] + source[0] : source[0];
                if (_edges.AreWanted)
                    _edges.Write(edge, source + _skip);
            }
        }
    }
}
