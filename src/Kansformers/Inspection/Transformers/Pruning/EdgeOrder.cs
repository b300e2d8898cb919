namespace Kansformers.Inspection;

/// <summary>All edges of a model in the order in which they are pruned.</summary>
internal static class EdgeOrder
{
    /// <summary>Which edges go.</summary>
    /// <param name="layers">The layers with a function for each edge.</param>
    /// <param name="options">Which, and how many.</param>
    /// <returns>For each layer, which of its edges go, (in, out).</returns>
    public static bool[][] Pruned(IReadOnlyList<LayerReading> layers, PruningOptions options)
    {
        float[][] scores = [.. layers.Select((layer, number) => Scores(layer, options, number))];
        long edges = scores.Sum(some => some.LongLength), wanted = (long)Math.Round(options.Share * edges);
        bool[][] pruned = [.. scores.Select(some => new bool[some.LongLength])];
        if (wanted == 0)
            return pruned;
        float[] sorted = [.. scores.SelectMany(some => some)];
        Array.Sort(sorted);
        float limit = sorted[wanted - 1];
        long below = 0;
        for (long at = 0; at < sorted.LongLength && sorted[at] < limit; at++)
            below++;

        // Of edges that score the same, the first ones go.
        long ties = wanted - below;
        for (int layer = 0; layer < scores.Length; layer++)
        {
            for (long at = 0; at < scores[layer].LongLength; at++)
                pruned[layer][at] = scores[layer][at] < limit || (scores[layer][at] == limit && ties-- > 0);
        }

        return pruned;
    }

    // Edges that are gone already are gone first.
    private static float[] Scores(LayerReading layer, PruningOptions options, int number)
    {
        double[] magnitudes = layer.EdgeScores(FunctionRanking.Magnitude);
        double[] scores = options.Order switch
        {
            PruningOrder.Attribution => layer.HasAttribution ? layer.EdgeScores(FunctionRanking.Attribution)
                : throw new KansformersException($"nothing is known of the loss at the layer {layer.Layer.Name}: read the model with {nameof(ReadingOptions)}.{nameof(ReadingOptions.Gradients)}"),
            PruningOrder.Deviation => layer.EdgeScores(FunctionRanking.Deviation),
            PruningOrder.Magnitude => magnitudes,
            _ => Chances(magnitudes.Length, options.Seed * 1_000_003 + number),
        };
        return [.. scores.Select((score, at) => magnitudes[at] == 0 ? -1 : (float)score)];
    }

    private static double[] Chances(int count, int seed)
    {
        Random random = new(seed);
        double[] chances = new double[count];
        for (int at = 0; at < count; at++)
            chances[at] = random.NextDouble();
        return chances;
    }
}
