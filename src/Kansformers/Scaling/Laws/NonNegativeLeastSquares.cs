namespace Kansformers.Scaling;

/// <summary>Weighted least squares with three coefficients, none below 0: of three there are seven sets that may be above it, and each is tried.</summary>
internal sealed class NonNegativeLeastSquares
{
    private readonly double[,] _products = new double[3, 3];
    private readonly double[] _right = new double[3];

    /// <summary>Adds an equation.</summary>
    /// <param name="weight">How much it counts.</param>
    /// <param name="row">The factors of the coefficients.</param>
    /// <param name="target">What they should come to.</param>
    public void Add(double weight, (double X, double Y, double Z) row, double target)
    {
        ReadOnlySpan<double> factors = [row.X, row.Y, row.Z];
        for (int i = 0; i < 3; i++)
        {
            _right[i] += weight * factors[i] * target;
            for (int j = 0; j < 3; j++)
                _products[i, j] += weight * factors[i] * factors[j];
        }
    }

    /// <summary>The coefficients of the least sum of squares.</summary>
    public double[] Solve()
    {
        (double[] best, double lowest) = (new double[3], 0);
        for (int set = 1; set < 8; set++)
        {
            double[]? found = Solve(set);
            if (found is null || found.Any(value => !(value >= 0)))
                continue;

            // The sum of squares less what no coefficient changes: at a solution of the normal equations that is −x·right.
            double value = -found.Zip(_right, (x, right) => x * right).Sum();
            if (value < lowest)
                (best, lowest) = (found, value);
        }

        return best;
    }

    // Cholesky's factors of the rows and columns in the set, whose sizes are made equal first.
    private double[]? Solve(int set)
    {
        int[] members = [.. Enumerable.Range(0, 3).Where(i => (set >> i & 1) == 1)];
        int n = members.Length;
        double[] scale = [.. members.Select(i => 1 / Math.Sqrt(_products[i, i]))];
        double[,] factor = new double[n, n];
        double[] x = new double[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = _products[members[i], members[j]] * scale[i] * scale[j];
                for (int k = 0; k < j; k++)
                    sum -= factor[i, k] * factor[j, k];
                if (i == j && !(sum > 1e-13))
                    return null;
                factor[i, j] = i == j ? Math.Sqrt(sum) : sum / factor[j, j];
            }

            double right = _right[members[i]] * scale[i];
            for (int k = 0; k < i; k++)
                right -= factor[i, k] * x[k];
            x[i] = right / factor[i, i];
        }

        double[] found = new double[3];
        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++)
                x[i] -= factor[k, i] * x[k];
            x[i] /= factor[i, i];
            found[members[i]] = x[i] * scale[i];
        }

        return found;
    }
}
