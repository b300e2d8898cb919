using Kansformers.Files;
using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>A training with all that belongs to it: corpus, tokenizer, model, trainer and run folder, new or resumed.</summary>
public sealed class TrainingRun : IDisposable
{
    private FolderLock? _lock;
    private readonly TransformerModel _given; // to the trainer, which goes on with a finer one where grids are refined
    private IReadOnlyList<Measure>? _bestMeasures; // once the training has ended

    private TrainingRun(RunFolder folder, TrainingMaterial material, TransformerModel model, Trainer trainer)
    {
        (Folder, Material, _given, Trainer) = (folder, material, model, trainer);
    }

    /// <summary>The run's folder and configuration.</summary>
    public RunFolder Folder { get; }

    /// <summary>What the run learns from: text, or labelled examples.</summary>
    public TrainingMaterial Material { get; }

    /// <summary>The text as tokens.</summary>
    /// <exception cref="InvalidOperationException">The run learns from labelled examples.</exception>
    public TokenizedCorpus Corpus => (Material as TextMaterial)?.Corpus ?? throw new InvalidOperationException("this run learns from labelled examples, not from text");

    /// <summary>The model in training: another one, with finer grids, once they were refined.</summary>
    public TransformerModel Model => Trainer.Model;

    /// <summary>What there is to say of a run that goes on: a changed plan, another number of threads; and of what the model learns from beside its data.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>The loop; subscribe to its events before <see cref="Run"/>.</summary>
    public Trainer Trainer { get; }

    /// <summary>Tokenizes the corpus, makes the model with the seed's or the given initial weights, and creates the run folder.</summary>
    /// <param name="config">The run; its vocabulary size is taken from the tokenizer, which must fit where the run has initial weights.</param>
    /// <param name="folder">The run folder to create.</param>
    /// <param name="device">Where to train; null is the CPU.</param>
    /// <param name="progress">Is told how far downloading and tokenizing have come.</param>
    /// <param name="cancellation">Stops downloading and tokenizing.</param>
    /// <exception cref="KansformersException">Something in the configuration, the corpus or the folder is wrong.</exception>
    public static TrainingRun Start(RunConfig config, string folder, Device? device = null, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(config);

        // All that can be wrong is looked for before anything is written or long work begins.
        ObjectiveOptions objective = config.Training.Objective;
        config.Training.Validate();
        (config.Model with { VocabularySize = 1 }).Validate();
        objective.RequireSuited(config.Model);
        RunFolder.RequireFree(folder);
        objective = objective.Found(config.Model);
        config = config with { Training = config.Training with { Objective = objective } };
        TrainingMaterial material = objective.Open(config.Data, null, progress, cancellation);
        try
        {
            bool hasWeights = config.InitialWeights is not null;
            ModelOptions fresh = objective.Shape(config.Model, material, hasWeights: false);
            int ids = material.Tokenizer.VocabularySize;

            // The ids of a tokenizer made of this text mean other characters in any other: a model with more ids is not its own, padded.
            bool own = config.Data.Tokenizer == "char" && ids != config.Model.VocabularySize && fresh.VocabularySize != config.Model.VocabularySize;
            if (hasWeights && (own || !material.Tokenizer.Fits(config.Model.VocabularySize)))
                throw new KansformersException($"the tokenizer has {ids} ids, the model of '{config.InitialWeights}' {config.Model.VocabularySize}; they do not belong together: give the tokenizer that the model was trained with");
            RunConfig complete = config with
            {
                Model = hasWeights ? objective.Shape(config.Model, material, hasWeights: true) : fresh,
                Threads = [get_num_threads()],
                Data = config.Data with { Data = material.Source, ValidationData = material.ValidationSource, Fingerprint = material.Fingerprint },
            };
            TrainingRun run = Assemble(RunFolder.At(folder, complete), material, device);
            try
            {
                run.Create();
                return run;
            }
            catch
            {
                run.Dispose();
                throw;
            }
        }
        catch
        {
            material.Dispose();
            throw;
        }
    }

    /// <summary>Opens a run folder and goes on from its checkpoint.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="device">Where to train; null is the CPU.</param>
    /// <param name="progress">Is told how far the tokenizing has come, if the tokens are not in the cache any more.</param>
    /// <param name="maxIters">How many steps there are to be in all, when not as many as planned (<see cref="ResumePlan.MaxIters"/>).</param>
    /// <param name="cancellation">Stops downloading and tokenizing.</param>
    /// <exception cref="KansformersException">
    /// The folder holds no run or is in use, the checkpoint is damaged or lost, or was made with another configuration, or the corpus has changed; or the number
    /// of steps cannot be.
    /// </exception>
    public static TrainingRun Resume(
        string folder, Device? device = null, IProgress<EncodeProgress>? progress = null, long? maxIters = null, CancellationToken cancellation = default) =>
        Resume(folder, new ResumePlan { MaxIters = maxIters }, device, progress, cancellation);

