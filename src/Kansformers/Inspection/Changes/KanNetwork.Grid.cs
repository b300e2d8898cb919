using Kansformers.Runtime;

namespace Kansformers.Inspection;

public sealed partial class KanNetwork
{
    /// <summary>
    /// Moves every grid to what enters it, layer after layer, and keeps the curves as they are there as nearly as the new grids can. An input that brings one value keeps
    /// its grid, moved so that it has the value inside.
    /// </summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public void Regrid(Samples samples)
    {
        Check(samples);
        NetworkPass pass = new(this, samples.Rows);
        for (int at = 0; at < Layers.Count; at++)
        {
            pass.Enter(samples, at);
            KanNetworkLayer layer = Layers[at], old = layer.Clone();
            for (int input = 0; input < layer.Inputs; input++)
            {
                double[] sorted = pass.Layers[at].Inputs.AsSpan(input * samples.Rows, samples.Rows).ToArray();
                Array.Sort(sorted);
                double[] knots = SampleGrid.Of(old.KnotsOf(input), old.Order, sorted, Options.GridEps, Options.GridMargin);
                if (old.KnotsOf(input).SequenceEqual(knots))
                    continue;
                layer.SetKnots(input, knots);
                LayerGrid.Carry(old, layer, input, sorted);
            }

            pass.Layers[at].Expand();
            pass.Layers[at].Forward();
        }
    }

    /// <summary>
    /// A network with finer grids that computes the same: coefficients by least squares at the samples, which hold the curves elsewhere too. It remembers this one
    /// (<see cref="Before"/>), which stays as it is.
    /// </summary>
    /// <param name="gridSize">The intervals of every grid, at least as many as now.</param>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    /// <exception cref="KansformersException">The grid size is below a layer's, or beyond 10000.</exception>
    public KanNetwork Refine(int gridSize, Samples samples) => Refine(gridSize, samples, coversSamples: true);

    /// <summary>Refines; pykan's grids end where the coarser ones do, and lose the curves that samples beyond see.</summary>
    internal KanNetwork Refine(int gridSize, Samples samples, bool coversSamples)
    {
        Allowed.Require(gridSize >= Layers.Max(layer => layer.GridSize) && gridSize <= 10_000, "grid size", gridSize,
            FormattableString.Invariant($"{Layers.Max(layer => layer.GridSize)}, the present one, to 10000"));
        NetworkPass pass = Run(samples);
        List<KanNetworkLayer> finer = [];
        for (int at = 0; at < Layers.Count; at++)
        {
            KanNetworkLayer layer = Layers[at], made = layer.WithGridSize(gridSize);
            for (int input = 0; input < layer.Inputs; input++)
            {
                ReadOnlySpan<double> entering = pass.Layers[at].Inputs.AsSpan(input * samples.Rows, samples.Rows);
                made.SetKnots(input, SampleGrid.Finer(layer.KnotsOf(input), layer.Order, gridSize, coversSamples ? Range(entering) : null));
                LayerGrid.Carry(layer, made, input, entering);
            }

            finer.Add(made);
        }

        return With(Options with { GridSize = gridSize }, finer, InputColumns);
    }

    private static (double Low, double High)? Range(ReadOnlySpan<double> values)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values)
        {
            if (double.IsFinite(value))
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
        }

        return low <= high ? (low, high) : null;
    }
}
