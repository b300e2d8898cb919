using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>Reads a bracketed class, in which there may be others: <c>[a-c[^d]&amp;&amp;\w[:digit:]]</c>.</summary>
internal sealed partial class OnigurumaClass(string source, int at)
{
    // Deeper nesting has no use but to exhaust the stack.
    private const int Deepest = 50;

    private int _at = at;

    /// <summary>The set, and where the pattern goes on.</summary>
    public CharacterSet Read(out int end)
    {
        CharacterSet set = Read(0);
        end = _at;
        return set;
    }

    private CharacterSet Read(int depth)
    {
        if (depth > Deepest)
            throw OnigurumaPattern.Refused("classes in classes in classes");
        _at++; // the bracket
        bool not = Takes("^");
        List<CharacterSet> parts = [];
        CharacterSet? before = null; // what an && stands behind
        for (bool first = true; !(Here() == ']' && (!first || source.IndexOf(']', _at + 1) < 0)); first = false)
        {
            if (_at >= source.Length)
                throw OnigurumaPattern.Refused("a class without its end");
            if (Takes("&&"))
            {
                before = Whole(before, parts);
                parts = [];
            }
            else
            {
                parts.Add(Part(depth));
            }
        }

        _at++;
        CharacterSet set = Whole(before, parts);
        return not ? set.Complement() : set;
    }

    private static CharacterSet Whole(CharacterSet? before, List<CharacterSet> parts)
    {
        if (parts.Count == 0)
            throw OnigurumaPattern.Refused("an empty class");
        CharacterSet union = CharacterSet.Union(parts);
        return before is CharacterSet both ? both.And(union) : union;
    }

    private CharacterSet Part(int depth)
    {
        if (Here() == '[')
        {
            Match posix = PosixAt().Match(source, _at);
            if (!posix.Success)
                return Read(depth + 1);
            CharacterSet named = CharacterSet.Named(posix.Groups[2].Value) ?? throw OnigurumaPattern.Refused($"the class '{posix.Value}'");
            _at += posix.Length;
            return posix.Groups[1].Length > 0 ? named.Complement() : named;
        }

        if (Here() == '\\' && OnigurumaEscape.Set(source, ref _at) is CharacterSet set)
            return set;
        int low = Character();
        // A hyphen before the end, a set or an && is one.
        if (Here() != '-' || _at + 1 >= source.Length || source[_at + 1] is ']' or '[' || string.CompareOrdinal(source, _at + 1, "&&", 0, 2) == 0)
            return CharacterSet.Of(CharacterSet.Literal(low));
        int hyphen = _at++;
        if (Here() == '\\' && OnigurumaEscape.Set(source, ref _at) is not null)
            throw OnigurumaPattern.Refused($"the range '{source[(hyphen - 1).._at]}'");
        int high = Character();
        return low <= high ? CharacterSet.Of($"{CharacterSet.Literal(low)}-{CharacterSet.Literal(high)}") : throw OnigurumaPattern.Refused($"the range '{source[(hyphen - 1).._at]}', which ends before it begins");
    }

    private int Character()
    {
        if (Here() != '\\')
            return source[_at++];
        if (source[_at + 1] != 'b')
            return OnigurumaEscape.Character(source, ref _at);
        _at += 2;
        return '\b';
    }

    private char Here() => _at < source.Length ? source[_at] : '\0';

    private bool Takes(string text)
    {
        bool found = string.CompareOrdinal(source, _at, text, 0, text.Length) == 0;
        _at += found ? text.Length : 0;
        return found;
    }

    [GeneratedRegex(@"\G\[:(\^?)([A-Za-z]+):\]")]
    private static partial Regex PosixAt();
}
