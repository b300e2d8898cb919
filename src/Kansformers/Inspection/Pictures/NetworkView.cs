namespace Kansformers.Inspection;

/// <summary>What pictures show of a network: the names of its nodes, its scores on some samples, and its curves where they are.</summary>
internal sealed class NetworkView
{
    private readonly KanAttribution? _scores;

    /// <param name="network">The network.</param>
    /// <param name="samples">Samples; null for none, and then curves are over their grids.</param>
    public NetworkView(KanNetwork network, Samples? samples)
    {
        ArgumentNullException.ThrowIfNull(network);
        Network = network;
        if (samples is null)
            return;
        if (samples.Rows == 0)
            throw new KansformersException("there are no samples to look at; give one or more, or null for curves over their grids");
        NetworkPass pass = network.Run(samples);
        Trace = new KanTrace(network, pass);
        _scores = new KanAttribution(pass);
    }

    public KanNetwork Network { get; }

    public KanTrace? Trace { get; }

    /// <summary>The name of a node of a level: a column's, an output's, or a number.</summary>
    public string Node(int level, int node) => level == 0 ? Input(Network.InputColumns[node]) : level == Network.Layers.Count ? Output(node) : FormattableString.Invariant($"{node}");

    /// <summary>An edge between its ends; sums are numbered as formulas name them.</summary>
    public string Edge(int layer, int output, int input)
    {
        bool isNamed = layer == Network.Layers.Count - 1 && output < Network.Layers[layer].Width.Additions;
        return $"{Node(layer, input)} → {(isNamed ? Output(output) : FormattableString.Invariant($"{output}"))}";
    }

    /// <summary>An edge's score; null where there are no samples, 0 where it is no number.</summary>
    public double? Score(int layer, int output, int input) => _scores is null ? null : double.IsFinite(_scores.Edges[layer][output, input]) ? _scores.Edges[layer][output, input] : 0;

    /// <summary>The ends of an input's grid, without what continues it.</summary>
    public (double Low, double High) Grid(int layer, int input)
    {
        ReadOnlySpan<double> knots = Network.Layers[layer].KnotsOf(input)[Network.Layers[layer].Order..^Network.Layers[layer].Order];
        return (knots[0], knots[^1]);
    }

    /// <summary>The finite ends of what enters; null where there are no samples, or none that are finite.</summary>
    public (double Low, double High)? Entering(int layer, int input)
    {
        if (Trace is null)
            return null;
        double[] finite = [.. Trace.Nodes(layer).Column(input).ToArray().Where(double.IsFinite)];
        return finite.Length == 0 ? null : (finite.Min(), finite.Max());
    }

    /// <summary>Every edge of a layer at points of its own input's, each with its formula, as the network computes it.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="range">Where an input's points begin and end.</param>
    /// <param name="points">How many there are.</param>
    public LayerCurves Curves(int layer, Func<int, (double Low, double High)> range, int points)
    {
        KanNetworkLayer shape = Network.Layers[layer];
        LayerPass pass = new(shape, Network.Options.Base, points);
        for (int input = 0; input < shape.Inputs; input++)
        {
            (double low, double high) = range(input);
            if (!(high > low))
                (low, high) = (low - 0.5 * Math.Max(1, Math.Abs(low)), low + 0.5 * Math.Max(1, Math.Abs(low)));
            for (int at = 0; at < points; at++)
                pass.Inputs[input * points + at] = low + (high - low) * at / (points - 1);
        }

        pass.Expand();
        pass.Forward();
        return new LayerCurves(pass);
    }

    private string Input(int column) => Network.InputScaling.Count > column ? Network.InputScaling[column].Name : FormattableString.Invariant($"x{column + 1}");

    private string Output(int output)
    {
        if (Network.Source is { Classes.Count: > 0 } source)
            return source.Classes.Count > output ? source.Classes[output] : FormattableString.Invariant($"{output}");
        if (Network.TargetScaling.Count > output)
            return Network.TargetScaling[output].Name;
        return Network.Source is { } table && Network.Outputs == 1 ? table.Target : FormattableString.Invariant($"y{output + 1}");
    }
}

/// <summary>The curves of a layer, computed at some points.</summary>
internal sealed class LayerCurves(LayerPass pass)
{
    /// <summary>An input's points.</summary>
    public double[] X(int input) => pass.Inputs[(input * pass.Rows)..((input + 1) * pass.Rows)];

    /// <summary>An edge's values at its input's points.</summary>
    public double[] Of(int output, int input)
    {
        int from = pass.Layer.Edge(output, input) * pass.Rows;
        return pass.Edges[from..(from + pass.Rows)];
    }
}
