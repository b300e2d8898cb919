using System.Globalization;
using Kansformers.Cli.Bench;
using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using Spectre.Console;

namespace Kansformers.Cli;

/// <summary>Benchmark tasks: accuracies and perplexities with standard errors, by parts where a task has several.</summary>
internal static class TaskEvaluation
{
    public static void Run(EvalCall call)
    {
        (EvalOptions options, System.CommandLine.ParseResult parsed, ModelSource source, RunWeights _) = call;
        OptionRules.RequireUnused(parsed, "--tasks", [options.Data, options.Stride, options.MaxTokens, .. options.Corpus.All, .. options.Labels.All]);
        string folder = parsed.GetValue(options.Tasks.Out) ?? (source.Run is RunFolder run ? Path.Combine(run.Folder, "tasks") : TaskOptions.CacheFolder);
        TaskOptions how = options.Tasks.Read(parsed, folder);
        string[] names = parsed.GetValue(options.Tasks.Tasks)!.Split(',', StringSplitOptions.TrimEntries);
        if (names.Any(name => name.Length == 0) || names.Distinct(StringComparer.Ordinal).Count() < names.Length)
            throw new UsageException("--tasks names a task twice, or none between two commas");
        using Interruption interruption = new();
        BenchmarkTask[] tasks = [.. names.Select(name => TaskSource.Open(name, parsed.GetValue(options.Tasks.Folder), new EncodingDisplay(), interruption.Token))];
        using TransformerModel model = call.LoadModel();
        Tokenizer tokenizer = model is CausalModel ? ModelChoice.LoadTokenizer(source, model.Options, parsed.GetValue(options.Model.Tokenizer)) : call.LoadEncoderTokenizer(model);
        if (tokenizer is CharTokenizer characters)
            tokenizer = new CharTokenizer(characters.Characters, UnknownCharacters.Skip); // tasks are of more letters than a small corpus has; what is left out is told
        ModelChoice.Tell(source);
        using TaskEvaluator evaluator = new(model, tokenizer, how);
        foreach (BenchmarkTask task in tasks)
            evaluator.Require(task);
        TaskResult[] results = [.. Evaluated(evaluator, tasks, folder, interruption.Token)];
        if (call.Json)
            JsonOutput.Print(Json(results, how));
        else
            Print(results, folder);
    }

    private static IEnumerable<TaskResult> Evaluated(TaskEvaluator evaluator, BenchmarkTask[] tasks, string folder, CancellationToken cancellation)
    {
        foreach (BenchmarkTask task in tasks)
        {
            TaskResult result;
            try
            {
                result = evaluator.Evaluate(task, new TaskDisplay(), cancellation);
            }
            catch (OperationCanceledException)
            {
                throw new KansformersException($"interrupted; what is scored is kept in '{folder}', and the same command goes on");
            }

            LiveLine.Clear();
            foreach (string note in Notes(result))
                LiveLine.Say(note);
            yield return result;
        }
    }

    private static IEnumerable<string> Notes(TaskResult result)
    {
        foreach (string note in result.Notes)
            yield return $"{result.Task}: {note}";
        if (result.ContextsCut > 0)
            yield return $"{result.Task}: {result.ContextsCut} contexts are longer than the block has room for, and cut at their beginning";
        if (result.ContinuationsCut > 0)
            yield return $"{result.Task}: {result.ContinuationsCut} continuations are longer than the block, and cut at their beginning";
        if (result.Lost.Characters > 0)
            yield return LossNotice.Line($"the texts of {result.Task}", result.Lost);
        if (result.WithoutTokens > 0)
            yield return $"{result.Task}: {result.WithoutTokens} choices have no token of this tokenizer, and are taken for impossible";
    }

    private static object Json(TaskResult[] results, TaskOptions how) => new
    {
        Tasks = results.SelectMany(result => result.Measures.Select(measure => new { result.Task, measure.Metric, measure.Value, measure.StandardError, measure.Examples, measure.Ties })),
        Paradigms = results.SelectMany(result => result.Parts.SelectMany(part => part.Measures.Select(measure =>
            new { result.Task, Paradigm = part.Name, measure.Metric, measure.Value, measure.StandardError, measure.Examples, measure.Ties }))),
        Settings = results.Select(result => new { result.Task, result.Kind, result.FewShot, how.Seed, how.Limit, result.Requests, result.ContextsCut, result.ContinuationsCut, result.WithoutTokens, LostCharacters = result.Lost.Characters, result.Notes, result.Seconds }),
    };

    private static void Print(TaskResult[] results, string folder)
    {
        Table table = ResultTable.New("task", "metric", "value", "+-", "examples", "ties");
        foreach (TaskResult result in results)
        {
            string shots = result.FewShot > 0 ? $", {result.FewShot}-shot" : "";
            foreach (TaskMeasure measure in result.Measures)
                AddRow(table, $"{result.Task}{shots}", measure);
            foreach (TaskPart part in result.Parts)
            {
                foreach (TaskMeasure measure in part.Measures)
                    AddRow(table, $"  {part.Name}", measure);
            }
        }

        Tables.Print(table);
        Console.WriteLine(FormattableString.Invariant($"{results.Sum(result => result.Requests)} requests, {HumanText.Duration(TimeSpan.FromSeconds(results.Sum(result => result.Seconds)))}; results: {Path.Combine(folder, "results.json")}"));
    }

    private static void AddRow(Table table, string name, TaskMeasure measure) => table.AddRow(
        Markup.Escape(name), measure.Metric, Number(measure.Value), double.IsNaN(measure.StandardError) ? "-" : Number(measure.StandardError),
        measure.Examples.ToString(CultureInfo.InvariantCulture), measure.Ties == 0 ? "" : measure.Ties.ToString(CultureInfo.InvariantCulture));

    private static string Number(double value) => value.ToString(Math.Abs(value) < 1000 ? "0.0000" : "0.000e+0", CultureInfo.InvariantCulture);
}
