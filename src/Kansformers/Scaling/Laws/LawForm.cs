namespace Kansformers.Scaling;

/// <summary>
/// A family of laws as an optimizer sees it: the logarithm of the loss as a smooth function of a few free numbers, at the logarithms of size and tokens less
/// their means. Less their means, for then a factor and its exponent hardly move together, and every direction is about as steep as any other.
/// </summary>
internal abstract class LawForm<TLaw>
    where TLaw : ScalingLaw
{
    /// <summary>How many numbers are fitted.</summary>
    public abstract int Coefficients { get; }

    /// <summary>The variables of a run that the law reads: its first and, where it has two, its second.</summary>
    public abstract (double First, double Second) Variables(LawInput run);

    /// <summary>log L(u, v), u and v being centred logarithms of the two variables; its derivatives by the free numbers go to <paramref name="gradient"/>.</summary>
    public abstract double LogLoss(ReadOnlySpan<double> at, double u, double v, Span<double> gradient);

    /// <summary>Where to begin looking for the best fit.</summary>
    /// <param name="data">What is fitted.</param>
    public abstract IEnumerable<double[]> Starts(LawData data);

    /// <summary>The law that free numbers stand for.</summary>
    public abstract TLaw Law(ReadOnlySpan<double> at, LawData data);

    /// <summary>Refuses runs that cannot tell the coefficients apart.</summary>
    /// <exception cref="KansformersException">There are too few runs, sizes or amounts of tokens.</exception>
    public abstract void Require(LawData data);

    /// <summary>Refuses runs of fewer than three sizes or numbers of tokens.</summary>
    protected static void RequireThreeOfEach(LawData data, string law)
    {
        int sizes = LawData.Distinct(data.U), texts = LawData.Distinct(data.V);
        if (sizes < 3 || texts < 3)
        {
            string there = $"{sizes} size{(sizes == 1 ? "" : "s")} and {texts} number{(texts == 1 ? "" : "s")} of tokens";
            throw new KansformersException($"the runs have {there}; {law} needs at least 3 of each");
        }
    }

    /// <summary>log(e^x + e^y + e^z) without overflow, and the share of each in the sum.</summary>
    protected static double LogSum(double x, double y, double z, out (double X, double Y, double Z) shares)
    {
        double most = Math.Max(x, Math.Max(y, z));
        (double a, double b, double c) = (Math.Exp(x - most), Math.Exp(y - most), Math.Exp(z - most));
        double sum = a + b + c;
        shares = (a / sum, b / sum, c / sum);
        return most + Math.Log(sum);
    }
}
