using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Decompositions, the order of combining marks, and lower case, as <c>unicode.txt</c> gives them (tools/unicode-tables.cs writes it).
/// Our own, because .NET's normalization and casing change with the machine: without ICU the first does nothing.
/// </summary>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Loaded = new(Load);

    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, int> _lower = [];

    public static UnicodeTables Instance => Loaded.Value;

    /// <summary>What a character decomposes to, fully; null when it stays what it is. Not for the syllables of Hangul.</summary>
    public int[]? Decomposition(int codePoint, bool compatible) =>
        compatible && _compatible.TryGetValue(codePoint, out int[]? wide) ? wide : _canonical.GetValueOrDefault(codePoint);

    /// <summary>The character that two compose to, or -1.</summary>
    public int Composition(int first, int second) => _compositions.GetValueOrDefault((first, second), -1);

    /// <summary>0 for characters that begin anew; else a number that grows with Unicode's combining class.</summary>
    public byte CombiningClass(int codePoint) => _classes.GetValueOrDefault(codePoint);

    /// <summary>The lower case of one character, by itself.</summary>
    public int ToLower(int codePoint) =>
        codePoint < 0x80 ? (codePoint is >= 'A' and <= 'Z' ? codePoint | 0x20 : codePoint) : _lower.GetValueOrDefault(codePoint, codePoint);

    private static UnicodeTables Load()
    {
        using Stream stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream("Kansformers.unicode.txt")!;
        using StreamReader reader = new(stream, Encoding.ASCII);
        UnicodeTables tables = new();
        List<(int Character, int[] Parts)> composed = [];
        while (reader.ReadLine() is { } line)
            tables.Add(line.Split(' '), composed);
        tables.AddCompositions(composed);
        return tables;
    }

    private static int Hex(ReadOnlySpan<char> text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private void Add(string[] fields, List<(int Character, int[] Parts)> composed)
    {
        if (fields[0] == "N")
        {
            int dash = fields[1].IndexOf('-', StringComparison.Ordinal);
            for (int value = Hex(fields[1].AsSpan(0, dash)); value <= Hex(fields[1].AsSpan(dash + 1)); value++)
                _classes[value] = byte.Parse(fields[2], CultureInfo.InvariantCulture);
            return;
        }

        int character = Hex(fields[1]);
        int[] parts = [.. fields.Skip(2).Select(field => Hex(field))];
        if (fields[0] == "L")
            _lower[character] = parts[0];
        else
            (fields[0] == "K" ? _compatible : _canonical)[character] = parts;
        if (fields[0] == "C")
            composed.Add((character, parts));
    }

    // A character composes of its last part and of what the parts before it compose to.
    private void AddCompositions(List<(int Character, int[] Parts)> composed)
    {
        Dictionary<string, int> byParts = composed.ToDictionary(entry => Key(entry.Parts), entry => entry.Character);
        foreach ((int character, int[] parts) in composed)
        {
            int first = parts.Length == 2 ? parts[0] : byParts[Key(parts[..^1])];
            _compositions[(first, parts[^1])] = character;
        }

        static string Key(int[] parts) => string.Join(' ', parts);
    }
}
