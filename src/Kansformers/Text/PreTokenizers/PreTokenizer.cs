namespace Kansformers.Text;

/// <summary>Some text on its way to the words that are encoded one by one.</summary>
/// <param name="Text">The characters.</param>
/// <param name="AtStart">Whether it begins the whole text.</param>
/// <param name="Start">Where in the normalized text it begins; before that by as much as was put before it.</param>
internal readonly record struct Piece(ReadOnlyMemory<char> Text, bool AtStart, int Start = 0)
{
    /// <summary>A part of it.</summary>
    public Piece Slice(int start, int end) => new(Text[start..end], AtStart && start == 0, Start + start);

    /// <summary>The same with a text that is longer by what was put before it.</summary>
    public Piece With(ReadOnlyMemory<char> text) => this with { Text = text, Start = Start - (text.Length - Text.Length) };
}

/// <summary>Splits text into smaller pieces.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Whether a text that is cut between a printing character and a space gives the same pieces, but perhaps for a split at the cut.</summary>
    public virtual bool AllowsCuts => true;

    /// <summary>Whether there is always a split between a printing character and a space.</summary>
    public virtual bool SplitsAtSpaces => false;

    /// <summary>Whether the pieces together are the text, with nothing taken away or put before it.</summary>
    public virtual bool KeepsText => false;

    public abstract void Split(Piece piece, List<Piece> output);

    /// <summary>Adds a part of a piece, unless it is empty.</summary>
    protected static void Add(Piece piece, int start, int end, List<Piece> output)
    {
        if (end > start)
            output.Add(piece.Slice(start, end));
    }
}

/// <summary>One after another, each on the pieces of the one before.</summary>
internal sealed class PreTokenizerSequence(PreTokenizer[] steps) : PreTokenizer
{
    public override bool AllowsCuts => steps.All(step => step.AllowsCuts);

    public override bool SplitsAtSpaces => steps.Any(step => step.SplitsAtSpaces);

    public override bool KeepsText => steps.All(step => step.KeepsText);

    public override void Split(Piece piece, List<Piece> output)
    {
        List<Piece> pieces = [piece];
        foreach (PreTokenizer step in steps)
        {
            List<Piece> next = new(pieces.Count);
            foreach (Piece each in pieces)
                step.Split(each, next);
            pieces = next;
        }

        output.AddRange(pieces);
    }
}
