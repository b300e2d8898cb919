namespace Kansformers.Scaling;

/// <summary>
/// The law of Chinchilla by variable projection (Golub and Pereyra 1973): for given exponents E, A and B enter linearly, so that least squares find them and a search
/// over two numbers, α and β, remains. Huber's loss on logarithms comes by weights, anew until they settle (iteratively reweighted least squares).
/// </summary>
internal static class VariableProjection
{
    private const int GridSide = 24, Kept = 6, MostReweightings = 60, MostMoves = 200;
    private const double LowestExponent = 0.01, HighestExponent = 2.5, FinestMove = 1e-4;

    /// <summary>The free numbers of the lowest valleys of a grid of exponents, each followed down to its ground.</summary>
    public static IEnumerable<double[]> Lowest(LawData data, double delta)
    {
        Projection projection = new(data, delta);
        double ratio = Math.Log(HighestExponent / LowestExponent) / (GridSide - 1);
        double[] exponents = [.. Enumerable.Range(0, GridSide).Select(i => LowestExponent * Math.Exp(ratio * i))];
        double[,] values = new double[GridSide, GridSide];
        for (int i = 0; i < GridSide; i++)
        for (int j = 0; j < GridSide; j++)
            values[i, j] = projection.Value(exponents[i], exponents[j], reweightings: 8);
        var valleys = Enumerable.Range(0, GridSide * GridSide).Select(at => (I: at / GridSide, J: at % GridSide)).Where(at => IsValley(values, at.I, at.J))
            .OrderBy(at => values[at.I, at.J]).Take(Kept);
        return [.. valleys.Select(at => Descend(projection, exponents[at.I], exponents[at.J], Math.Exp(ratio) - 1))];
    }

    private static bool IsValley(double[,] values, int i, int j)
    {
        for (int x = Math.Max(0, i - 1); x <= Math.Min(GridSide - 1, i + 1); x++)
        for (int y = Math.Max(0, j - 1); y <= Math.Min(GridSide - 1, j + 1); y++)
        {
            if (values[x, y] < values[i, j])
                return false;
        }

        return double.IsFinite(values[i, j]);
    }

    // Moves to the best of eight neighbours; halves the distance where none is better.
    private static double[] Descend(Projection projection, double alpha, double beta, double move)
    {
        double value = projection.Value(alpha, beta, MostReweightings);
        for (int moves = 0; moves < MostMoves && move > FinestMove; moves++)
        {
            (double Value, double Alpha, double Beta) best = (value, alpha, beta);
            for (int i = -1; i <= 1; i++)
            for (int j = -1; j <= 1; j++)
            {
                if (i == 0 && j == 0)
                    continue;
                (double nextAlpha, double nextBeta) = (alpha * Math.Pow(1 + move, i), beta * Math.Pow(1 + move, j));
                double next = projection.Value(nextAlpha, nextBeta, MostReweightings);
                if (next < best.Value)
                    best = (next, nextAlpha, nextBeta);
            }

            if (best.Value < value)
                (value, alpha, beta) = best;
            else
                move /= 2;
        }

        return projection.At(alpha, beta, MostReweightings);
    }

    /// <summary>The best E, A and B for given exponents.</summary>
    private sealed class Projection(LawData data, double delta)
    {
        // A coefficient of 0 has no logarithm: the free number stands so low that the term is nothing, yet has a gradient that can raise it again.
        private const double Least = 1e-6;

        private readonly double[] _sizes = new double[data.Count], _tokens = new double[data.Count], _fitted = new double[data.Count];

        public double Value(double alpha, double beta, int reweightings)
        {
            Solve(alpha, beta, reweightings, out double value);
            return value;
        }

        public double[] At(double alpha, double beta, int reweightings)
        {
            double[] found = Solve(alpha, beta, reweightings, out _);
            return [Math.Log(Math.Max(Least, found[1])), Math.Log(Math.Max(Least, found[2])), Math.Log(Math.Max(Least, found[0])), alpha, beta];
        }

        // (E, A', B') with the lowest sum of Huber's losses. Near P the logarithm of a loss is log P + (L − P)/P: the rows of the least squares are divided by P.
        private double[] Solve(double alpha, double beta, int reweightings, out double value)
        {
            for (int i = 0; i < data.Count; i++)
            {
                _sizes[i] = Math.Exp(-alpha * data.U[i]);
                _tokens[i] = Math.Exp(-beta * data.V[i]);
                _fitted[i] = Math.Exp(data.LogLosses[i]);
            }

            double[] best = new double[3];
            value = double.PositiveInfinity;
            for (int round = 0; round <= reweightings; round++)
            {
                NonNegativeLeastSquares squares = new();
                for (int i = 0; i < data.Count; i++)
                {
                    double residual = data.LogLosses[i] - Math.Log(_fitted[i]), scale = 1 / _fitted[i];
                    double weight = data.Weights[i] * (round == 0 ? 1 : HuberLoss.Weight(residual, delta));
                    squares.Add(weight, (scale, scale * _sizes[i], scale * _tokens[i]), 1 + residual);
                }

                double[] found = squares.Solve();
                double sum = 0;
                for (int i = 0; i < data.Count; i++)
                {
                    _fitted[i] = found[0] + (found[1] * _sizes[i]) + (found[2] * _tokens[i]);
                    sum += data.Weights[i] * HuberLoss.Value(data.LogLosses[i] - Math.Log(_fitted[i]), delta);
                }

                if (!(sum < value))
                    break;
                bool settled = value - sum <= 1e-10 * value;
                (value, best) = (sum, found);
                if (settled)
                    break;
            }

            return best;
        }
    }
}
