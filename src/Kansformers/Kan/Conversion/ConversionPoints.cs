using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The inputs on which a layer is made to agree with another one, with the weight of each.</summary>
/// <param name="At">(points, in), double.</param>
/// <param name="Weight">(points), double: square roots of what each counts.</param>
internal sealed record ConversionPoints(Tensor At, Tensor Weight)
{
    // Quantiles of the samples, and points evenly over their range, which keep functions in hand where samples are few.
    private const int Quantiles = 256, Even = 64, Tokens = 4096;
    private const double EvenWeight = 0.05;

    /// <summary>Points where the samples are.</summary>
    /// <param name="samples">(samples, in), double; null for none.</param>
    /// <param name="options">Where functions are fitted without samples.</param>
    /// <param name="asTokens">Whether an input counts only together with the others of its row.</param>
    public static ConversionPoints Of(Tensor? samples, KanOptions options, bool asTokens)
    {
        if (samples is null)
        {
            if (asTokens)
                throw new KansformersException($"functions behind a layer norm ({options.Kind}) can be fitted on samples only; give samples, or take norm none");
            Tensor even = FunctionStarts.PointsOf(options.FitRange.Low, options.FitRange.High);
            return new ConversionPoints(even.unsqueeze(-1), (even.pow(2) * -0.25).exp() + 1e-2);
        }

        if (asTokens)
        {
            Tensor some = Thinned(samples, Tokens);
            return new ConversionPoints(some, ones(some.shape[0], dtype: ScalarType.Float64));
        }

        Tensor sorted = Thinned(samples.sort(dim: 0).Values, Quantiles);
        Tensor low = samples.amin([0L]), high = samples.amax([0L]);
        Tensor share = linspace(0, 1, Even, dtype: ScalarType.Float64).unsqueeze(-1);
        return new ConversionPoints(cat([sorted, low + share * (high - low)], 0),
            cat([ones(sorted.shape[0], dtype: ScalarType.Float64), full(Even, EvenWeight, dtype: ScalarType.Float64)], 0));
    }

    // Rows evenly apart, the first and the last among them.
    private static Tensor Thinned(Tensor rows, long most)
    {
        long count = rows.shape[0];
        return count <= most ? rows : rows.index_select(0, tensor([.. Enumerable.Range(0, (int)most).Select(i => i * (count - 1) / (most - 1))]));
    }
}
