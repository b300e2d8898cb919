using System.Globalization;
using System.Text;

namespace Kansformers.Evaluation;

/// <summary>Text in which fields of a row stand in braces.</summary>
internal sealed class TaskTemplate
{
    private readonly List<(string Text, string? Field, string? Filter)> _parts = [];

    private TaskTemplate(string template) => Template = template;

    /// <summary>The template as it is written.</summary>
    public string Template { get; }

    /// <summary>The fields that it asks for.</summary>
    public IEnumerable<string> Fields => _parts.Where(part => part.Field is not null).Select(part => part.Field!);

    /// <summary>The only thing in it, where that is a field; else null.</summary>
    public string? OnlyField => _parts is [{ Text: "", Field: string only, Filter: null }] ? only : null;

    /// <summary>Reads a template.</summary>
    /// <exception cref="KansformersException">A brace is not closed, or a filter is unknown.</exception>
    public static TaskTemplate Parse(string template)
    {
        TaskTemplate read = new(template);
        StringBuilder text = new();
        for (int at = 0; at < template.Length; at++)
        {
            if (template[at] is '{' or '}' && at + 1 < template.Length && template[at + 1] == template[at])
            {
                text.Append(template[at++]);
                continue;
            }

            if (template[at] == '}')
                throw new KansformersException($"the template '{template}' closes a brace that was not opened; write }}}} for a brace");
            if (template[at] != '{')
            {
                text.Append(template[at]);
                continue;
            }

            int end = template.IndexOf('}', at);
            if (end < 0)
                throw new KansformersException($"the template '{template}' opens a brace that is not closed; write {{{{ for a brace");
            string[] inside = template[(at + 1)..end].Split('|', 2, StringSplitOptions.TrimEntries);
            if (inside[0].Length == 0 || (inside.Length == 2 && inside[1] != Capitalize))
                throw new KansformersException($"the template '{template}' asks for '{template[(at + 1)..end]}'; write {{field}}, {{field.within}} or {{field|{Capitalize}}}");
            read._parts.Add((text.ToString(), inside[0], inside.Length == 2 ? inside[1] : null));
            text.Clear();
            at = end;
        }

        if (text.Length > 0)
            read._parts.Add((text.ToString(), null, null));
        return read;
    }

    /// <summary>Fills in the fields of a row.</summary>
    /// <exception cref="KansformersException">The row lacks one.</exception>
    public string Fill(TaskRecord record)
    {
        StringBuilder filled = new();
        foreach ((string text, string? field, string? filter) in _parts)
        {
            filled.Append(text);
            if (field is not null)
                filled.Append(filter is null ? record.Text(field) : Capitalized(record.Text(field)));
        }

        return filled.ToString();
    }

    private const string Capitalize = "capitalize";

    // As Python's: the first letter large, all others small.
    private static string Capitalized(string text) => text.Length == 0 ? text
        : string.Concat(text[..1].ToUpper(CultureInfo.InvariantCulture), text[1..].ToLower(CultureInfo.InvariantCulture));
}
