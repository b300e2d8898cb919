using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Kansformers.Text;

/// <summary>Reads an XML documentation file as prose: per member its summary, its remarks and what it returns, in one paragraph.</summary>
internal static partial class ApiProse
{
    /// <summary>The identifier and the paragraph of each member, in the order of the file; the paragraph is empty where the member has no text.</summary>
    public static IEnumerable<(string Id, string Body)> Read(string path)
    {
        using FileStream stream = SourceFile.Open(path);
        using BufferedStream buffered = new(stream, 1 << 16);
        using XmlReader reader = XmlReader.Create(buffered, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        while (true)
        {
            XElement? member = NextMember(reader, path);
            if (member is null)
                yield break;
            if (member.Attribute("name")?.Value is { } id)
                yield return (id, BodyOf(member));
        }
    }

    private static XElement? NextMember(XmlReader reader, string path)
    {
        try
        {
            while (reader.NodeType != XmlNodeType.Element || reader.Name != "member")
            {
                if (!reader.Read())
                    return null;
            }

            return (XElement)XNode.ReadFrom(reader);
        }
        catch (XmlException failure)
        {
            throw new KansformersException($"'{path}' is not an XML documentation file: {failure.Message.ReplaceLineEndings(" ")}; repair the .NET SDK, or give Corpus.Open a text file", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SourceFile.CannotRead(path, failure);
        }
    }

    private static string BodyOf(XElement member)
    {
        StringBuilder body = new();
        string summary = Prose(member.Element("summary"));
        AddSentence(body, summary);
        AddSentence(body, Prose(member.Element("remarks")));
        AddSentence(body, ReturnSentence(Prose(member.Element("returns")), summary));
        return GenericArity().Replace(body.ToString(), "").Replace("constructor constructor", "constructor", StringComparison.Ordinal);
    }

    /// <summary>Adds what is not empty, ended by a full stop where it has no end.</summary>
    private static void AddSentence(StringBuilder body, string sentence)
    {
        sentence = sentence.TrimEnd(' ', ':', ';', ',');
        if (sentence.Length == 0)
            return;
        if (body.Length > 0)
            body.Append(' ');
        body.Append(sentence);
        if (sentence[^1] is not ('.' or '!' or '?'))
            body.Append('.');
    }

    /// <summary>"An array ..." becomes "Returns an array ..."; nothing when it only repeats the summary or names a type.</summary>
    private static string ReturnSentence(string text, string summary)
    {
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0 || summary.Contains(text[(blank + 1)..].TrimEnd('.'), StringComparison.OrdinalIgnoreCase))
            return "";
        return text[..blank] switch
        {
            "Returns" => text,
            "A" or "An" or "The" or "If" or "One" or "Either" => $"Returns {char.ToLowerInvariant(text[0])}{text[1..]}",
            "true" or "false" or "null" => $"Returns {text}",
            _ => $"Returns: {text}",
        };
    }

    private static string Prose(XElement? element)
    {
        if (element is null)
            return "";
        StringBuilder text = new();
        AppendNodes(text, element);
        return Collapse(text.ToString());
    }

    private static void AppendNodes(StringBuilder text, XElement parent)
    {
        foreach (XNode node in parent.Nodes())
        {
            if (node is XText words)
                text.Append(words.Value);
            else if (node is XElement element)
                AppendElement(text, element);
        }
    }

    private static void AppendElement(StringBuilder text, XElement element)
    {
        switch (element.Name.LocalName)
        {
            case "see" or "seealso" or "xref" or "paramref" or "typeparamref" when element.IsEmpty || element.Value.Length == 0:
                text.Append(Reference(element));
                break;
            case "listheader":
            case "code" when element.Value.Contains('\n', StringComparison.Ordinal):
                break; // table heads and programs are no prose
            case "para" or "p" or "li" or "br":
                text.Append(' ');
                AppendNodes(text, element);
                text.Append(' ');
                break;
            case "item":
                AppendItem(text, element);
                break;
            default:
                AppendNodes(text, element);
                break;
        }
    }

    /// <summary>An item of a list becomes a sentence: "Term: description."</summary>
    private static void AppendItem(StringBuilder text, XElement item)
    {
        string term = Prose(item.Element("term")), description = Prose(item.Element("description"));
        string sentence = term.Length > 0 && description.Length > 0 ? $"{term}: {description}" : term + description;
        if (sentence.Length == 0)
            sentence = Collapse(item.Value);
        text.Append(' ').Append(sentence);
        if (sentence.Length > 0 && char.IsLetterOrDigit(sentence[^1]))
            text.Append('.');
        text.Append(' ');
    }

    private static string Reference(XElement element)
    {
        string? Value(string name) => element.Attribute(name)?.Value;
        if (Value("langword") is { } keyword)
            return keyword;
        if (Value("name") is { } name)
            return name;
        return Value("cref") is { } id ? ApiNames.Short(id) : Value("href") ?? "";
    }

    /// <summary>Every run of white space becomes one blank, and none stays before a full stop or comma.</summary>
    private static string Collapse(string text)
    {
        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsWhiteSpace(c))
            {
                if (result.Length > 0 && result[^1] != ' ')
                    result.Append(' ');
                continue;
            }

            // Not ".NET", whose full stop begins a word.
            bool endsWord = i + 1 == text.Length || !char.IsLetterOrDigit(text[i + 1]);
            if (c is '.' or ',' or ';' && endsWord && result.Length > 0 && result[^1] == ' ')
                result.Length--;
            result.Append(c);
        }

        return result.ToString().TrimEnd();
    }

    /// <summary>The <c>`1</c> of a generic type that was written out by hand.</summary>
    [GeneratedRegex(@"(?<=\w)`\d")]
    private static partial Regex GenericArity();
}
