#:project ../src/Kansformers/Kansformers.csproj
// Fine-tunes an encoder on labelled texts, and labels others:
//     dotnet run examples/classify.cs WEIGHTS DATA.csv [TEXT ...]
// WEIGHTS is a folder of a BERT, DistilBERT or RoBERTa in Hugging Face's layout, with its tokenizer, or a run; DATA has columns of texts and of labels.
using Kansformers.Evaluation;
using Kansformers.Training;
using Kansformers.Transformers;

if (args is not [string weights, string data, .. string[] texts])
{
    Console.Error.WriteLine("give weights, a table of labelled texts, and texts to label");
    return 2;
}

// The weights tell the architecture; the labels of the data decide what stands behind it.
ModelSource source = ModelSource.Open(weights);
ModelOptions model = source.Architecture();
RunConfig config = new()
{
    Model = model with { BlockSize = Math.Min(128, model.BlockSize) },
    InitialWeights = source.WeightFile(),
    Data = new DataConfig { Data = data, Tokenizer = source.TokenizerName(model.VocabularySize) ?? "gpt2" },
    Training = new TrainingOptions { Objective = new ClassificationOptions(), MaxIters = 300, BatchSize = 16, LearningRate = Recipe.FineTuningRate(model), EvalInterval = 100 },
};

string folder = $"runs/classify-{DateTime.Now:yyyyMMdd-HHmmss}";
using TrainingRun run = TrainingRun.Start(config, folder);
foreach (string note in run.Notes.Concat(run.Material.Notes))
    Console.WriteLine(note);
run.Trainer.Validated += report => Console.WriteLine($"step {report.Step,4}: loss {report.Loss:0.000}, {string.Join(", ", report.Measures.Select(measure => $"{measure.Name} {measure.Value:0.000}"))}");
run.Run();

// The best weights: how good they are on what was held out, and what they say of other texts.
using TransformerModel best = run.Folder.LoadModel();
TextLabeller labeller = new(best, run.Material.Tokenizer);
LabelEvaluationResult result = labeller.Evaluate(run.Material.HeldOut);
Console.WriteLine($"accuracy {result.Labels!.Accuracy:0.000}, F1 {result.Labels.MacroF1:0.000}, Matthews {result.Labels.Matthews:0.000} on {result.Examples} texts");
foreach ((string text, TextPrediction found) in texts.Zip(labeller.Predict([.. texts.Select(text => (text, (string?)null))])))
    Console.WriteLine($"{found.Label} ({found.Probabilities.Max():P0}): {text}");
return 0;
