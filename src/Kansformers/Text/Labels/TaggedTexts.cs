using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Kansformers.Text;

/// <summary>
/// Reads texts whose words have labels: <c>.jsonl</c> with a list of words and a list of labels in each row, or lines of <c>word label</c> as of the CoNLL tasks
/// (Tjong Kim Sang and De Meulder, 2003), with an empty line between two texts.
/// </summary>
public static class TaggedTexts
{
    private const string DocumentStart = "-DOCSTART-";

    private static readonly UsualNames WordNames = new("tokens", "words", "text"), TagNames = new("tags", "ner_tags", "labels", "pos_tags", "label");

    /// <summary>Whether a file holds words by its ending; else each of its lines is a text.</summary>
    /// <param name="path">The file.</param>
    public static bool HasWords(string path) => HasFields(path) || CorpusFiles.FormatOf(path) is ".conll" or ".bio" or ".iob" or ".iob2" or ".tsv";

    /// <summary>Reads all texts.</summary>
    /// <param name="path">The file, packed (<c>.gz</c>, <c>.zst</c>) or not.</param>
    /// <param name="fields">The fields of <c>.jsonl</c> with the words and with their labels; those that are null are found by their names.</param>
    /// <param name="needsTags">Whether words must have labels; else none is read.</param>
    /// <exception cref="KansformersException">The file cannot be read, fields cannot be told, or a text has not as many labels as words; the message names the line.</exception>
    public static IReadOnlyList<TaggedText> Read(string path, LabelledFields fields, bool needsTags = true) => Read(path, fields, needsTags, out _);

    /// <summary>As the public one, and tells what was read, in words.</summary>
    internal static IReadOnlyList<TaggedText> Read(string path, LabelledFields fields, bool needsTags, out string columns)
    {
        ArgumentNullException.ThrowIfNull(fields);
        path = RecordFile.RequireThere(path, "words with labels are read from one .jsonl or .parquet file, or one with a line 'word label' for each word");
        if (CorpusFiles.FormatOf(path) is ".csv")
            throw new KansformersException($"'{path}' is a table, which has no lists of words; give a .jsonl or .parquet file with lists, or one with a line 'word label' for each word");
        SourceFile.RequireContent(path);
        string found = "word and label in each line";
        List<TaggedText> texts = [.. HasFields(path) ? Rows(path, fields, needsTags, names => found = names) : Lines(path, needsTags)];
        columns = found;
        return texts.Count > 0 ? texts : throw new KansformersException($"'{path}' holds no text; give a file with words");
    }

    /// <summary>Whether a file has fields with lists of words by its ending; else each of its lines is a word or a text.</summary>
    /// <param name="path">The file.</param>
    public static bool HasFields(string path) => CorpusFiles.FormatOf(path) is ".jsonl" or ".ndjson" or ".json" or ".parquet";

    private static IEnumerable<TaggedText> Rows(string path, LabelledFields fields, bool needsTags, Action<string> told)
    {
        string? words = fields.Text, tags = fields.Label;
        foreach (TableRecord record in RecordFile.Read(path, fields.Text, keepsNested: true))
        {
            string place = record.Place;
            words ??= record.Find(WordNames, "words", "TextField");
            if (needsTags)
                tags ??= record.Find(TagNames, "labels", "LabelField");
            string[] texts = List(words, false), labels = needsTags ? List(tags!, true) : [];
            if (needsTags && labels.Length != texts.Length)
                throw new KansformersException($"{place} has {texts.Length} word{(texts.Length == 1 ? "" : "s")}, but {labels.Length} label{(labels.Length == 1 ? "" : "s")}; give each word one");
            if (Array.FindIndex(labels, string.IsNullOrWhiteSpace) is >= 0 and int bare)
                throw new KansformersException($"{place} has no label for word {bare + 1}, '{texts[bare]}'; give it one");
            yield return new TaggedText(texts, labels, place);

            string[] List(string name, bool isLabel)
            {
                string? json = record.Value(name);
                if (json is null || !record.Nested.Contains(name))
                    return !isLabel && !needsTags && json is not null ? TaggedTexts.Words(json) : throw new KansformersException($"{place} holds no list in '{name}', where a list of {(isLabel ? "labels" : "words")} is wanted");
                return JsonLinesFile.Nested<string[]>(place, json, list => list.ValueKind != JsonValueKind.Array ? throw Wrong() : [.. list.EnumerateArray().Select(item => item.ValueKind switch
                {
                    JsonValueKind.String => item.GetString()!,
                    JsonValueKind.Number when isLabel && item.TryGetInt64(out long number) => number.ToString(CultureInfo.InvariantCulture),
                    _ => throw Wrong(),
                })]);

                KansformersException Wrong() => new($"{place} holds in '{name}' something else than a list of {(isLabel ? "names or whole numbers" : "texts")}");
            }
        }

        told($"words '{words}', labels '{tags}'");
    }

    /// <summary>The words of a text: what stands between white space.</summary>
    internal static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<TaggedText> Lines(string path, bool needsTags)
    {
        List<string> words = [], tags = [];
        long number = 0, first = 0;
        foreach (string line in AllLines(path).Append(""))
        {
            number++;
            if (line.StartsWith(DocumentStart, StringComparison.Ordinal))
                continue;
            if (string.IsNullOrWhiteSpace(line))
            {
                if (words.Count > 0)
                    yield return new TaggedText([.. words], needsTags ? [.. tags] : [], string.Create(CultureInfo.InvariantCulture, $"'{path}' line {first}")) { Lines = (path, first) };
                words.Clear();
                tags.Clear();
                continue;
            }

            string[] columns = line.Contains('\t', StringComparison.Ordinal) ? [.. line.Split('\t').Select(column => column.Trim())] : Words(line);
            if (needsTags && (columns.Length < 2 || columns[^1].Length == 0))
                throw new KansformersException(string.Create(CultureInfo.InvariantCulture, $"'{path}' line {number} has no label: a word and, behind a tab or a space, its label are wanted"));
            first = words.Count == 0 ? number : first;
            words.Add(columns[0]);
            tags.Add(columns[^1]);
        }
    }

    private static IEnumerable<string> AllLines(string path)
    {
        StringBuilder text = new();
        foreach ((ReadOnlyMemory<char> piece, _) in TextFileReader.Read(path))
            text.Append(piece);
        return text.ToString().Split('\n').Select(line => line.TrimEnd('\r'));
    }
}
