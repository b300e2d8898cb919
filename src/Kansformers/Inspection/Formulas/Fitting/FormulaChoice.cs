namespace Kansformers.Inspection;

/// <summary>
/// Which function stands on which edge. What is suggested for one curve is judged by how well the whole network then fits with all numbers fitted: the suggestions of one
/// edge after the other are tried, and the best kept, until no edge changes.
/// </summary>
internal sealed class FormulaChoice(KanNetwork network, Samples inputs, Samples targets, FormulaFitOptions options)
{
    private const int MostRounds = 3, MostRows = 256, QuickSteps = 40;
    private const double Exact = 1e-26; // of the variance: nothing is left to gain

    private readonly Samples _inputs = Fewer(inputs), _targets = Fewer(targets);

    /// <summary>Puts functions on all live edges that have curves.</summary>
    public void Run(CancellationToken cancellation)
    {
        List<Edge> edges = Suggested();
        foreach (Edge edge in edges)
            network.Layers[edge.Layer].SetFormula(edge.Output, edge.Input, edge.Fits[0].Formula);
        (double score, double loss) = Judged(cancellation);
        bool changed = edges.Count > 0;
        for (int round = 0; round < MostRounds && changed; round++)
        {
            changed = false;
            foreach (Edge edge in edges)
            {
                KanNetworkLayer layer = network.Layers[edge.Layer];
                foreach (EdgeFit fit in edge.Fits.Take(options.Tries))
                {
                    if (loss <= Exact || cancellation.IsCancellationRequested)
                        return;
                    if (layer.FormulaOf(edge.Output, edge.Input)?.Function == fit.Formula.Function)
                        continue;
                    KanNetworkLayer[] before = [.. network.Layers.Select(each => each.Clone())];
                    layer.SetFormula(edge.Output, edge.Input, fit.Formula);
                    (double other, double otherLoss) = Judged(cancellation);
                    if (other < score)
                    {
                        (score, loss, changed) = (other, otherLoss, true);
                        continue;
                    }

                    foreach ((KanNetworkLayer to, KanNetworkLayer from) in network.Layers.Zip(before))
                        to.CopyFrom(from);
                }
            }
        }
    }

    private List<Edge> Suggested()
    {
        KanTrace trace = network.Trace(inputs);
        List<Edge> edges = [];
        for (int at = 0; at < network.Layers.Count; at++)
        {
            KanNetworkLayer layer = network.Layers[at];
            for (int input = 0; input < layer.Inputs; input++)
            {
                for (int output = 0; output < layer.Subnodes; output++)
                {
                    if (!layer.IsLive(output, input) || layer.FormulaOf(output, input) is not null)
                        continue;
                    IReadOnlyList<EdgeFit> fits = KanNetwork.Suggest(trace, (at, output, input), options.Curves);
                    edges.Add(fits.Count > 0 ? new Edge(at, output, input, fits)
                        : throw new KansformersException($"no function that was named can stand on the edge from {input} to {output} of layer {at}; name x among them"));
                }
            }
        }

        return edges;
    }

    // The score of a curve's fit, for the network: what it takes to say all functions against what they leave.
    private (double Score, double Loss) Judged(CancellationToken cancellation)
    {
        double loss = FormulaNumbers.Fit(network, _inputs, _targets, QuickSteps, cancellation), w = options.Curves.SimplicityWeight;
        int complexity = network.Layers.Sum(layer => Enumerable.Range(0, layer.Mask.Length).Where(edge => layer.FormulaMask[edge] != 0).Sum(edge => layer.Function(edge)?.Complexity ?? 0));
        return (double.IsFinite(loss) ? w * complexity + (1 - w) * Math.Log2(loss + Exact) : double.PositiveInfinity, loss);
    }

    private static Samples Fewer(Samples samples) => samples.Rows <= MostRows ? samples
        : samples.Take([.. Enumerable.Range(0, MostRows).Select(at => (int)((long)at * samples.Rows / MostRows))]);

    private sealed record Edge(int Layer, int Output, int Input, IReadOnlyList<EdgeFit> Fits);
}
