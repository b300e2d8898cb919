using Kansformers.Hub;
using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>Finds tasks and their rows: by name, by a task's own file, or by the rows alone, whose fields tell what task they are of.</summary>
public static class TaskSource
{
    /// <summary>Opens a task.</summary>
    /// <param name="nameOrPath">
    /// The name of one of <see cref="TaskFile.BuiltIn"/>; a task's file; or rows, a table or a folder of tables, whose fields are those of one of these tasks, ready-made requests, or a
    /// text, of which the perplexity is measured.
    /// </param>
    /// <param name="folder">Where the rows of named tasks lie; null downloads them from a hub.</param>
    /// <param name="progress">Is told how far a download has come.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="KansformersException">There is no such task, its rows are not there, or cannot be used.</exception>
    public static BenchmarkTask Open(string nameOrPath, string? folder = null, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
        if (folder is not null && !Directory.Exists(folder))
            throw new KansformersException($"there is no folder '{folder}' with the rows of tasks");
        if (File.Exists(nameOrPath) && TaskFile.IsOne(nameOrPath))
        {
            string full = Path.GetFullPath(nameOrPath);
            return OfDefinition(TaskFile.Read(full), folder is null ? [Path.GetDirectoryName(full)!] : [folder, Path.GetDirectoryName(full)!], progress, cancellation);
        }

        if (Path.Exists(nameOrPath))
            return new BenchmarkTask(OfRows(Path.GetFullPath(nameOrPath)));
        TaskDefinition task = TaskFile.BuiltIn.FirstOrDefault(task => task.Name == nameOrPath)
            ?? throw new KansformersException($"there is no task '{nameOrPath}', and no such file; use {string.Join(", ", TaskFile.BuiltIn.Select(task => task.Name))}, a task's own file, or a file or folder of rows");
        return OfDefinition(task, folder is null ? [] : [folder], progress, cancellation);
    }

    private static BenchmarkTask OfDefinition(TaskDefinition task, IReadOnlyList<string> folders, IProgress<EncodeProgress>? progress, CancellationToken cancellation)
    {
        (string[] files, string folder) = Local(task.Data, folders);
        TaskSplit.Parts parts = files.Length > 0 ? TaskSplit.Of(task, files, folder) : new TaskSplit.Parts(Downloaded(task, folders, progress, cancellation), [], null);
        string[] shown = Local(task.FewShot.Data, [.. folders, Path.GetDirectoryName(parts.Scored[0])!]).Files;
        return new BenchmarkTask(Rows(task, parts with { Shown = shown.Length > 0 ? shown : parts.Shown }));
    }

