#:project ../src/Kansformers/Kansformers.csproj
// Trains a small GPT whose linear layers are KANs, about a minute on two cores, into the run folder runs/example:
//     dotnet run examples/train.cs [TEXT FILE OR FOLDER]
using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;

// A run is described by one record; what is not said has a default. Without a file: the documentation that comes with the .NET SDK.
RunConfig config = new()
{
    Data = new DataConfig { Data = args.FirstOrDefault() ?? "dotnet-docs", Tokenizer = "char" },
    Model = new GptOptions
    {
        Layers = 3, Heads = 3, Width = 48, BlockSize = 64, // gpt-nano; the vocabulary comes from the tokenizer
        Placement = KanPlacement.All, // or .Mlp, .Attention, .Head, joined by |, or .None for a GPT of plain linear layers
        Kan = new BSplineOptions { GridSize = 5, SplineOrder = 3 },
        EmbeddingDropout = 0, ResidualDropout = 0, AttentionDropout = 0,
    },
    Training = new TrainingOptions { MaxIters = 200, BatchSize = 16, LearningRate = 4e-3, MinLearningRate = 4e-4, Warmup = 20, Schedule = LearningRateDecay.Cosine, EvalInterval = 50 },
};

// A run is made in a new folder, so that no old one is overwritten.
string folder = "runs/example";
for (int number = 2; Directory.Exists(folder); number++)
    folder = $"runs/example-{number}";

using TrainingRun run = TrainingRun.Start(config, folder);
Console.WriteLine($"{run.Model.ParameterCount} parameters, {run.Corpus.Train.Count} tokens to learn from");

// Watch it by events: every step, and every validation on text that is held out.
run.Trainer.StepEnded += step =>
{
    if (step.Step % 10 == 0)
        Console.WriteLine($"step {step.Step,4}  loss {step.Loss:0.000}  {step.TokensPerSecond:0} tokens/s");
};
run.Trainer.Validated += report => Console.WriteLine($"           validation loss {report.Loss:0.000}{(report.IsBest ? " (best so far, saved)" : "")}");

// Ctrl-C ends the training after the current step, with a checkpoint; TrainingRun.Resume(folder) goes on from it.
using CancellationTokenSource interrupt = new();
Console.CancelKeyPress += (_, press) => { press.Cancel = true; interrupt.Cancel(); };
TrainingResult result = run.Run(interrupt.Token);
Console.WriteLine($"{result.End} after {result.Steps} steps; next: dotnet run examples/sample.cs {folder}");
