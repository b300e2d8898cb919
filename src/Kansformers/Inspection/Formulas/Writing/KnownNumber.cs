namespace Kansformers.Inspection;

/// <summary>
/// A number that has a short name: a ratio p/q, or one times π, over π, times π², its square root with or without π, or e to its power. What a formula means by 2.0943951 is
/// 2π/3; what it means by 0.3989 is 1/sqrt(2π).
/// </summary>
internal sealed record KnownNumber(KnownNumber.Sort Kind, int Numerator, int Denominator)
{
    private const int MostDenominator = 12, MostNumerator = 200;
    private const int ShortDecimal = 6; // characters

    public enum Sort
    {
        Ratio,
        TimesPi,
        OverPi,
        Root,
        RootTimesPi,
        RootOverPi,
        TimesPiSquared,
        Exponential,
    }

    public double Value => Math.Sign(Numerator) * Of(Kind, Kind == Sort.Exponential ? Numerator : Math.Abs(Numerator), Denominator);

    /// <summary>What it takes to say it, in bits: the whole numbers, and which of the sorts.</summary>
    public double Bits => Math.Log2(Math.Abs((double)Numerator)) + 2 * Math.Log2(Denominator) + Kind switch { Sort.Ratio => 0, Sort.TimesPi => 2, Sort.Root => 3, _ => 5 };

    /// <summary>The number of short name that this is to the last bit; null for one without, and for those that are short as decimals.</summary>
    public static KnownNumber? Exactly(double value)
    {
        if (!double.IsFinite(value) || value == Math.Round(value) || value.ToString("R", System.Globalization.CultureInfo.InvariantCulture).Length <= ShortDecimal)
            return null;
        return Near(value).FirstOrDefault(known => known.Value == value);
    }

    /// <summary>Numbers of short names near one, the shortest first; those alone whose nearness could hardly be chance.</summary>
    public static IEnumerable<KnownNumber> Close(double value)
    {
        const double SpareBits = 5;
        return Near(value).Where(known => known.Bits + SpareBits <= Math.Log2(Math.Abs(value) / Math.Max(Math.Abs(value - known.Value), Math.Abs(value) * 1e-16))).OrderBy(known => known.Bits);
    }

    /// <summary>The number as a tree of whole numbers and π.</summary>
    public Expression Express()
    {
        Expression ratio = Denominator == 1 ? Numerator : Expression.Divide(Math.Abs(Numerator), Denominator), pi = Expression.Pi;
        int size = Math.Abs(Numerator);
        Expression root = Denominator == 1 ? size : Expression.Divide(size, Denominator);
        Expression timesPi = size == 1 ? pi : size * pi, overPi = Expression.Divide(size, Denominator == 1 ? pi : Denominator * pi);
        Expression own = Kind switch
        {
            Sort.Ratio => Denominator == 1 ? size : ratio,
            Sort.TimesPi => Denominator == 1 ? timesPi : timesPi / Denominator,
            Sort.OverPi => overPi,
            Sort.Root when size == 1 => new Power(Denominator, -0.5),
            Sort.Root => Expression.Sqrt(root),
            Sort.RootTimesPi => Expression.Sqrt(Denominator == 1 ? timesPi : timesPi / Denominator),
            Sort.RootOverPi when size == 1 => (Denominator == 1 ? pi : Denominator * pi).Pow(-0.5),
            Sort.RootOverPi => Expression.Sqrt(overPi),
            Sort.TimesPiSquared => Denominator == 1 ? size * pi.Pow(2) : size * pi.Pow(2) / Denominator,
            _ => Expression.Exp(Numerator < 0 && Denominator > 1 ? -ratio : ratio),
        };
        return Numerator < 0 && Kind != Sort.Exponential ? -own : own;
    }

    private static IEnumerable<KnownNumber> Near(double value)
    {
        if (!double.IsFinite(value) || value == 0)
            yield break;
        double size = Math.Abs(value);
        foreach (Sort kind in Enum.GetValues<Sort>())
        {
            if (kind == Sort.Exponential && value < 0)
                continue;
            double ratio = Inverse(kind, size);
            for (int denominator = 1; denominator <= MostDenominator; denominator++)
            {
                double numerator = Math.Round(ratio * denominator);
                int limit = kind == Sort.Ratio && denominator == 1 ? 1_000_000 : kind == Sort.Exponential ? 12 : MostNumerator;
                if (numerator == 0 || Math.Abs(numerator) > limit || Math.Abs(numerator - ratio * denominator) > 1e-2 * Math.Abs(numerator))
                    continue;
                if (System.Numerics.BigInteger.GreatestCommonDivisor((int)Math.Abs(numerator), denominator) == 1)
                    yield return new KnownNumber(kind, (int)numerator * (kind == Sort.Exponential ? 1 : Math.Sign(value)), denominator);
            }
        }
    }

    private static double Of(Sort kind, double p, double q) => kind switch
    {
        Sort.Ratio => p / q,
        Sort.TimesPi => p * Math.PI / q,
        Sort.OverPi => p / (q * Math.PI),
        Sort.Root => Math.Sqrt(p / q),
        Sort.RootTimesPi => Math.Sqrt(p * Math.PI / q),
        Sort.RootOverPi => Math.Sqrt(p / (q * Math.PI)),
        Sort.TimesPiSquared => p * (Math.PI * Math.PI) / q,
        _ => Math.Exp(p / q) * Math.Sign(p),
    };

    private static double Inverse(Sort kind, double value) => kind switch
    {
        Sort.Ratio => value,
        Sort.TimesPi => value / Math.PI,
        Sort.OverPi => value * Math.PI,
        Sort.Root => value * value,
        Sort.RootTimesPi => value * value / Math.PI,
        Sort.RootOverPi => value * value * Math.PI,
        Sort.TimesPiSquared => value / (Math.PI * Math.PI),
        _ => Math.Log(value),
    };
}