    // The files of the first name that there is, and where they were looked for.
    private static (string[] Files, string Folder) Local(IReadOnlyList<string> names, IReadOnlyList<string> folders)
    {
        foreach (string name in names.Where(name => !IsOnHub(name)))
        {
            foreach (string path in folders.Select(folder => Path.GetFullPath(Path.Combine(folder, name))))
            {
                if (Directory.Exists(path))
                    return (CorpusFiles.InFolder(path), path);
                if (File.Exists(path))
                    return ([path], Path.GetDirectoryName(path)!);
                if (CorpusFiles.IsPattern(name) && Directory.Exists(Path.GetDirectoryName(path)) && Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path)) is { Length: > 0 } found)
                    return ([.. found.Order(StringComparer.Ordinal)], Path.GetDirectoryName(path)!);
            }
        }

        return ([], "");
    }

    private static string[] Downloaded(TaskDefinition task, IReadOnlyList<string> folders, IProgress<EncodeProgress>? progress, CancellationToken cancellation)
    {
        string local = string.Join(", ", task.Data.Where(name => !IsOnHub(name)));
        string? hub = task.Data.FirstOrDefault(IsOnHub);
        if (hub is null || folders.Count > 0)
            throw new KansformersException($"the rows of the task '{task.Name}' are not in '{string.Join("' or '", folders)}': put {local} there{(hub is null ? "" : $", or name no folder, and {hub} is downloaded")}");
        try
        {
            string? field = new TaskRowReader(task).Fields.FirstOrDefault(field => !field.Contains('.', StringComparison.Ordinal));
            return [.. Corpus.Open(hub, new CorpusOptions { TextField = field }, progress, cancellation).Files];
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"the rows of the task '{task.Name}' cannot be had from {hub}: {failure.Message}; or put one of these files or folders, {local}, into a folder, and give TaskSource.Open that folder", failure);
        }
    }

    private static bool IsOnHub(string name) => name.StartsWith(HubRepository.Scheme, StringComparison.Ordinal);

    // What the fields of the first row say they are.
    private static TaskData OfRows(string path)
    {
        string[] files = Directory.Exists(path) ? CorpusFiles.InFolder(path) : [path];
        string name = Directory.Exists(path) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(path)) : TaskTables.NameOf(path);
        if (!TaskTables.IsOne(files[0]))
            return Rows(new TaskDefinition { Name = name, Kind = TaskKind.Perplexity, Context = "{text}" });
        TaskRecord first = First(files[0]);
        if (files.FirstOrDefault(file => !IsLike(first, file)) is string other)
            throw new KansformersException($"'{path}' holds rows of several tasks: '{Path.GetFileName(files[0])}' has the fields {string.Join(", ", first.Names)}, '{Path.GetFileName(other)}' others; name the files, or put each task into a folder of its own");
        if (ReadyRequests.IsOne(first))
            return Rows(new TaskDefinition { Name = name, Kind = TaskKind.MultipleChoice, Choices = ["{request.continuation}"], Target = "{label}" });
        TaskDefinition task = TaskFile.BuiltIn.Select(task => (Task: task, Fields: new TaskRowReader(task).Fields.ToArray()))
            .Where(entry => entry.Fields.All(first.Has)).OrderByDescending(entry => entry.Fields.Length).FirstOrDefault().Task
            ?? throw new KansformersException($"{first.Place} has the fields {string.Join(", ", first.Names)}, which are those of no known task ({string.Join(", ", TaskFile.BuiltIn.Select(task => task.Name))}); write a task's file that says what they are");
        return Rows(task with { Name = name });

        TaskData Rows(TaskDefinition task) => TaskSource.Rows(task, TaskSplit.Of(task, files, Directory.Exists(path) ? path : Path.GetDirectoryName(path)!));
    }

    private static TaskData Rows(TaskDefinition task, TaskSplit.Parts parts)
    {
        string[] files = parts.Scored;
        TaskRowReader reader = new(task);
        List<TaskExample> examples = [];
        List<TaskText> texts = [];
        foreach (string file in files)
        {
            if (!TaskTables.IsOne(file))
            {
                if (task.Kind != TaskKind.Perplexity)
                    throw new KansformersException($"'{file}' is no table, as the rows of the task '{task.Name}' are; give .jsonl, .csv, .tsv or .parquet files");
                string text = string.Concat(Corpus.Open(file).Read().Select(piece => piece.Text));
                texts.Add(new TaskText(TaskTables.NameOf(file), reader.Rewritten(text), text));
            }
            else if (task.Kind == TaskKind.Perplexity)
            {
                texts.AddRange(reader.Texts(file));
            }
            else
            {
                examples.AddRange(Examples(file));
            }
        }

        if (examples.Count + texts.Count == 0)
            throw new KansformersException($"the task '{task.Name}' has no rows in '{string.Join("', '", files)}'");
        return new TaskData(task, files)
        {
            Examples = examples,
            Texts = texts,
            Shown = parts.Shown.Length == 0 || task.Kind == TaskKind.Perplexity ? null : new Lazy<IReadOnlyList<TaskExample>>(() => [.. parts.Shown.SelectMany(Examples)]),
            Note = parts.Note,
        };

        IEnumerable<TaskExample> Examples(string file) => ReadyRequests.IsOne(First(file)) ? ReadyRequests.Read(file) : reader.Examples(file);
    }

    // Files of one task have the same fields, but for some that are of no use to it.
    private static bool IsLike(TaskRecord first, string file) => TaskTables.IsOne(file) && First(file) is var other && ReadyRequests.IsOne(first) == ReadyRequests.IsOne(other)
        && first.Names.Intersect(other.Names).Any();

    private static TaskRecord First(string file) => TaskTables.Read(file).FirstOrDefault() ?? throw new KansformersException($"'{file}' holds no row; give a file with rows of a task");
}

/// <summary>A task with its rows.</summary>
public sealed class BenchmarkTask
{
    internal BenchmarkTask(TaskData data) => Data = data;

    /// <summary>The task's name.</summary>
    public string Name => Definition.Name;

    /// <summary>The task.</summary>
    public TaskDefinition Definition => Data.Definition;

    /// <summary>How many rows it has.</summary>
    public int Rows => Data.Examples.Count + Data.Texts.Count;

    /// <summary>The files that its rows were read from.</summary>
    public IReadOnlyList<string> Files => Data.Files;

    internal TaskData Data { get; }
}
