namespace Kansformers.Runtime;

/// <summary>What an option may be.</summary>
internal static class Allowed
{
    /// <exception cref="KansformersException">It does not hold; the message names the option, its value and what is allowed.</exception>
    public static void Require(bool holds, string option, object value, string allowed)
    {
        if (!holds)
            throw new KansformersException(FormattableString.Invariant($"{option} is {value}; it must be {allowed}"));
    }

    /// <exception cref="KansformersException">It is none of the enumeration's values; the message names the option, its value and those that there are.</exception>
    public static void Require<TEnum>(string option, TEnum value)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new KansformersException($"{option} is {value}; it must be {string.Join(" or ", Enum.GetNames<TEnum>())}");
    }
}
