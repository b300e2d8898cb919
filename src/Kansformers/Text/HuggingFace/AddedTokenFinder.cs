using System.Buffers;
using System.Text;

namespace Kansformers.Text;

/// <summary>Finds added tokens in a text: the leftmost first, and of several there the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly (string Text, AddedToken Token)[] _longestFirst;
    private readonly SearchValues<string>? _any;

    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        _longestFirst = [.. tokens.Where(token => token.Text.Length > 0).OrderByDescending(token => token.Text.Length)];
        if (_longestFirst.Length > 0)
            _any = SearchValues.Create([.. _longestFirst.Select(token => token.Text)], StringComparison.Ordinal);
    }

    public bool IsEmpty => _any is null;

    /// <summary>The text in order: stretches without a token, and the tokens between them.</summary>
    public List<(int Start, int End, AddedToken? Token)> Find(ReadOnlySpan<char> text)
    {
        List<(int Start, int End, AddedToken? Token)> parts = [];
        int done = 0;
        for (int at = 0; _any is not null && text[at..].IndexOfAny(_any) is int next and >= 0;)
        {
            int start = at + next;
            (string content, AddedToken token) = At(text[start..]);
            int end = at = start + content.Length;
            if (token.SingleWord && (EndsInWord(text[..start]) || StartsWithWord(text[end..])))
                continue;
            if (token.TakesLeft)
                start = Math.Max(done, text[..start].TrimEnd().Length);
            if (token.TakesRight)
                at = end = text.Length - text[end..].TrimStart().Length;
            if (start > done)
                parts.Add((done, start, null));
            parts.Add((start, end, token));
            done = end;
        }

        if (done < text.Length)
            parts.Add((done, text.Length, null));
        return parts;
    }

    /// <summary>Whether a token may lie across a place before a space, or take the white space there.</summary>
    public bool MayCross(ReadOnlySpan<char> text, int place)
    {
        foreach ((string content, AddedToken token) in _longestFirst)
        {
            if (token.TakesRight && text[..place].EndsWith(content, StringComparison.Ordinal))
                return true;
            for (int inside = 1; inside < content.Length; inside++)
            {
                if (content[inside] == ' ' && text[..place].EndsWith(content.AsSpan(0, inside), StringComparison.Ordinal))
                    return true;
            }
        }

        return false;
    }

    private (string Text, AddedToken Token) At(ReadOnlySpan<char> text)
    {
        foreach ((string content, AddedToken token) in _longestFirst)
        {
            if (text.StartsWith(content, StringComparison.Ordinal))
                return (content, token);
        }

        throw new InvalidOperationException("the search found what is not there");
    }

    private static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && CharacterKinds.IsWord(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && CharacterKinds.IsWord(rune);
}
