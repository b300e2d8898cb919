namespace Kansformers.Training;

/// <summary>What an option may be.</summary>
internal static class Allowed
{
    /// <exception cref="KansformersException">It does not hold; the message names the option, its value and what is allowed.</exception>
    public static void Require(bool holds, string option, double value, string allowed)
    {
        if (!holds)
            throw new KansformersException(FormattableString.Invariant($"{option} is {value}; it must be {allowed}"));
    }
}