    /// <summary>Opens a run folder and goes on from its checkpoint, by another plan.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="plan">What is to be otherwise from now on.</param>
    /// <param name="device">Where to train; null is the CPU.</param>
    /// <param name="progress">Is told how far the tokenizing has come, if the tokens are not in the cache any more.</param>
    /// <param name="cancellation">Stops downloading and tokenizing.</param>
    /// <exception cref="KansformersException">As for the other overload, or the plan cannot be.</exception>
    public static TrainingRun Resume(
        string folder, ResumePlan plan, Device? device = null, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        RunFolder run = RunFolder.Open(folder);
        FolderLock held = Hold(run);
        try
        {
            List<string> notes = [];
            RunConfig before = run.Config;
            Resumption.Replan(run, plan, notes);
            Resumption.CompareThreads(run, notes);
            TrainingMaterial material = run.LoadMaterial(progress, cancellation);
            try
            {
                TrainingRun resumed = Assemble(run, material, device, notes);
                try
                {
                    resumed.Trainer.Resume();
                    if (run.Config != before)
                        run.Config.Save(run.ConfigFile);
                    resumed._lock = held;
                    return resumed;
                }
                catch
                {
                    resumed.Dispose();
                    throw;
                }
            }
            catch
            {
                material.Dispose();
                throw;
            }
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Trains to the end, then draws the loss curve.</summary>
    /// <param name="cancellation">Ends the training after the current step, with a checkpoint.</param>
    /// <exception cref="KansformersException">
    /// As for <see cref="Training.Trainer.Run"/>, or the memory does not suffice. The run folder is then removed if it holds no weights yet and
    /// going on would come to the same.
    /// </exception>
    public TrainingResult Run(CancellationToken cancellation = default)
    {
        TrainingResult result;
        _bestMeasures = null;
        try
        {
            result = Trainer.Run(cancellation);
        }
        catch (Exception failure) when (Trainer.HasDiverged || OutOfMemory.Caused(failure))
        {
            string message = Trainer.HasDiverged ? failure.Message : TooBig(Folder.Config);
            if (!Folder.HoldsWeights)
            {
                // To go on would come to the same, and the folder would only stand in the way of another try.
                Remove();
                message += $"; nothing was saved yet, so the run folder '{Folder.ShortName}' is removed";
            }

            throw new KansformersException(message, failure);
        }

        if (result.Steps == 0)
            return result;
        IReadOnlyList<LogEntry> log = RunLog.Read(Folder.LogFile);
        _bestMeasures = BestOf(log);
        LossCurve curve = LossCurve.FromLog(log) with
        {
            Title = $"{Folder.Config.Preset} on {Material.Name}",
            Unit = Task.LossUnit,
            Subtitle = $"KAN layers: {Folder.Config.Model.Placement.Text()}, {HumanText.Count(Model.ParameterCount)} parameters{(Objective.StepLoss is string loss ? $"; losses of steps are {loss}" : "")}",
        };
        curve.Write(Folder.LossCurveFile);
        return result;
    }

    /// <summary>Writes the run folder's <c>README.md</c>.</summary>
    /// <param name="result">What the training came to.</param>
    /// <param name="sample">Text that the model wrote, if any.</param>
    /// <exception cref="KansformersException">The file cannot be written.</exception>
    public void WriteSummary(TrainingResult result, string? sample)
    {
        ArgumentNullException.ThrowIfNull(result);
        ModelOptions model = Model.Options;
        string name = HumanText.ShellWord(Folder.ShortName);
        new RunSummary
        {
            Title = $"{Folder.Config.Preset} on {Material.Name}",
            CommandLine = Folder.Config.CommandLine,
            Resumes = Folder.Config.Resumes,
            Threads = Folder.Config.Threads,
            LossUnit = Task.LossUnit,
            StepLoss = Objective.StepLoss,
            HasPerplexity = Task.HasPerplexity,
            Corpus = $"{Material.Name}: {Material.Amount}; {Material.Tokenizer.Kind} tokenizer, {model.VocabularySize} ids; {Material.Counts}{(Material.Lost.Characters > 0 ? $"; {Material.Lost} left out" : "")}",
            Model =
            [
                $"{model.Layers} layers, {model.Heads} heads, width {model.Width}, block size {model.BlockSize}",
                $"KAN layers: {model.Placement.Text()}" + (model.Placement == KanPlacement.None ? "" : $" ({model.Kan.Summary()}{RefinedWords()})"),
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
            Measures = BestMeasures(),
            Uses = Task.Uses(name),
            ResumeCommand = $"kansformers train --resume {name}",
        }.Write(Folder.Folder);
    }

    /// <summary>What a user should know of ids that the model has and nothing uses; null where there are none.</summary>
    public string? UnusedIds
    {
        get
        {
            int used = Folder.Config.Training.Objective.Shape(Model.Options, Material, hasWeights: false).VocabularySize;
            return used >= Model.Options.VocabularySize ? null : Material.Tokenizer.Padding(Model.Options.VocabularySize);
        }
    }

    /// <summary>What the validation of the best weights measured beside the loss.</summary>
    public IReadOnlyList<Measure> BestMeasures() => _bestMeasures ?? BestOf(RunLog.Read(Folder.LogFile));

    private string RefinedWords() => Folder.Config.Model.Kan is GridOptions began && Model.Options.Kan is GridOptions now && began.GridSize != now.GridSize
        ? FormattableString.Invariant($"; the grid began with size {began.GridSize}") : "";

    private ObjectiveOptions Objective => Folder.Config.Training.Objective;

    private ObjectiveOptions Task => Objective.Task(Folder.Config.Model);

    private static IReadOnlyList<Measure> BestOf(IReadOnlyList<LogEntry> log) => log.OfType<ValidationRecord>().LastOrDefault(entry => entry.Best)?.Measures ?? [];

    /// <inheritdoc/>
    public void Dispose()
    {
        Trainer.Dispose();
        _given.Dispose();
        Material.Dispose();
        _lock?.Dispose();
        _lock = null;
    }

    private static TrainingRun Assemble(RunFolder run, TrainingMaterial material, Device? device, List<string>? notes = null)
    {
        material.Require(run.Config);
        random.manual_seed(run.Config.Training.Seed);
        TransformerModel? model = null;
        try
        {
            model = run.Config.Model.Family.Create(run.Config.Model, device);
            bool isNew = !File.Exists(run.CheckpointFile);
            if (isNew && run.Config.Training.Objective.Begin(model) is string begun)
                (notes ??= []).Add(begun);
            if (isNew && run.Config.InitialWeights is string weights)
            {
                if (InitialWeights.Load(model, weights) is string note)
                    (notes ??= []).Add(note);
                FiniteWeights.Require(model.state_dict().Select(entry => (entry.Key, entry.Value)), weights, "give other weights");
            }

            Trainer trainer = new(model, run.Config.Training, material.Data, run);
            return new TrainingRun(run, material, model, trainer) { Notes = [.. notes ?? [], .. trainer.Notes] };
        }
        catch (Exception failure)
        {
            model?.Dispose();
            if (OutOfMemory.Caused(failure))
                throw new KansformersException(TooBig(run.Config), failure);
            throw;
        }
    }

    // The folder is made last, so that nothing stays behind of a training that could not begin.
    private void Create()
    {
        _lock = Hold(Folder);
        RunFolder.RequireFree(Folder.Folder); // another process may have been faster
        try
        {
            Folder.Initialize(Material.Tokenizer);
        }
        catch
        {
            Remove();
            throw;
        }
    }

    private void Remove()
    {
        NewFolders? made = _lock?.Made;
        _lock?.Dispose();
        _lock = null;
        Folder.Remove();
        made?.Remove();
    }

    private static FolderLock Hold(RunFolder run) => FolderLock.Take(run.Folder, "another training");

    private static string TooBig(RunConfig config) =>
        $"not enough memory to train {config.Model.Layers} layers of width {config.Model.Width} on batches of {config.Training.BatchSize} x {config.Model.BlockSize} tokens; lower ModelOptions.Width, ModelOptions.Layers, TrainingOptions.BatchSize or ModelOptions.BlockSize";

    /// <summary>The tokens that a configuration names, by a given tokenizer or the one that it names.</summary>
    /// <param name="data">Where the text lies.</param>
    /// <param name="tokenizer">The tokenizer of a run, or null for the one that the configuration names.</param>
    /// <param name="progress">Is told how far downloading and tokenizing have come.</param>
    /// <param name="cancellation">Stops downloading and tokenizing.</param>
    /// <exception cref="KansformersException">The text cannot be read or the tokenizer does not fit it.</exception>
    public static TokenizedCorpus Prepare(DataConfig data, Tokenizer? tokenizer, IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        tokenizer ??= TrainingText.TokenizerOf(data); // whose faults are told before anything is downloaded
        CorpusOptions options = new() { TextField = data.TextField, Deduplicate = data.Deduplicate, TokenFormat = data.TokenFormat };
        Corpus corpus = Text.Corpus.Open(data.Data, options, progress, cancellation);
        CorpusOptions sameColumn = options with { PreferredField = corpus.TextField };
        return TokenizedCorpus.Prepare(
            new PrepareOptions
            {
                Corpus = corpus,
                ValidationCorpus = data.ValidationData is string other ? Text.Corpus.Open(other, sameColumn, progress, cancellation) : null,
                ValidationFraction = data.ValidationFraction,
                TokenizerKind = data.Tokenizer,
                Tokenizer = tokenizer,
                SpecialTokens = data.SpecialTokens,
            },
            progress,
            cancellation);
    }
}
