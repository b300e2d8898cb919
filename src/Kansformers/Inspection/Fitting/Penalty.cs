namespace Kansformers.Inspection;

/// <summary>The penalty of a network that has run, and its gradient (pykan's <c>MultKAN.reg</c>).</summary>
internal static class Penalty
{
    private const double InputAtLeast = 0.1, LogAtLeast = 1e-4;

    /// <summary>Computes the penalty.</summary>
    /// <param name="pass">The network at work.</param>
    /// <param name="options">What is paid for.</param>
    /// <param name="weight">The gradients' factor.</param>
    /// <param name="gradients">Added to for the coefficients; null where no gradient is wanted.</param>
    /// <param name="deviations">Added to for the rest; null where no gradient is wanted.</param>
    public static double Compute(NetworkPass pass, PenaltyOptions options, double weight, IReadOnlyList<ParameterGradients>? gradients, IReadOnlyList<DeviationGradients>? deviations)
    {
        double penalty = options.Measure switch
        {
            EdgeMeasure.EdgeScore => OfEdgeScores(pass, options, weight, deviations),
            EdgeMeasure.NodeScore => OfNodeScores(pass, options, weight, deviations),
            _ => OfDeviations(pass, options, weight, deviations),
        };
        if (options.Coefficients == 0 && options.Smoothness == 0)
            return penalty;
        for (int layer = 0; layer < pass.Layers.Count; layer++)
            penalty += OfCoefficients(pass.Layers[layer].Layer, options, weight, gradients?[layer]);
        return penalty;
    }

    private static double OfDeviations(NetworkPass pass, PenaltyOptions options, double weight, IReadOnlyList<DeviationGradients>? deviations)
    {
        double penalty = 0;
        bool over = options.Measure != EdgeMeasure.Edge, curves = options.Measure == EdgeMeasure.CurveOverInput;
        for (int at = 0; at < pass.Layers.Count; at++)
        {
            LayerPass layer = pass.Layers[at];
            KanNetworkLayer shape = layer.Layer;
            double[,] sizes = new double[shape.Subnodes, shape.Inputs], gradient = new double[shape.Subnodes, shape.Inputs];
            (double Mean, double Deviation)[] edges = curves ? layer.CurveMoments : layer.EdgeMoments;
            for (int output = 0; output < shape.Subnodes; output++)
            {
                for (int input = 0; input < shape.Inputs; input++)
                    sizes[output, input] = edges[shape.Edge(output, input)].Deviation / Divisor(input);
            }

            penalty += OfSizes(sizes, options, gradient);
            if (deviations is null || (options.GradientsOfPykan && options.Measure == EdgeMeasure.EdgeOverInput))
                continue;
            double[] to = curves ? deviations[at].Curves : deviations[at].Edges;
            for (int output = 0; output < shape.Subnodes; output++)
            {
                for (int input = 0; input < shape.Inputs; input++)
                {
                    to[shape.Edge(output, input)] += weight * gradient[output, input] / Divisor(input);
                    if (over)
                        deviations[at].Inputs[input] -= weight * gradient[output, input] * sizes[output, input] / Divisor(input);
                }
            }

            double Divisor(int input) => over ? layer.InputMoments[input].Deviation + InputAtLeast : 1;
        }

        return penalty;
    }

    private static double OfEdgeScores(NetworkPass pass, PenaltyOptions options, double weight, IReadOnlyList<DeviationGradients>? deviations)
    {
        ScoreChain chain = Whole(pass);
        double penalty = 0;
        double[,]?[] ofEdges = new double[,]?[pass.Layers.Count];
        for (int layer = 0; layer < ofEdges.Length; layer++)
        {
            double[,] scores = chain.Edges(layer), gradient = ofEdges[layer] = new double[scores.GetLength(0), scores.GetLength(1)];
            penalty += OfSizes(scores, options, gradient);
            Scale(gradient, weight);
        }

        if (deviations is not null)
            chain.Backward(new double[,]?[pass.Layers.Count + 1], ofEdges, deviations, options.GradientsOfPykan);
        return penalty;
    }

