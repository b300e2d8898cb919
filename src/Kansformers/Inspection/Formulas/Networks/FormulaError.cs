namespace Kansformers.Inspection;

/// <summary>How far a formula is from what was measured.</summary>
/// <param name="Rows">The rows that were compared.</param>
/// <param name="Rmse">The root of the mean squared difference; NaN where the formula has no value for some row.</param>
/// <param name="Largest">The largest difference.</param>
/// <param name="R2">1 - Σ difference² / Σ (target - mean)²; NaN where all targets are the same.</param>
public sealed record FormulaError(int Rows, double Rmse, double Largest, double R2)
{
    internal static FormulaError Between(ReadOnlySpan<double> values, ReadOnlySpan<double> targets)
    {
        double sum = 0, left = 0, largest = 0, total = 0;
        foreach (double target in targets)
            sum += target / targets.Length;
        for (int row = 0; row < targets.Length; row++)
        {
            double difference = values[row] - targets[row];
            left += difference * difference;
            total += (targets[row] - sum) * (targets[row] - sum);
            largest = Math.Max(largest, Math.Abs(difference));
        }

        return new FormulaError(targets.Length, Math.Sqrt(left / targets.Length), largest, total > 0 ? 1 - left / total : double.NaN);
    }
}
