using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Counts, while texts are encoded, the bytes of text that each token stands for: its own characters and what lies between them and the token before
/// (white space that the tokenizer takes away), but no character that was left out. Behind the last token nothing is counted.
/// </summary>
internal sealed class TextTally
{
    private string _text = "";
    private bool _ascii;
    private int _done; // up to here the text is counted
    private int _carried; // bytes that the next token will count too

    /// <summary>The bytes of text of each token, in their order.</summary>
    public List<int> Bytes { get; } = [];

    /// <summary>Receives the stretch of text of each token, white space around it included; null where nobody asks.</summary>
    public List<(int Start, int End)>? Places { get; init; }

    /// <summary>What was left out.</summary>
    public LostText Lost { get; private set; }

    /// <summary>Makes the tally as new.</summary>
    public void Clear()
    {
        Bytes.Clear();
        Lost = default;
    }

    /// <summary>Goes on with another text.</summary>
    public void Begin(string text) => (_text, _ascii, _done, _carried) = (text, Ascii.IsValid(text), 0, 0);

    /// <summary>A token whose text ends at a place of the text.</summary>
    public void Token(int end)
    {
        Bytes.Add(_carried + Length(_done, end));
        Places?.Add((_done, Math.Max(_done, end)));
        (_carried, _done) = (0, Math.Max(_done, end));
    }

    /// <summary>A token that stands for no text, up to a place of the text.</summary>
    public void Control(int end)
    {
        Bytes.Add(0);
        Places?.Add((_done, Math.Max(_done, end)));
        (_carried, _done) = (0, Math.Max(_done, end));
    }

    /// <summary>Characters that have no token.</summary>
    public void Leave(int start, int end)
    {
        start = Math.Max(start, _done);
        if (end <= start)
            return;
        _carried += Length(_done, start);
        _done = end;
        int characters = 0;
        Rune? first = null;
        foreach (Rune rune in _text.AsSpan(start, end - start).EnumerateRunes())
        {
            first ??= rune;
            characters++;
        }

        Lost = Lost.Plus(new LostText(characters, Length(start, end), first));
    }

    private int Length(int start, int end)
    {
        if (_ascii)
            return Math.Max(0, end - start);
        int bytes = 0;
        for (int i = start; i < end; i++)
            bytes += _text[i] < 0x80 ? 1 : _text[i] < 0x800 || char.IsSurrogate(_text[i]) ? 2 : 3;
        return bytes;
    }
}
