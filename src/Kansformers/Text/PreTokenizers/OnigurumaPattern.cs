using System.Globalization;
using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Patterns of tokenizer files are written for the library Oniguruma (<see href="https://github.com/kkos/oniguruma/blob/master/doc/RE"/>), in which sets nest
/// and a word character is more than in .NET. They are translated; what cannot be is refused by name, where .NET would read it as something else.
/// </summary>
internal sealed class OnigurumaPattern
{
    private const string Word = @"\p{L}\p{M}\p{N}\p{Pc}";

    private static readonly Dictionary<string, string> Named = new()
    {
        ["alpha"] = @"\p{L}\p{M}\p{Nl}", ["alnum"] = @"\p{L}\p{M}\p{Nl}\p{Nd}", ["digit"] = @"\p{Nd}", ["lower"] = @"\p{Ll}", ["upper"] = @"\p{Lu}", ["space"] = @"\s",
        ["blank"] = @"\t\p{Zs}", ["cntrl"] = @"\p{Cc}", ["xdigit"] = "0-9A-Fa-f", ["word"] = Word,
    };

    private readonly string _pattern;
    private readonly StringBuilder _result = new();
    private int _at;

    private OnigurumaPattern(string pattern) => _pattern = pattern;

    /// <summary>The same pattern as .NET writes it.</summary>
    /// <exception cref="FormatException">It has something that is not translated; the message names it.</exception>
    public static string Translate(string pattern)
    {
        OnigurumaPattern translation = new(pattern);
        translation.Run();
        return translation._result.ToString();
    }

    private void Run()
    {
        while (_at < _pattern.Length)
        {
            char next = _pattern[_at];
            if (next == '\\')
                _result.Append(Escape() switch { @"\w" => $"[{Word}]", @"\W" => $"[^{Word}]", string other => other });
            else if (next == '[')
                Set();
            else if (next == '(' && _at + 2 < _pattern.Length && _pattern[_at + 1] == '?' && (char.IsAsciiLetter(_pattern[_at + 2]) || _pattern[_at + 2] == '-'))
                Options();
            else
                Copy(1);
        }
    }

    // In Oniguruma's syntax m lets a dot stand for a line break too, which .NET calls s; lines always count.
    private void Options()
    {
        int end = _pattern.AsSpan(_at).IndexOfAny(':', ')');
        if (end < 0)
            throw new FormatException("a group that does not end");
        _result.Append(_pattern.AsSpan(_at, end).ToString().Replace('m', 's'));
        _at += end;
    }

    // Two characters; more of it, as in \p{L} and \x{41}, follows as it stands.
    private string Escape()
    {
        if (_at + 1 == _pattern.Length)
            throw new FormatException(@"a \ at its end");
        string escape = _pattern.Substring(_at, 2);
        if (escape is @"\h" or @"\H" or @"\R" or @"\X" or @"\K" or @"\N" or @"\O" or @"\y" or @"\Y")
            throw new FormatException(escape);
        _at += 2;
        return escape;
    }

    private void Set()
    {
        _at++;
        _result.Append('[');
        if (Is('^'))
            Copy(1);
        Items(nested: false);
        _result.Append(']');
    }

    private void Items(bool nested)
    {
        for (int first = _at; ;)
        {
            if (_at == _pattern.Length)
                throw new FormatException("a set that does not end");
            char next = _pattern[_at];
            if (next == ']' && _at > first)
            {
                _at++;
                return;
            }

            if (_pattern.AsSpan(_at).StartsWith("&&"))
                throw new FormatException("an intersection of sets (&&)");
            if (next == '\\')
                _result.Append(Escape() switch { @"\w" => Word, @"\W" => throw new FormatException(@"\W in a set"), string other => other });
            else if (_pattern.AsSpan(_at).StartsWith("[:"))
                NamedSet();
            else if (next == '[')
                Nested();
            else if (next == ']' || (next == '-' && nested && (_at == first || (_at + 1 < _pattern.Length && _pattern[_at + 1] == ']'))))
                Literal(); // where it stands now it would mean something else
            else
                Copy(1);
        }
    }

    private void Nested()
    {
        if (_result[^1] == '-' && _result[^2] != '\\')
            throw new FormatException("a range that ends in a set");
        _at++;
        if (Is('^'))
            throw new FormatException("a set in a set that is all but some characters ([^...])");
        Items(nested: true);
    }

    private void NamedSet()
    {
        int end = _pattern.IndexOf(":]", _at, StringComparison.Ordinal);
        string name = end < 0 ? "" : _pattern[(_at + 2)..end];
        _result.Append(Named.TryGetValue(name, out string? set) ? set : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the set [:{name}:]")));
        _at = end + 2;
    }

    private void Literal()
    {
        _result.Append('\\');
        Copy(1);
    }

    private void Copy(int count)
    {
        _result.Append(_pattern, _at, count);
        _at += count;
    }

    private bool Is(char character) => _at < _pattern.Length && _pattern[_at] == character;
}
