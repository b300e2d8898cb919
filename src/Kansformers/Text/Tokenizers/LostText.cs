using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>What of a text has no token and is left out of its ids, as some vocabularies do with characters that they lack.</summary>
/// <param name="Characters">How many characters (code points).</param>
/// <param name="Bytes">Their bytes in UTF-8.</param>
/// <param name="First">The first of them; null when there is none.</param>
public readonly record struct LostText(long Characters, long Bytes, Rune? First)
{
    /// <summary>The loss in words.</summary>
    /// <returns><c>2 characters (5 bytes) without a token, the first 'é' (U+00E9)</c>.</returns>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Characters} character{(Characters == 1 ? "" : "s")} ({Bytes} byte{(Bytes == 1 ? "" : "s")}) without a token{(First is Rune first ? $", the first {CharacterKinds.Name(first)}" : "")}");

    /// <summary>This and what is lost of a later text, together.</summary>
    /// <param name="later">The later loss.</param>
    public LostText Plus(LostText later) => new(Characters + later.Characters, Bytes + later.Bytes, First ?? later.First);
}
