using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>What a layer begins from: uniform grids, splines through small random values at the grid's points, random base scales (pykan's KANLayer).</summary>
internal static class FirstValues
{
    public static KanNetworkLayer Layer(KanNetworkOptions options, int inputs, KanWidth width, ref KeyedDraws draws)
    {
        KanNetworkLayer layer = new(inputs, width, options.GridSize, options.SplineOrder);
        double root = Math.Sqrt(inputs), step = (options.GridHigh - options.GridLow) / options.GridSize;
        double[] knots = [.. Enumerable.Range(-layer.Order, layer.KnotCount).Select(at => options.GridLow + at * step)];
        double[] points = knots[layer.Order..^layer.Order], noise = new double[points.Length * layer.Subnodes];
        for (int input = 0; input < inputs; input++)
        {
            layer.SetKnots(input, knots);
            foreach (ref double value in noise.AsSpan())
                value = (draws.Next() - 0.5) * options.NoiseScale / options.GridSize;
            SplineFit.Coefficients(layer.Tables[input], layer.Order, points, noise).CopyTo(layer.Coefficients.AsSpan(input * layer.Subnodes * layer.Functions));
        }

        layer.SplineScale.AsSpan().Fill(1 / root);
        foreach (ref double scale in layer.BaseScale.AsSpan())
            scale = (options.BaseScaleMean + options.BaseScaleSpread * (2 * draws.Next() - 1)) / root;
        return layer;
    }
}
