namespace Kansformers.Text;

/// <summary>Splits at the matches of a regular expression, or of a text given as it stands.</summary>
internal sealed class PatternSplitter(TextPattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    // Patterns that are known to break before a space whatever stands around it. Of others nobody can tell.
    private static readonly string[] BreakBeforeSpaces =
    [
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ];

    private readonly bool _known = BreakBeforeSpaces.Contains(pattern.Source, StringComparer.Ordinal) && behavior is SplitBehavior.Isolated or SplitBehavior.Removed;

    public override bool AllowsCuts => _known;

    public override bool SplitsAtSpaces => _known;

    public override bool KeepsText => behavior != SplitBehavior.Removed;

    public override void Split(Piece piece, List<Piece> output) => Delimiters.Split(piece, pattern.Matches(piece.Text.ToString()), behavior, output, invert);
}
