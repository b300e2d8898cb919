using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>A training with all that belongs to it: corpus, tokenizer, model, trainer and run folder, new or resumed.</summary>
public sealed class TrainingRun : IDisposable
{
    private TrainingRun(RunFolder folder, TokenizedCorpus corpus, Gpt model, Trainer trainer)
    {
        (Folder, Corpus, Model, Trainer) = (folder, corpus, model, trainer);
    }

    /// <summary>The run's folder and configuration.</summary>
    public RunFolder Folder { get; }

    /// <summary>The text as tokens.</summary>
    public TokenizedCorpus Corpus { get; }

    /// <summary>The model in training.</summary>
    public Gpt Model { get; }

    /// <summary>The loop; subscribe to its events before <see cref="Run"/>.</summary>
    public Trainer Trainer { get; }

    /// <summary>Tokenizes the corpus, makes the model with the seed's initial weights, and creates the run folder.</summary>
    /// <param name="config">The run; its vocabulary size is taken from the tokenizer.</param>
    /// <param name="folder">The run folder to create.</param>
    /// <param name="device">Where to train; null is the CPU.</param>
    /// <param name="progress">Is told how far the tokenizing has come.</param>
    /// <param name="cancellation">Stops the tokenizing.</param>
    /// <exception cref="KansformersException">Something in the configuration, the corpus or the folder is wrong.</exception>
    public static TrainingRun Start(RunConfig config, string folder, Device? device = null, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(config);

        // All that can be wrong is looked for before anything is written or long work begins.
        config.Training.Validate();
        (config.Model with { VocabularySize = 1 }).Validate();
        RunFolder.RequireFree(folder);
        TokenizedCorpus corpus = Prepare(config.Data, null, progress, cancellation);
        try
        {
            RunConfig complete = config with
            {
                Model = config.Model with { VocabularySize = corpus.Tokenizer.VocabularySize },
                Data = config.Data with { Fingerprint = corpus.Fingerprint },
            };
            RequireBlock(corpus, complete.Model.BlockSize);
            return Assemble(RunFolder.Create(folder, complete, corpus.Tokenizer), corpus, device);
        }
        catch
        {
            corpus.Dispose();
            throw;
        }
    }

    /// <summary>Opens a run folder and goes on from its checkpoint.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="device">Where to train; null is the CPU.</param>
    /// <param name="progress">Is told how far the tokenizing has come, if the tokens are not in the cache any more.</param>
    /// <param name="cancellation">Stops the tokenizing.</param>
    /// <exception cref="KansformersException">The folder holds no run, the checkpoint is damaged, or the corpus has changed.</exception>
    public static TrainingRun Resume(string folder, Device? device = null, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        RunFolder run = RunFolder.Open(folder);
        TokenizedCorpus corpus = Prepare(run.Config.Data, run.LoadTokenizer(), progress, cancellation);
        try
        {
            if (run.Config.Data.Fingerprint is string expected && expected != corpus.Fingerprint)
                throw new KansformersException($"the corpus '{run.Config.Data.Data}' is not the one that '{run.Folder}' was trained on; bring the old text back, or start a new run");
            TrainingRun resumed = Assemble(run, corpus, device);
            try
            {
                resumed.Trainer.Resume();
                return resumed;
            }
            catch
            {
                resumed.Trainer.Dispose();
                resumed.Model.Dispose();
                throw;
            }
        }
        catch
        {
            corpus.Dispose();
            throw;
        }
    }

    /// <summary>Trains to the end, then draws the loss curve.</summary>
    /// <param name="cancellation">Ends the training after the current step, with a checkpoint.</param>
    /// <exception cref="KansformersException">As for <see cref="Training.Trainer.Run"/>.</exception>
    public TrainingResult Run(CancellationToken cancellation = default)
    {
        TrainingResult result = Trainer.Run(cancellation);
        LossCurve curve = LossCurve.FromLog(RunLog.Read(Folder.LogFile)) with
        {
            Title = $"{Folder.Config.Preset} on {Corpus.Name}",
            Subtitle = $"KAN layers: {Folder.Config.Model.Placement.Text()}, {HumanText.Count(Model.ParameterCount)} parameters",
        };
        curve.Write(Folder.LossCurveFile);
        return result;
    }

