using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>The gradient of a tile's outputs as the kernels read it: turned, a panel of tokens at a time, and by panels of outputs, a group of tokens at a time.</summary>
/// <param name="layout">How the layer is cut up.</param>
/// <param name="tokens">The tokens of the tile.</param>
/// <param name="byTokens">Memory of <see cref="FloatsByTokens"/>.</param>
/// <param name="byOutputs">Memory of <see cref="FloatsByOutputs"/>.</param>
internal readonly unsafe struct PanelUpstream(PanelLayout layout, int tokens, float* byTokens, float* byOutputs)
{
    private readonly PanelLayout _layout = layout;
    private readonly float* _byTokens = byTokens, _byOutputs = byOutputs;

    /// <summary>The tokens of the tile.</summary>
    public int Tokens { get; } = tokens;

    /// <summary>The floats of the turned form.</summary>
    public static long FloatsByTokens(PanelLayout layout, long tokens) => (tokens + layout.Panel - 1) / layout.Panel * layout.Panel * layout.OutputRows;

    /// <summary>The floats of the other form.</summary>
    public static long FloatsByOutputs(PanelLayout layout, long tokens)
    {
        long group = layout.GroupPanels * layout.Panel;
        return (tokens + group - 1) / group * group * layout.OutputPanels * layout.Panel;
    }

    /// <summary>A panel of tokens, (output rows, panel).</summary>
    public float* ByTokens(int panel) => _byTokens + (nint)panel * _layout.OutputRows * _layout.Panel;

    /// <summary>A group of tokens: per panel of outputs (group tokens, panel).</summary>
    /// <param name="token">The group's first token.</param>
    public float* ByOutputs(int token) => _byOutputs + (nint)token * _layout.OutputPanels * _layout.Panel;

    /// <summary>Fills both forms; what is missing from whole panels is 0.</summary>
    /// <param name="dy">(tokens, out).</param>
    /// <param name="rounds">Whether the values are rounded to bfloat16.</param>
    public void Fill(float* dy, bool rounds)
    {
        PanelUpstream self = this;
        int panels = (Tokens + _layout.Panel - 1) / _layout.Panel;
        Rows.Run(panels, 2L * _layout.Panel * _layout.Outputs, (first, last) =>
        {
            for (int p = first; p < last; p++)
                self.FillPanel(p, dy, rounds);
        });
    }

    private void FillPanel(int p, float* dy, bool rounds)
    {
        (int panel, int outputs) = (_layout.Panel, _layout.Outputs);
        int first = p * panel, count = Math.Min(panel, Tokens - first), group = _layout.GroupPanels * panel;
        float* from = dy + (nint)first * outputs, turned = ByTokens(p), rows = ByOutputs(first / group * group) + (nint)(first % group) * panel;
        if (count < panel)
            new Span<float>(turned, _layout.OutputRows * panel).Clear();
        else
            new Span<float>(turned + (nint)outputs * panel, (_layout.OutputRows - outputs) * panel).Clear();
        Transposition.Run(from, outputs, count, outputs, turned, panel);
        if (rounds)
            BFloat16Math.Round(turned, (nint)outputs * panel);
        for (int o = 0; o < outputs; o += panel, rows += (nint)group * panel)
        {
            int width = Math.Min(panel, outputs - o);
            if (count < panel || width < panel)
                new Span<float>(rows, panel * panel).Clear();
            for (int t = 0; t < count; t++)
                new ReadOnlySpan<float>(from + (nint)t * outputs + o, width).CopyTo(new Span<float>(rows + t * panel, width));
            if (rounds)
                BFloat16Math.Round(rows, panel * panel);
        }
    }
}
