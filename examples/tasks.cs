#:project ../src/Kansformers/Kansformers.csproj
// Evaluates a run on a benchmark task: rows as they stand, a task's own file, or a name whose rows are downloaded:
//     dotnet run examples/tasks.cs runs/example tasks/blimp
using Kansformers.Evaluation;
using Kansformers.Training;
using Kansformers.Transformers;

string source = args.ElementAtOrDefault(0) ?? "runs/example";
string name = args.ElementAtOrDefault(1) ?? "piqa";

RunFolder run = RunFolder.Open(source);
using CausalModel model = run.LoadCausalModel();

// What is scored is kept in the folder: when the program is stopped, it goes on from there the next time.
using TaskEvaluator evaluator = new(model, run.LoadTokenizer(), new TaskOptions { Folder = Path.Combine(source, "tasks") });
TaskResult result = evaluator.Evaluate(TaskSource.Open(name));

foreach (TaskMeasure measure in result.Measures)
    Console.WriteLine($"{result.Task} {measure.Metric} {measure.Value:0.0000} +- {measure.StandardError:0.0000}, {measure.Examples} examples, {measure.Ties} ties");
