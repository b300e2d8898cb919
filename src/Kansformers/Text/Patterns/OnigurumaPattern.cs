using System.Text;
using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>
/// Writes a pattern in Oniguruma's default syntax as one of .NET that matches the same; what has no such form is refused by name.
/// </summary>
internal sealed partial class OnigurumaPattern(string source)
{
    private const char LongS = '\u017F';

    private readonly StringBuilder _output = new();
    private readonly Stack<bool> _outer = [];
    private bool _anyCase; // whether (?i holds here
    private int _at;

    /// <summary>The pattern for .NET, with <see cref="RegexOptions.Multiline"/>.</summary>
    /// <exception cref="KansformersException">What cannot be written so; a message to stand behind the pattern.</exception>
    public static string Translate(string pattern)
    {
        foreach (char character in pattern)
        {
            if (char.IsSurrogate(character))
                throw Refused("a character beyond U+FFFF");
        }

        OnigurumaPattern translation = new(pattern);
        while (translation._at < pattern.Length)
            translation.Next();
        return translation._output.ToString();
    }

    internal static KansformersException Refused(string what) => new($"uses {what}, which is not supported");

    private void Next()
    {
        switch (source[_at])
        {
            case '\\':
                Escape();
                break;
            case '[':
                Append(new OnigurumaClass(source, _at).Read(out _at).Pattern);
                break;
            case '(':
                Group();
                break;
            case '^': // not after a line break that ends the text
                _output.Append(@"(?:\A|(?<=\n)(?!\z))");
                _at++;
                break;
            case '{':
                Repeat();
                break;
            case ')':
                _anyCase = _outer.TryPop(out bool outer) && outer;
                _output.Append(source[_at++]);
                break;
            case 's' or 'S' or LongS:
                Append(source[_at++].ToString());
                break;
            default:
                _output.Append(source[_at++]);
                break;
        }
    }

    /// <summary>Appends what matches one character. Where case does not count, a long s is an s there, and not in .NET.</summary>
    private void Append(string one)
    {
        const RegexOptions AnyCase = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;
        bool alike = !_anyCase || Regex.IsMatch("s", one, AnyCase) == Regex.IsMatch($"{LongS}", one, AnyCase);
        // A set without s has no long s either; what has one of them as itself has both.
        _output.Append(alike ? one : one.StartsWith("[^", StringComparison.Ordinal) || one.StartsWith("(?:(?!", StringComparison.Ordinal) ? $"(?:(?![s{LongS}]){one})" : $"(?:{one}|[s{LongS}])");
    }

    private void Escape()
    {
        if (OnigurumaEscape.Set(source, ref _at) is CharacterSet set)
        {
            _output.Append(set.Pattern);
            return;
        }

        string escape = source.Substring(_at, Math.Min(2, source.Length - _at));
        switch (escape)
        {
            case @"\b":
                _output.Append($"(?:(?<=[{CharacterSet.Word}])(?![{CharacterSet.Word}])|(?<![{CharacterSet.Word}])(?=[{CharacterSet.Word}]))");
                _at += 2;
                break;
            case @"\B":
                _output.Append($"(?:(?<=[{CharacterSet.Word}])(?=[{CharacterSet.Word}])|(?<![{CharacterSet.Word}])(?![{CharacterSet.Word}]))");
                _at += 2;
                break;
            case @"\R":
                _output.Append(@"(?>\r\n|[\n-\r\u0085\u2028\u2029])");
                _at += 2;
                break;
            case @"\A" or @"\z" or @"\Z" or @"\G" or @"\k" or [_, >= '1' and <= '9']:
                _output.Append(escape);
                _at += 2;
                break;
            default:
                Append(CharacterSet.Literal(OnigurumaEscape.Character(source, ref _at)));
                break;
        }
    }

    private void Group()
    {
        if (CommentAt().Match(source, _at) is { Success: true } comment)
        {
            _at += comment.Length;
            return;
        }

        if (OptionsAt().Match(source, _at) is { Success: true } options)
        {
            string letters = options.Groups[1].Value;
            if (letters.AsSpan().ContainsAnyExcept('i', 'm', '-') || (options.Value[^1] == ')' && _at > 0))
                throw Refused($"the options '{options.Value}' at character {_at + 1}");
            // What m is there, a dot that matches line breaks, is s here.
            _output.Append($"(?{letters.Replace('m', 's')}{options.Value[^1]}");
            if (options.Value[^1] == ':')
                _outer.Push(_anyCase);
            int off = letters.IndexOf('-', StringComparison.Ordinal), letter = letters.IndexOf('i', StringComparison.Ordinal);
            _anyCase = letter >= 0 ? off < 0 || letter < off : _anyCase;
            _at += options.Length;
            return;
        }

        Match kind = KnownGroupAt().Match(source, _at);
        if (!kind.Success)
            throw Refused($"the group '{source.AsSpan(_at, Math.Min(3, source.Length - _at))}' at character {_at + 1}");
        _outer.Push(_anyCase);
        _output.Append(kind.Value);
        _at += kind.Length;
    }

    private void Repeat()
    {
        Match repeat = RepeatAt().Match(source, _at);
        if (!repeat.Success)
        {
            _output.Append(@"\{");
            _at++;
            return;
        }

        // There, {n}? is once or not at all, and {n,m}+ again and again.
        if (repeat.Groups[3].Value is "+" || (repeat.Groups[3].Value is "?" && !repeat.Value.Contains(',', StringComparison.Ordinal)))
            throw Refused($"the repetition '{repeat.Value}'");
        _output.Append(repeat.Groups[1].Length == 0 ? $"{{0{repeat.Value.AsSpan(1)}" : repeat.Value);
        _at += repeat.Length;
    }

    [GeneratedRegex(@"\G\(\?#[^)]*\)")]
    private static partial Regex CommentAt();

    [GeneratedRegex(@"\G\(\?([A-Za-z-]+)[:)]")]
    private static partial Regex OptionsAt();

    [GeneratedRegex(@"\G\((?:\?(?::|=|!|>|<=|<!|<[A-Za-z_]\w*>)|(?!\?|\*))")]
    private static partial Regex KnownGroupAt();

    [GeneratedRegex(@"\G\{(?:([0-9]+)(?:,[0-9]*)?|,([0-9]+))\}([?+]?)")]
    private static partial Regex RepeatAt();
}
