using System.Globalization;
using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>
/// Reads requests that another program has made of a task's rows: in each line a <c>request</c> of <c>context</c> and <c>continuation</c>, the row that it belongs to
/// (<c>doc_id</c>), its place among that row's choices (<c>idx</c>) and the right one (<c>label</c>). Where a row comes a second time with a context that says nothing
/// of it, that is its unconditional context.
/// </summary>
internal static class ReadyRequests
{
    /// <summary>Whether a row is such a request.</summary>
    public static bool IsOne(TaskRecord record) => record.Has("request.context") && record.Has("request.continuation");

    /// <summary>The rows.</summary>
    /// <exception cref="KansformersException">A request cannot be used; the message names its line.</exception>
    public static IReadOnlyList<TaskExample> Read(string path)
    {
        Dictionary<(string Task, string Doc), List<(int At, TaskRecord Record)>> rows = [];
        foreach (TaskRecord record in TaskTables.Read(path))
        {
            if (!IsOne(record))
                throw new KansformersException($"{record.Place} holds no request with context and continuation, as the lines before it do");
            if (record.Has("request_type") && record.Text("request_type") != "loglikelihood")
                throw new KansformersException($"{record.Place} is a request of the type '{record.Text("request_type")}'; loglikelihood alone can be scored");
            (string, string) key = (record.Has("task_name") ? record.Text("task_name") : TaskTables.NameOf(path), record.Text("doc_id"));
            if (!rows.TryGetValue(key, out List<(int At, TaskRecord Record)>? choices))
                rows[key] = choices = [];
            choices.Add((Number(record, "idx"), record));
        }

        List<TaskExample> examples = [];
        Dictionary<string, int> known = new(StringComparer.Ordinal);
        foreach (((string task, string _), List<(int At, TaskRecord Record)> choices) in rows)
        {
            TaskExample example = Example(task, [.. choices.OrderBy(choice => choice.At)]);
            string document = $"{choices[0].Record.Row.Values.GetValueOrDefault("doc")}\n{string.Join('\n', example.Continuations)}";
            if (choices[0].Record.Has("doc") && known.TryGetValue(document, out int first) && examples[first].Unconditional is null && examples[first].Context != example.Context)
            {
                examples[first] = examples[first] with { Unconditional = example.Context };
                continue;
            }

            known.TryAdd(document, examples.Count);
            examples.Add(example);
        }

        return examples;
    }

    private static TaskExample Example(string task, (int At, TaskRecord Record)[] choices)
    {
        TaskRecord first = choices[0].Record;
        if (choices.Length < 2 || choices.Where((choice, at) => choice.At != at).Any())
            throw new KansformersException($"{first.Place}: the row '{first.Text("doc_id")}' has the choices {string.Join(", ", choices.Select(choice => choice.At))}; each number from 0 is wanted once, and two at least");
        string context = first.Text("request.context");
        if (choices.FirstOrDefault(choice => choice.Record.Text("request.context") != context) is { Record: { } other })
            throw new KansformersException($"{other.Place} has another context than the row's first choice; choices of one context alone can be compared");
        int right = Number(first, first.Has("label") ? "label" : "doc.gold");
        if (right < 0 || right >= choices.Length)
            throw new KansformersException($"{first.Place} has the label {right}, which is none of the row's {choices.Length} choices");
        string[] continuations = [.. choices.Select(choice => choice.Record.Text("request.continuation"))];
        string[] told = first.Has("doc.choices") && first.IsList("doc.choices") ? [.. first.List("doc.choices")] : [];
        return new TaskExample(task, context, continuations, right)
        {
            Choices = told.Length == continuations.Length && told.Zip(continuations).All(pair => pair.Second.EndsWith(pair.First, StringComparison.Ordinal)) ? told
                : [.. continuations.Select(text => text.StartsWith(' ') ? text[1..] : text)],
        };
    }

    private static int Number(TaskRecord record, string field) => int.TryParse(record.Text(field), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number
        : throw new KansformersException($"{record.Place} has '{record.Text(field)}' in '{field}', where a whole number is wanted");
}
