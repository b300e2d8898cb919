using System.CommandLine;
using Kansformers.Evaluation;

namespace Kansformers.Cli;

/// <summary>The options of <c>eval --tasks</c>.</summary>
internal sealed class TaskChoice
{
    public readonly Option<string?> Tasks = new("--tasks") { Description = $"benchmark tasks, with commas between: {string.Join(", ", TaskFile.BuiltIn.Select(task => task.Name))}; a task's own file; or rows of a task: a file or folder" };
    public readonly Option<string?> Folder = new("--task-data") { Description = "the folder in which the rows of named tasks lie [default: they are downloaded]" };
    public readonly Option<int?> FewShot = new("--few-shot") { Description = "show so many other rows with their answers before each [default: as the task says]" };
    public readonly Option<int?> Limit = new("--limit") { Description = "the first rows of each part of a task alone" };
    public readonly Option<long?> Seed = new("--seed") { Description = "decides which rows are shown [default: 1234]" };
    public readonly Option<int?> BatchSize = new("--batch-size") { Description = "the most requests at once; 1 scores one after the other [default: as many as suit the model]" };
    public readonly Option<string?> Out = new("--out") { Description = "the folder of results and of scores, from which an interrupted evaluation goes on [default: tasks in the run folder, else in the user's cache]" };
    public readonly Option<bool> Again = new("--again") { Description = "score again what is scored already" };

    public IEnumerable<Option> All => [Tasks, .. Others];

    private IEnumerable<Option> Others => [Folder, FewShot, Limit, Seed, BatchSize, Out, Again];

    public void Check() => OptionRules.NotEmpty(Tasks, Folder, Out);

    /// <summary>Refuses options of tasks where none is named, and those that say how a text is read where one is.</summary>
    public void Require(ParseResult parsed)
    {
        if (parsed.GetValue(Tasks) is null)
            OptionRules.RequireUnused(parsed, "an evaluation without --tasks", Others);
    }

    /// <summary>What is asked for.</summary>
    /// <exception cref="UsageException">A number is out of range.</exception>
    public TaskOptions Read(ParseResult parsed, string folder)
    {
        TaskOptions options = new()
        {
            FewShot = parsed.GetValue(FewShot),
            Limit = parsed.GetValue(Limit),
            Seed = parsed.GetValue(Seed) ?? new TaskOptions().Seed,
            Scoring = new ScoringOptions { BatchSize = parsed.GetValue(BatchSize) },
            Folder = folder,
            Again = parsed.GetValue(Again),
        };
        try
        {
            options.Validate();
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }

        return options;
    }
}
