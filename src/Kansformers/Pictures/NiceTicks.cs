using System.Globalization;

namespace Kansformers.Pictures;

/// <summary>Axis marks at round numbers: multiples of 1, 2, 2.5 or 5 times a power of ten.</summary>
/// <param name="Step">The distance between two marks.</param>
/// <param name="First">The first mark, a multiple of the step.</param>
/// <param name="Count">How many marks there are.</param>
internal readonly record struct NiceTicks(double Step, double First, int Count)
{
    private static readonly double[] Mantissas = [1, 2, 2.5, 5, 10];

    public double Last => At(Count - 1);

    public double At(int index) => (Math.Round(First / Step) + index) * Step;

    /// <summary>Marks that lie within the range.</summary>
    public static NiceTicks Inside(double low, double high, int about, double smallestStep = 0)
    {
        double step = Math.Max(smallestStep, NiceStep((high - low) / about, smallestStep >= 1));
        double first = Math.Ceiling((low / step) - 1e-9), last = Math.Floor((high / step) + 1e-9);
        return new NiceTicks(step, first * step, Math.Max(1, (int)(last - first) + 1));
    }

    /// <summary>Marks that enclose the range.</summary>
    public static NiceTicks Around(double low, double high, int about)
    {
        double step = NiceStep((high - low) / about, whole: false);
        double first = Math.Floor((low / step) + 1e-9), last = Math.Ceiling((high / step) - 1e-9);
        return new NiceTicks(step, first * step, Math.Max(2, (int)(last - first) + 1));
    }

    /// <summary>A mark's text, with the digits that tell neighbours apart: <c>2.5</c>, <c>1200</c>, <c>20k</c>, <c>1.5M</c>.</summary>
    public string Label(int index)
    {
        double largest = Math.Max(Math.Abs(At(0)), Math.Abs(Last));
        (double unit, string suffix) = largest switch
        {
            >= 1e16 => (0, ""),
            >= 1e9 => (1e9, "G"),
            >= 1e6 => (1e6, "M"),
            >= 1e4 => (1e3, "k"),
            _ => (1, ""),
        };
        if (unit == 0 || Step < 1e-6)
            return At(index).ToString("0.###e+0", CultureInfo.InvariantCulture);
        if (At(index) == 0)
            return "0";
        int decimals = Decimals(Step / unit);
        return (At(index) / unit).ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) + suffix;
    }

    private static double NiceStep(double rough, bool whole)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        foreach (double mantissa in Mantissas)
        {
            bool fits = mantissa * power >= rough * (1 - 1e-9);
            if (fits && !(whole && mantissa == 2.5 && power < 10))
                return mantissa * power;
        }

        return 10 * power;
    }

    private static int Decimals(double step)
    {
        int decimals = 0;
        while (decimals < 12 && Math.Abs((step * Math.Pow(10, decimals)) - Math.Round(step * Math.Pow(10, decimals))) > 1e-6)
            decimals++;
        return decimals;
    }
}
