using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>Splits at the matches of a regular expression, or of a text given as it stands.</summary>
/// <param name="pattern">The expression.</param>
/// <param name="written">The same as the file has it.</param>
/// <param name="behavior">What becomes of the matches.</param>
/// <param name="invert">Whether what lies between the matches is meant.</param>
internal sealed class PatternSplitter(Regex pattern, string written, SplitBehavior behavior, bool invert) : PreTokenizer
{
    // Patterns that are known to break before a space whatever stands around it. Of others nobody can tell.
    private static readonly string[] BreakBeforeSpaces =
    [
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ];

    private readonly bool _known = BreakBeforeSpaces.Contains(written, StringComparer.Ordinal) && behavior is SplitBehavior.Isolated or SplitBehavior.Removed;

    public override bool AllowsCuts => _known;

    public override bool SplitsAtSpaces => _known;

    public override void Split(Piece piece, List<Piece> output)
    {
        // An empty match takes nothing, but the text is split there.
        List<(int Start, int End)> matches = PatternMatches.Of(pattern, piece.Text.ToString());
        Delimiters.Split(piece, invert ? Delimiters.Inverted(matches, piece.Text.Length) : matches, behavior, output);
    }
}
