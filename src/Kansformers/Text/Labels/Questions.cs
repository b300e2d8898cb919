using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Kansformers.Text;

/// <summary>
/// Reads questions with contexts and answers from a table, as SQuAD (Rajpurkar et al., 2016) is given with a question in each row: <c>answers</c> with <c>text</c> and
/// <c>answer_start</c>, or columns <c>answer</c> and <c>answer_start</c>. Places count characters (Unicode code points), as there. A question without an answer is one that its
/// context does not answer, as in SQuAD 2.0 (Rajpurkar, Jia and Liang, 2018); a column <c>is_impossible</c> says so, too.
/// </summary>
public static class Questions
{
    private const string TextName = "text", StartName = "answer_start", ImpossibleName = "is_impossible";

    private static readonly UsualNames QuestionNames = new("question"), ContextNames = new("context", "passage", "paragraph", "document"), AnswerNames = new("answers", "answer");

    /// <summary>Reads all rows.</summary>
    /// <param name="path">A <c>.csv</c>, <c>.tsv</c> or <c>.jsonl</c> file, packed (<c>.gz</c>, <c>.zst</c>) or not.</param>
    /// <param name="fields">Its columns: question, context and answers; those that are null are found by their names.</param>
    /// <param name="needsAnswers">Whether rows must have question, context and answers; else no answer is read, and rows may be empty.</param>
    /// <exception cref="KansformersException">The file cannot be read, columns cannot be told, or an answer is not in its context; the message names the line.</exception>
    public static IReadOnlyList<QuestionRow> Read(string path, LabelledFields fields, bool needsAnswers = true) => Read(path, fields, needsAnswers, out _);

    /// <summary>As the public one, and tells which columns were read, in words.</summary>
    internal static IReadOnlyList<QuestionRow> Read(string path, LabelledFields fields, bool needsAnswers, out string columns)
    {
        ArgumentNullException.ThrowIfNull(fields);
        path = RecordFile.Require(path, "questions", "columns of questions and contexts");
        (string? question, string? context, string? answers) = (fields.Text, fields.Pair, fields.Label);
        List<QuestionRow> rows = [];
        foreach (TableRecord record in RecordFile.Read(path, fields.Text, keepsNested: true))
        {
            Row row = new(record);
            question ??= record.Find(QuestionNames, "questions", "TextField");
            context ??= record.Find(ContextNames, "contexts", "TextPairField");
            if (needsAnswers)
                answers ??= record.Find(AnswerNames, "answers", "LabelField");
            string asked = row.Text(question, needsAnswers), text = row.Text(context, needsAnswers);
            ContextAnswer[] found = needsAnswers ? row.Answers(answers!, text) : [];
            rows.Add(new QuestionRow(asked, text, found, row.Place) { IsUnanswerable = needsAnswers && found.Length == 0 });
        }

        columns = $"question '{question}', context '{context}'{(answers is null ? "" : $", answers '{answers}'")}";
        return rows.Count > 0 ? rows : throw new KansformersException($"'{path}' holds no row; give a file with questions");
    }

    private readonly record struct Row(TableRecord Record)
    {
        public string Place => Record.Place;

        public string Text(string name, bool mustHold)
        {
            string text = Record.Text(name);
            return text.Trim().Length > 0 || !mustHold ? text : throw new KansformersException($"{Place} has no text in '{name}'; give it one, or leave the row out");
        }

        public ContextAnswer[] Answers(string name, string context)
        {
            string place = Place;
            string? value = Record.Value(name);
            (string Text, long Start)[] told = Record.Nested.Contains(name) ? [.. JsonLinesFile.Nested(place, value!, FromJson)]
                : string.IsNullOrEmpty(value) ? [] : [(value, Number(Record.Value(StartName)))];
            if (IsImpossible is bool isImpossible && isImpossible == told.Length > 0)
                throw new KansformersException($"{place} has {(isImpossible ? "an answer" : "no answer")} in '{name}', but {(isImpossible ? "true" : "false")} in '{ImpossibleName}'; correct one of them, or leave the row out");
            return [.. told.Select(answer => Found(context, answer.Text, answer.Start, place))];
        }

        private bool? IsImpossible => Record.Values.GetValueOrDefault(ImpossibleName)?.Trim() switch
        {
            null or "" => null,
            "true" or "True" or "TRUE" or "1" => true,
            "false" or "False" or "FALSE" or "0" => false,
            string other => throw new KansformersException($"{Place} has '{other}' in '{ImpossibleName}', where true or false is wanted"),
        };

        private long Number(string? text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number
            : throw new KansformersException($"{Place} has '{text}' in '{StartName}', which is no whole number");

        // {"text": [...], "answer_start": [...]}, or a list of objects with one of each.
        private List<(string Text, long Start)> FromJson(JsonElement root)
        {
            List<(string Text, long Start)> answers = [];
            if (root.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement entry in root.EnumerateArray())
                    answers.Add(One(Member(entry, TextName), Member(entry, StartName)));
                return answers;
            }

            JsonElement texts = Member(root, TextName), starts = Member(root, StartName);
            if (texts.ValueKind != JsonValueKind.Array || starts.ValueKind != JsonValueKind.Array || texts.GetArrayLength() != starts.GetArrayLength())
                throw Wrong();
            answers.AddRange(texts.EnumerateArray().Zip(starts.EnumerateArray(), One));
            return answers;
        }

        private JsonElement Member(JsonElement entry, string name) => entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out JsonElement value) ? value : throw Wrong();

        private (string Text, long Start) One(JsonElement text, JsonElement start) =>
            text.ValueKind == JsonValueKind.String && start.ValueKind == JsonValueKind.Number && start.TryGetInt64(out long place) ? (text.GetString()!, place) : throw Wrong();

        private KansformersException Wrong() => new($"{Place} has answers of another form than {{\"text\": [\"...\"], \"answer_start\": [0]}}, with as many texts as places");

        private static ContextAnswer Found(string context, string answer, long start, string place)
        {
            if (string.IsNullOrWhiteSpace(answer))
                throw new KansformersException($"{place} has an empty answer; give it one, or leave the row out");
            int at = start < 0 ? -1 : PlaceOf(context, start);
            if (at >= 0 && context.AsSpan(at).StartsWith(answer, StringComparison.Ordinal))
                return new ContextAnswer(answer, at);
            int elsewhere = context.IndexOf(answer, StringComparison.Ordinal);
            throw new KansformersException(string.Create(CultureInfo.InvariantCulture, $"{place}: the answer '{answer}' is not in its context at character {start}{(elsewhere < 0 ? "" : $", but at {CharactersIn(context.AsSpan(0, elsewhere))}")}; correct it, or leave the row out"));
        }

        // The place in UTF-16 of a place in characters; -1 behind the end.
        private static int PlaceOf(string text, long characters)
        {
            int at = 0;
            for (; characters > 0 && at < text.Length; characters--)
                at += char.IsSurrogatePair(text, at) ? 2 : 1;
            return characters > 0 ? -1 : at;
        }
    }

    /// <summary>How many characters (Unicode code points) a text has.</summary>
    internal static int CharactersIn(ReadOnlySpan<char> text)
    {
        int count = 0;
        foreach (Rune _ in text.EnumerateRunes())
            count++;
        return count;
    }
}
