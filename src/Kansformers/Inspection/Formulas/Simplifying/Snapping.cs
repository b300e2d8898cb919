namespace Kansformers.Inspection;

/// <summary>Changes a formula's numbers, one after the other, to the shortest that its values on some rows allow, and simplifies what comes of it.</summary>
internal static class Snapping
{
    private const int MostRows = 400, MostRounds = 4, MostDigits = 15;

    public static Expression Run(Expression expression, IReadOnlyDictionary<string, double[]> columns, int rows, double tolerance)
    {
        (columns, rows) = Fewer(columns, rows);
        Deviation deviation = new(expression.EvaluateRows(columns, rows));
        double allowed = tolerance * deviation.Spread;
        expression = expression.Simplify();
        for (int round = 0; round < MostRounds; round++)
        {
            // A simpler form has other numbers: 2 x + 2 and 2 (x + 1).
            Expression next = Round(expression, Fits).Simplify();
            if (next.Equals(expression) || !Fits(next))
                break;
            expression = next;
        }

        return expression;

        bool Fits(Expression other) => deviation.Of(other.EvaluateRows(columns, rows)) <= allowed;
    }

    private static Expression Round(Expression expression, Predicate<Expression> fits)
    {
        int count = expression.Nodes().Count(node => node is Constant);
        for (int at = 0; at < count; at++)
        {
            double value = Number(expression, at);
            foreach (double shorter in Shorter(value))
            {
                Expression other = Replaced(expression, at, shorter);
                if (fits(other))
                {
                    expression = other;
                    break;
                }
            }
        }

        return expression;
    }

    private static IEnumerable<double> Shorter(double value)
    {
        if (!double.IsFinite(value) || value == 0)
            yield break;
        yield return 0;
        foreach (KnownNumber known in KnownNumber.Close(value))
            yield return known.Value;
        if (KnownNumber.Exactly(value) is not null)
            yield break;
        for (int digits = 1; digits <= MostDigits; digits++)
            yield return Expression.Rounded(value, digits);
    }

    private static double Number(Expression expression, int at) => ((Constant)expression.Nodes().Where(node => node is Constant).ElementAt(at)).Value;

    private static Expression Replaced(Expression expression, int at, double value)
    {
        int seen = -1;
        return expression.WithConstants(constant => ++seen == at ? value : constant);
    }

    private static (IReadOnlyDictionary<string, double[]>, int) Fewer(IReadOnlyDictionary<string, double[]> columns, int rows)
    {
        if (rows <= MostRows)
            return (columns, rows);
        return (columns.ToDictionary(column => column.Key, column => Enumerable.Range(0, MostRows).Select(at => column.Value[(int)((long)at * rows / MostRows)]).ToArray()), MostRows);
    }

    private sealed class Deviation
    {
        private readonly double[] _values;

        public Deviation(double[] values)
        {
            _values = values;
            double mean = values.Length == 0 ? 0 : values.Average();
            double spread = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Length));
            // Of a constant its size.
            Spread = spread > 0 ? spread : Math.Abs(mean);
        }

        public double Spread { get; }

        public double Of(double[] values)
        {
            double sum = 0;
            for (int row = 0; row < values.Length; row++)
                sum += (values[row] - _values[row]) * (values[row] - _values[row]);
            return Math.Sqrt(sum / Math.Max(1, values.Length));
        }
    }
}