    private static double OfNodeScores(NetworkPass pass, PenaltyOptions options, double weight, IReadOnlyList<DeviationGradients>? deviations)
    {
        ScoreChain whole = Whole(pass);
        int levels = pass.Layers.Count;
        double penalty = 0;
        double[,]?[] ofScores = new double[,]?[levels + 1];
        for (int level = 1; level <= levels; level++)
        {
            ScoreChain chain = new(pass.Layers, level, KanAttribution.Diagonal(ScoreChain.Mean(whole.Nodes[level])));
            double[,] scores = chain.Nodes[0], gradient = new double[scores.GetLength(0), scores.GetLength(1)];
            penalty += OfSizes(scores, options, gradient);
            if (deviations is null)
                continue;
            Scale(gradient, weight);
            double[,]?[] ofNodes = new double[,]?[level + 1];
            ofNodes[0] = gradient;
            chain.Backward(ofNodes, new double[,]?[level], deviations, options.GradientsOfPykan);
            double[,] ofLevel = ofScores[level] = new double[whole.Rows, chain.Rows];
            for (int node = 0; node < chain.Rows; node++)
            {
                for (int row = 0; row < whole.Rows; row++)
                    ofLevel[row, node] = ofNodes[level]![node, node] / whole.Rows;
            }
        }

        if (deviations is not null)
            whole.Backward(ofScores, new double[,]?[levels], deviations, options.GradientsOfPykan);
        return penalty;
    }

    private static ScoreChain Whole(NetworkPass pass) => new(pass.Layers, pass.Layers.Count, KanAttribution.Unit(pass.Layers[^1].Layer.Nodes));

    // L1 · Σ s + entropy · (the mean entropy of the rows' shares and that of the columns'), shares being s / (Σ s + 1). Sets the gradient.
    private static double OfSizes(double[,] sizes, PenaltyOptions options, double[,] gradient)
    {
        double sum = 0;
        foreach (double size in sizes)
            sum += size;
        for (int row = 0; row < sizes.GetLength(0); row++)
        {
            for (int column = 0; column < sizes.GetLength(1); column++)
                gradient[row, column] = options.L1;
        }

        double entropy = Entropies(sizes.GetLength(0), sizes.GetLength(1), (line, at) => sizes[line, at], (line, at, of) => gradient[line, at] += options.Entropy * of)
            + Entropies(sizes.GetLength(1), sizes.GetLength(0), (line, at) => sizes[at, line], (line, at, of) => gradient[at, line] += options.Entropy * of);
        return options.L1 * sum + options.Entropy * entropy;
    }

    private static double Entropies(int lines, int length, Func<int, int, double> size, Action<int, int, double> add)
    {
        double entropy = 0;
        for (int line = 0; line < lines; line++)
        {
            double sum = 1, common = 0;
            for (int at = 0; at < length; at++)
                sum += size(line, at);
            for (int at = 0; at < length; at++)
            {
                double share = size(line, at) / sum;
                entropy -= share * Math.Log2(share + LogAtLeast) / lines;
                common += OfShare(share) * share;
            }

            for (int at = 0; at < length; at++)
                add(line, at, (OfShare(size(line, at) / sum) - common) / sum);
        }

        return entropy;

        double OfShare(double share) => -(Math.Log2(share + LogAtLeast) + share / ((share + LogAtLeast) * Math.Log(2))) / lines;
    }

    private static double OfCoefficients(KanNetworkLayer layer, PenaltyOptions options, double weight, ParameterGradients? gradients)
    {
        double magnitudes = 0, steps = 0, each = weight / layer.Subnodes;
        for (int edge = 0; edge < layer.Mask.Length; edge++)
        {
            ReadOnlySpan<double> coefficients = layer.Coefficients.AsSpan(edge * layer.Functions, layer.Functions);
            Span<double> to = gradients is null ? default : gradients.Coefficients.AsSpan(edge * layer.Functions, layer.Functions);
            for (int at = 0; at < coefficients.Length; at++)
            {
                double step = at == 0 ? 0 : coefficients[at] - coefficients[at - 1];
                magnitudes += Math.Abs(coefficients[at]);
                steps += Math.Abs(step);
                if (to.IsEmpty)
                    continue;
                to[at] += each * (options.Coefficients * Sign(coefficients[at]) + options.Smoothness * Sign(step));
                if (at > 0)
                    to[at - 1] -= each * options.Smoothness * Sign(step);
            }
        }

        return (options.Coefficients * magnitudes + options.Smoothness * steps) / layer.Subnodes;
    }

    // Math.Sign throws at NaN, which the search for a step refuses by itself.
    private static double Sign(double x) => x > 0 ? 1 : x < 0 ? -1 : 0;

    private static void Scale(double[,] matrix, double factor)
    {
        for (int row = 0; row < matrix.GetLength(0); row++)
        {
            for (int column = 0; column < matrix.GetLength(1); column++)
                matrix[row, column] *= factor;
        }
    }
}
