using System.Text;
using System.Text.RegularExpressions;

namespace Kansformers.Tests;

/// <summary>The parts of a page that can go stale: fenced blocks, code spans, links.</summary>
internal sealed partial class Markdown
{
    private readonly string _prose;

    private Markdown(List<(string Language, string[] Lines)> blocks, string prose) => (Blocks, _prose) = (blocks, prose);

    /// <summary>The fenced blocks with the word behind their opening fence.</summary>
    public IReadOnlyList<(string Language, string[] Lines)> Blocks { get; }

    /// <summary>What stands between single backticks.</summary>
    public IEnumerable<string> Spans => Span().Matches(_prose).Select(match => match.Groups[1].Value.ReplaceLineEndings(" "));

    /// <summary>Where links lead that stay in the repository, without their anchors.</summary>
    public IEnumerable<string> Links => Link().Matches(_prose).Select(match => match.Groups[1].Value)
        .Where(link => !link.Contains(':', StringComparison.Ordinal) && !link.StartsWith('#')).Select(link => link.Split('#')[0]);

    /// <summary>The commands of blocks that a person types into a shell (<c>sh</c>, or <c>console</c> after its prompts), with joined lines.</summary>
    public IEnumerable<string> Commands => Blocks.Where(block => block.Language is "sh" or "bash" or "console")
        .SelectMany(block => string.Join('\n', block.Lines).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Where(line => block.Language != "console" || line.StartsWith("$ ", StringComparison.Ordinal))
            .Select(line => block.Language == "console" ? line[2..] : line.Trim()))
        .Where(line => line.Length > 0 && line[0] != '#');

    public static Markdown Read(string path)
    {
        List<(string, string[])> blocks = [];
        StringBuilder prose = new();
        string? language = null;
        List<string> block = [];
        foreach (string line in File.ReadLines(path))
        {
            bool fence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            if (fence && language is null)
            {
                language = line.Trim().Trim('`').Trim();
            }
            else if (fence)
            {
                blocks.Add((language!, [.. block]));
                block.Clear();
                language = null;
            }
            else if (language is not null)
            {
                block.Add(line);
            }
            else
            {
                prose.AppendLine(line);
            }
        }

        return new Markdown(blocks, prose.ToString());
    }

    /// <summary>A command line's words as a shell would pass them: quotes taken off, ended by a comment, a pipe, a redirection or another command.</summary>
    public static string[] Words(string command)
    {
        List<string> words = [];
        foreach (Match match in Word().Matches(command))
        {
            if (match.Value[0] is '#' or '|' or '>' or '<' or '&' or ';')
                break;
            words.Add(match.Value.Replace("\"", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal));
        }

        return [.. words];
    }

    [GeneratedRegex("(?<!`)`([^`]+)`(?!`)")]
    private static partial Regex Span();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("""(?:"[^"]*"|'[^']*'|[^\s"'])+""")]
    private static partial Regex Word();
}