    /// <summary>Writes the run folder's <c>README.md</c>.</summary>
    /// <param name="result">What the training came to.</param>
    /// <param name="commandLine">The command that started it.</param>
    /// <param name="sample">Text that the model wrote, if any.</param>
    /// <exception cref="KansformersException">The file cannot be written.</exception>
    public void WriteSummary(TrainingResult result, string commandLine, string? sample)
    {
        ArgumentNullException.ThrowIfNull(result);
        GptOptions model = Folder.Config.Model;
        string name = Folder.ShortName;
        new RunSummary
        {
            Title = $"{Folder.Config.Preset} on {Corpus.Name}",
            CommandLine = commandLine,
            Corpus = $"{Corpus.Name}: {HumanText.Count(Corpus.Train.Count)} tokens to train on, {HumanText.Count(Corpus.Validation.Count)} held out; {Corpus.Tokenizer.Kind} tokenizer, {model.VocabularySize} ids",
            Model =
            [
                $"{model.Layers} layers, {model.Heads} heads, width {model.Width}, block size {model.BlockSize}",
                $"KAN layers: {model.Placement.Text()}" + (model.Placement == KanPlacement.None ? "" : $" (grid size {model.Kan.GridSize}, spline order {model.Kan.SplineOrder})"),
            ],
            Parameters = Model.ParameterCount,
            KanParameters = Model.KanParameterCount,
            Steps = result.Steps,
            Tokens = result.Tokens,
            TrainLoss = result.TrainLoss,
            BestValidationLoss = double.IsNaN(result.ValidationLoss) ? null : result.ValidationLoss,
            BestStep = double.IsNaN(result.ValidationLoss) ? null : result.BestStep,
            Seconds = result.Seconds,
            TokensPerSecond = result.Seconds > 0 ? result.Tokens / result.Seconds : 0,
            PeakMemoryBytes = PeakMemory.Bytes,
            Sample = sample,
            SampleCommand = $"kansformers sample {name}",
            EvalCommand = $"kansformers eval {name}",
            ResumeCommand = $"kansformers train --resume {name}",
        }.Write(Folder.Folder);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Trainer.Dispose();
        Model.Dispose();
        Corpus.Dispose();
    }

    private static TrainingRun Assemble(RunFolder run, TokenizedCorpus corpus, Device? device)
    {
        random.manual_seed(run.Config.Training.Seed);
        Gpt model = new(run.Config.Model, device);
        try
        {
            return new TrainingRun(run, corpus, model, new Trainer(model, run.Config.Training, corpus.Train, corpus.Validation, run));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The tokens that a configuration names, by a given tokenizer or the one that it names.</summary>
    /// <param name="data">Where the text lies.</param>
    /// <param name="tokenizer">The tokenizer of a run, or null for the one that the configuration names.</param>
    /// <param name="progress">Is told how far the tokenizing has come.</param>
    /// <param name="cancellation">Stops the tokenizing.</param>
    /// <exception cref="KansformersException">The text cannot be read or the tokenizer does not fit it.</exception>
    public static TokenizedCorpus Prepare(DataConfig data, Tokenizer? tokenizer, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        CorpusOptions options = new() { TextField = data.TextField };
        return TokenizedCorpus.Prepare(
            new PrepareOptions
            {
                Corpus = Text.Corpus.Open(data.Data, options),
                ValidationCorpus = data.ValidationData is string other ? Text.Corpus.Open(other, options) : null,
                ValidationFraction = data.ValidationFraction,
                TokenizerKind = data.Tokenizer,
                Tokenizer = tokenizer,
                SpecialTokens = data.SpecialTokens,
            },
            progress,
            cancellation);
    }

    private static void RequireBlock(TokenizedCorpus corpus, int blockSize)
    {
        if (corpus.Train.Count <= blockSize)
            throw new KansformersException($"'{corpus.Name}' has {corpus.Train.Count} tokens to train on, but a block of {blockSize} needs {blockSize + 1}; give more text or a smaller --block-size");
        if (corpus.Validation.Count > 0 && corpus.Validation.Count < 2)
            throw new KansformersException($"'{corpus.Name}' leaves {corpus.Validation.Count} token to validate on; give more text or --val-data");
    }
}
