using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>
/// What BERT does to text (Devlin et al. 2018): controls away, white space to spaces, ideographs apart, accents away, lower case.
/// The order of the last two, and what a capital sigma becomes, differ between the original Python program (<paramref name="original"/>) and Hugging Face's.
/// </summary>
internal sealed class BertNormalizer(bool cleanText, bool spaceIdeographs, bool stripAccents, bool lowerCase, bool original) : CharacterNormalizer
{
    private static readonly MarkStripper Marks = new(nonSpacingOnly: true);

    public override string Apply(string text)
    {
        if (cleanText || spaceIdeographs)
            text = Clean(text);
        if (original && lowerCase)
            text = LowerCase.Of(text, finalSigma: true);
        if (stripAccents)
            text = Marks.Apply(UnicodeForm.Normalize(text, compose: false, compatible: false));
        return lowerCase && !original ? LowerCase.Of(text, finalSigma: false) : text;
    }

    private string Clean(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is > 32 and < 127)
                result.Append((char)rune.Value);
            else if (cleanText && IsRemoved(rune))
                continue;
            else if (cleanText && Rune.IsWhiteSpace(rune))
                result.Append(' ');
            else if (spaceIdeographs && CharacterKinds.IsIdeograph(rune.Value, original))
                result.Append(' ').Append(rune).Append(' ');
            else
                result.Append(rune);
        }

        return result.ToString();
    }

    private bool IsRemoved(Rune rune)
    {
        if (rune.Value is '\t' or '\n' or '\r')
            return false;
        return rune.Value is 0 or 0xFFFD || Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse => true,
            UnicodeCategory.OtherNotAssigned => original,
            _ => false,
        };
    }
}
