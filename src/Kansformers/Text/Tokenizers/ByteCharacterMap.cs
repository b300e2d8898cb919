using System.Text;

namespace Kansformers.Text;

/// <summary>From the bytes of a word in UTF-8 to its characters.</summary>
internal readonly ref struct ByteCharacterMap
{
    private readonly int[]? _floors;

    public ByteCharacterMap(ReadOnlySpan<char> word)
    {
        if (Ascii.IsValid(word))
            return;
        _floors = new int[Encoding.UTF8.GetByteCount(word) + 1];
        int at = 0, characters = 0;
        foreach (Rune rune in word.EnumerateRunes())
        {
            for (int i = 0; i < rune.Utf8SequenceLength; i++)
                _floors[at++] = characters;
            characters += rune.Utf16SequenceLength;
        }

        _floors[at] = characters;
    }

    /// <summary>The characters that are complete at a byte.</summary>
    public int Floor(int place) => _floors is null ? place : _floors[place];

    /// <summary>The characters of which at least one byte lies before a byte.</summary>
    public int Ceiling(int place)
    {
        if (_floors is null)
            return place;
        while (place > 0 && place < _floors.Length - 1 && _floors[place] == _floors[place - 1])
            place++;
        return _floors[place];
    }
}
