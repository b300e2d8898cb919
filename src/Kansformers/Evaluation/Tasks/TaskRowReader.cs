using System.Globalization;
using System.Text.RegularExpressions;
using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>Makes examples of the rows of a task's files.</summary>
internal sealed class TaskRowReader
{
    private readonly TaskDefinition _task;
    private readonly TaskTemplate? _context, _target, _group;
    private readonly TaskTemplate[] _choices;
    private readonly string? _targetNames;
    private readonly (Regex? Pattern, string From, string To)[] _rewrites;

    public TaskRowReader(TaskDefinition task)
    {
        _task = task;
        (_context, _target, _group) = (Parsed(task.Context), Parsed(task.Target), Parsed(task.Group));
        _choices = [.. task.Choices.Select(TaskTemplate.Parse)];
        _targetNames = Parsed(task.TargetNames)?.OnlyField;
        _rewrites = [.. task.Rewrite.Select(rewrite => (rewrite.Pattern is null ? null : new Regex(rewrite.Pattern, RegexOptions.CultureInvariant), rewrite.From ?? "", rewrite.To))];

        static TaskTemplate? Parsed(string? template) => template is null ? null : TaskTemplate.Parse(template);
    }

    /// <summary>The fields that a row must have, the target's aside, which may lie in a file of its own.</summary>
    public IEnumerable<string> Fields => (_context?.Fields ?? []).Concat(_choices.SelectMany(choice => choice.Fields)).Distinct();

    /// <summary>The rows of a file with choices.</summary>
    /// <exception cref="KansformersException">A row lacks something; the message names its line.</exception>
    public IEnumerable<TaskExample> Examples(string path)
    {
        string[]? labels = Labels(path);
        int row = 0;
        foreach (TaskRecord record in TaskTables.Read(path))
        {
            if (labels is not null && row >= labels.Length)
                break; // which is told below
            yield return _task.Kind == TaskKind.LastWord ? LastWord(record) : Choice(record, labels?[row]);
            row++;
        }

        if (labels is not null && (row < labels.Length || TaskTables.Read(path).Skip(row).Any()))
            throw new KansformersException($"'{LabelPath(path)}' has {labels.Length} labels, '{path}' {TaskTables.Read(path).Count()} rows; give as many of each");
    }

    /// <summary>The texts of a file, whose likelihood is asked for.</summary>
    public IEnumerable<TaskText> Texts(string path)
    {
        foreach (TaskRecord record in TaskTables.Read(path))
        {
            string text = _context!.Fill(record);
            yield return new TaskText(Group(record), Rewritten(text), text);
        }
    }

    /// <summary>A text with everything rewritten.</summary>
    public string Rewritten(string text)
    {
        foreach ((Regex? pattern, string from, string to) in _rewrites)
            text = pattern?.Replace(text, to) ?? text.Replace(from, to, StringComparison.Ordinal);
        return text;
    }

    private TaskExample Choice(TaskRecord record, string? label)
    {
        string context = _context is null ? "" : Rewritten(_context.Fill(record));
        string[] choices = _choices is [{ OnlyField: string list }] && record.IsList(list) ? [.. record.List(list)] : [.. _choices.Select(choice => choice.Fill(record))];
        choices = [.. choices.Select(Rewritten)];
        if (choices.Length < 2)
            throw new KansformersException($"{record.Place} has {choices.Length} choice(s); at least two are needed");
        int right = _task.Kind == TaskKind.MinimalPairs ? 0 : Right(record, label ?? _target!.Fill(record), choices);
        string between = context.Length > 0 ? _task.Delimiter : "";
        return new TaskExample(Group(record), context, [.. choices.Select(choice => between + choice)], right) { Choices = choices };
    }

    private int Right(TaskRecord record, string target, string[] choices)
    {
        target = target.Trim();
        string[] names = _targetNames is null ? [] : [.. record.List(_targetNames)];
        int at = Array.IndexOf(names, target);
        if (at < 0 && int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            at = number;
        if (at < 0)
            at = Array.IndexOf(choices, target);
        if (at < 0 && target is [>= 'A' and <= 'Z' and char letter])
            at = letter - 'A';
        return at >= 0 && at < choices.Length ? at
            : throw new KansformersException($"{record.Place} has the target '{target}', which is none of its {choices.Length} choices; write the number of a choice from 0, its letter from A, or the choice itself");
    }

    private TaskExample LastWord(TaskRecord record)
    {
        string text = Rewritten(_context!.Fill(record));
        int space = text.LastIndexOf(' ');
        if (space < 0 || space == text.Length - 1)
            throw new KansformersException($"{record.Place} has no last word behind a space: '{(text.Length > 40 ? text[..40] + "..." : text)}'");
        return new TaskExample(Group(record), text[..space], [text[space..]], 0);
    }

    private string Group(TaskRecord record) => _group is not null && _group.Fields.All(record.Has) ? _group.Fill(record) : TaskTables.PartOf(record.File);

    // Where rows do not tell their targets themselves.
    private string[]? Labels(string path)
    {
        if (_task.LabelFile is null || TaskTables.Read(path).FirstOrDefault() is not { } first || _target!.Fields.All(first.Has))
            return null;
        string labels = LabelPath(path);
        if (!File.Exists(labels))
            throw new KansformersException($"{first.Place} has no field '{_target.Fields.First()}', and there is no file '{labels}' with a label for each row; give one of them");
        try
        {
            return [.. File.ReadLines(labels).Where(line => line.Trim().Length > 0)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SourceFile.CannotRead(labels, failure);
        }
    }

    private string LabelPath(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, _task.LabelFile!.Replace("*", TaskTables.NameOf(path), StringComparison.Ordinal));
}
