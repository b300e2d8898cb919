#:project ../src/Kansformers/Kansformers.csproj
using Kansformers.Generation;
using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;

// A GPT of three blocks whose linear layers are all KANs, each edge a B-spline; it reads characters.
RunConfig config = new()
{
    Data = new DataConfig { Data = args.FirstOrDefault() ?? "dotnet-docs", Tokenizer = "char" },
    Model = new GptOptions { Layers = 3, Heads = 3, Width = 48, BlockSize = 64, Placement = KanPlacement.All, Kan = new BSplineOptions() },
    Training = new TrainingOptions { MaxIters = 300, BatchSize = 16, LearningRate = 4e-3, EvalInterval = 100 },
};

// Trains into a run folder, which holds weights, checkpoint, log and curve.
using TrainingRun run = TrainingRun.Start(config, $"runs/kan-gpt-{DateTime.Now:yyyyMMdd-HHmmss}");
run.Trainer.Validated += report => Console.WriteLine($"step {report.Step,4}: validation loss {report.Loss:0.000}");
run.Run();

// Writes text with what was learned.
SamplingOptions sampling = new() { MaxNewTokens = 200, Temperature = 0.8, Seed = 1 };
new TextGenerator(CausalModel.Of(run.Model), run.Corpus.Tokenizer).Generate("The ", sampling, Console.Write);
