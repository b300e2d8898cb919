using Kansformers.Checkpoints;
using Kansformers.Files;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Which of a run's weights to take.</summary>
public enum RunWeights
{
    /// <summary>Those with the lowest validation loss (<c>model.safetensors</c>).</summary>
    Best,

    /// <summary>Those of the last checkpoint (<c>checkpoint.safetensors</c>).</summary>
    Last,
}

/// <summary>
/// The folder of one training run: <c>config.json</c>, <c>model.safetensors</c> (the best weights), <c>checkpoint.safetensors</c> (the last weights,
/// the optimizer's moments and the place in the run), perhaps <c>snapshot-STEP.safetensors</c> (earlier weights), the tokenizer, <c>log.jsonl</c>, TensorBoard events, <c>loss.svg</c> and <c>README.md</c>.
/// </summary>
public sealed class RunFolder
{
    private const string ConfigFileName = "config.json", ModelFileName = "model.safetensors", CheckpointFileName = "checkpoint.safetensors";

    // All that a run writes, TensorBoard's events aside.
    private static readonly string[] FileNames =
        [ConfigFileName, TokenizerFile.Name, ModelFileName, CheckpointFileName, RunLog.FileName, LossCurve.FileName, RunSummary.FileName];

    private RunFolder(string path, RunConfig config)
    {
        (Folder, Config) = (path, config);
    }

    /// <summary>The full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>The folder as a person would write it: relative where it lies below the working folder, else whole.</summary>
    public string ShortName => Path.GetRelativePath(Environment.CurrentDirectory, Folder) is string relative && !relative.StartsWith("..", StringComparison.Ordinal) ? relative : Folder;

    /// <summary>The run's configuration.</summary>
    public RunConfig Config { get; private set; }

    /// <summary>The run's configuration as a file.</summary>
    internal string ConfigFile => Path.Combine(Folder, ConfigFileName);

    /// <summary>The best weights.</summary>
    public string ModelFile => Path.Combine(Folder, ModelFileName);

    /// <summary>The state from which the run can go on.</summary>
    public string CheckpointFile => Path.Combine(Folder, CheckpointFileName);

    /// <summary>One line per step and validation.</summary>
    public string LogFile => Path.Combine(Folder, RunLog.FileName);

    /// <summary>The picture of the losses.</summary>
    public string LossCurveFile => Path.Combine(Folder, LossCurve.FileName);

    /// <summary>The description for people.</summary>
    public string SummaryFile => Path.Combine(Folder, RunSummary.FileName);

    /// <summary>Starts a run in a new or empty folder.</summary>
    /// <param name="folder">The folder; made when missing.</param>
    /// <param name="config">The run's configuration.</param>
    /// <param name="tokenizer">The tokenizer, which is saved with the run.</param>
    /// <exception cref="KansformersException">The folder holds a run or anything else already, or cannot be written.</exception>
    public static RunFolder Create(string folder, RunConfig config, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tokenizer);
        RequireFree(folder);
        RunFolder run = At(folder, config);
        run.Initialize(tokenizer);
        return run;
    }

    /// <summary>The folder of a run to be; nothing is written yet.</summary>
    internal static RunFolder At(string folder, RunConfig config) => new(Path.GetFullPath(folder), config);

    /// <summary>Remembers, in <c>config.json</c>, a command that went on with the run.</summary>
    /// <param name="commandLine">The command, as it can be called again.</param>
    /// <exception cref="KansformersException">The file cannot be written.</exception>
    public void AddResume(string commandLine)
    {
        Config = Config with { Resumes = [.. Config.Resumes, commandLine] };
        Config.Save(ConfigFile);
    }

    /// <summary>Takes another configuration; it is in the file once that is saved.</summary>
    internal void Change(RunConfig config) => Config = config;

    /// <summary>Writes what makes a folder a run.</summary>
    internal void Initialize(Tokenizer tokenizer)
    {
        tokenizer.Save(Folder);
        Config.Save(ConfigFile);
    }

    /// <summary>The name of a new folder for a run: its corpus and its model, with a number behind them when that is taken.</summary>
    /// <param name="config">The run.</param>
    /// <param name="parent">The folder that it is to lie in.</param>
    public static string NewName(RunConfig config, string parent = "runs")
    {
        ArgumentNullException.ThrowIfNull(config);
        string name = Path.Combine(parent, $"{CorpusPath.Short(config.Data.Data)}-{config.Preset}"), folder = name;
        for (int number = 2; Directory.Exists(folder); number++)
            folder = FormattableString.Invariant($"{name}-{number}");
        return folder;
    }

    /// <summary>Refuses a folder that holds anything: a run must not overwrite what is not its own.</summary>
    /// <param name="folder">The folder, which need not exist.</param>
    /// <exception cref="KansformersException">It is a file, or holds something.</exception>
    public static void RequireFree(string folder)
    {
        string full = Path.GetFullPath(folder);
        if (File.Exists(full))
            throw new KansformersException($"'{full}' is a file; give TrainingRun.Start a folder that is new or empty");
        string[] names = Names(full);
        if (names.Contains(ConfigFileName) && names.Contains(TokenizerFile.Name))
            throw new KansformersException($"'{full}' holds a run already; give TrainingRun.Start another folder, or go on with it by TrainingRun.Resume({HumanText.ShellWord(folder)})");

        // A training that was killed before its configuration was written leaves its lock, perhaps with its tokenizer.
        bool begun = names.Contains(FolderLock.FileName);
        if (!names.All(name => name == FolderLock.FileName || (begun && (name == TokenizerFile.Name || AtomicFile.IsTemporary(name, FileNames)))))
            throw new KansformersException($"'{full}' is not empty; give TrainingRun.Start a folder that is new or empty");
    }

    private static string[] Names(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry))] : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read the folder '{folder}': {AtomicFile.Reason(failure)}", failure);
        }
    }

    /// <summary>Opens the folder of a run.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="KansformersException">There is no such folder, or it holds no run.</exception>
    public static RunFolder Open(string folder)
    {
        string full = Path.GetFullPath(folder);
        if (!Directory.Exists(full))
            throw new KansformersException($"there is no run folder '{full}'; name a folder that 'train' made");
        return new RunFolder(full, RunConfig.Load(Path.Combine(full, ConfigFileName)));
    }

    /// <summary>The run's tokenizer.</summary>
    /// <exception cref="KansformersException">It is missing or damaged.</exception>
    public Tokenizer LoadTokenizer() => Tokenizer.Load(Folder);

    /// <summary>The text that the run is trained on, as tokens.</summary>
    /// <param name="progress">Is told how far the tokenizing has come, if the tokens are not in the cache any more.</param>
    /// <param name="cancellation">Stops the tokenizing.</param>
    /// <returns>The tokens, to be disposed.</returns>
    /// <exception cref="KansformersException">The text is missing, or is not what it was, or the run learned from labelled examples.</exception>
    public TokenizedCorpus LoadCorpus(IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (Config.Training.Objective.NeedsLabels)
            throw new KansformersException($"'{Folder}' learned from labelled examples, not from text");
        return ((TextMaterial)LoadMaterial(progress, cancellation)).Corpus;
    }

    /// <summary>What the run is trained on: text, or labelled examples.</summary>
    /// <param name="progress">Is told how far the tokenizing has come, if the tokens are not in the cache any more.</param>
    /// <param name="cancellation">Stops the tokenizing.</param>
    /// <returns>It, to be disposed.</returns>
    /// <exception cref="KansformersException">It is missing, or is not what it was.</exception>
    public TrainingMaterial LoadMaterial(IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        string texts = Config.Data.ValidationData is string validation ? $"the corpus '{Config.Data.Data}', or the text to validate on, '{validation}'," : $"the corpus '{Config.Data.Data}'";
        string other = $"{texts} is not the one that '{Folder}' was trained on";
        TrainingMaterial material;
        try
        {
            material = Config.Training.Objective.Open(Config.Data, LoadTokenizer(), progress, cancellation);
        }
        catch (KansformersException failure) when (failure.InnerException is TextColumnException && Config.Data.Fingerprint is not null)
        {
            throw new KansformersException($"{other}, or an earlier version took its text from several columns: {failure.Message}", failure);
        }

        if (Config.Data.Fingerprint is null || Config.Data.Fingerprint == material.Fingerprint)
            return material;
        material.Dispose();
        throw new KansformersException($"{other}; bring the old text back, or start a new run");
    }

    /// <summary>The architecture of weights: that of <see cref="RunConfig.Model"/>, with finer grids where those were refined in training before the weights were saved.</summary>
    /// <param name="weights">Which weights; where there are no best ones yet the last ones, and where there are none at all what the training begins with.</param>
    /// <exception cref="KansformersException">The file is damaged.</exception>
    public ModelOptions Architecture(RunWeights weights = RunWeights.Best) =>
        ArchitectureIn(weights == RunWeights.Best && File.Exists(ModelFile) ? ModelFile : CheckpointFile);

    /// <summary>The architecture of weights in one of the run's files.</summary>
    internal ModelOptions ArchitectureIn(string file)
    {
        if (Config.Training.RefineGrid.Count == 0 || !File.Exists(file))
            return Config.Model;
        return TrainingCheckpoint.Architecture(file) is ModelOptions saved ? Config.Model with { Kan = saved.Kan } : Config.Model;
    }

    /// <summary>The run's model.</summary>
    /// <param name="weights">Which weights; a run that has not been validated yet has only the last ones, which are then taken.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <exception cref="KansformersException">There are no weights yet, or they are damaged or do not fit the configuration.</exception>
    public TransformerModel LoadModel(RunWeights weights = RunWeights.Best, Device? device = null)
    {
        bool best = weights == RunWeights.Best && File.Exists(ModelFile);
        if (!best && !File.Exists(CheckpointFile))
            throw new KansformersException($"'{Folder}' holds no weights yet; train longer, or go on with TrainingRun.Resume");
        ModelOptions options = Architecture(weights);
        TransformerModel model = options.Family.Create(options, device);
        try
        {
            if (best)
            {
                using TensorFile file = StateDictionary.Load(ModelFile);
                Transformers.ModelFile.LoadInto(model, file);
            }
            else
            {
                TrainingCheckpoint.LoadModel(CheckpointFile, model);
            }

            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>A model's loss on what the run holds out, as its trainer validates.</summary>
    /// <param name="model">The model, of the run's architecture.</param>
    /// <exception cref="KansformersException">What the run learned from is missing or another, or nothing of it is held out.</exception>
    public double Validate(TransformerModel model)
    {
        using TrainingMaterial material = LoadMaterial();
        using IObjective objective = Config.Training.Objective.Task(Config.Model).Create(model, material.Data, Config.Training);
        return objective.ValidationTokens > 0 ? objective.Validate() : throw new KansformersException($"the run '{Folder}' holds out nothing to validate on");
    }

    /// <summary>The run's model as one that continues text.</summary>
    /// <param name="weights">Which weights.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <exception cref="KansformersException">As for <see cref="LoadModel"/>, or its family does not continue text.</exception>
    public CausalModel LoadCausalModel(RunWeights weights = RunWeights.Best, Device? device = null) => CausalModel.Of(LoadModel(weights, device));

    /// <summary>The weights that the run kept on its way, the earliest first.</summary>
    /// <exception cref="KansformersException">The folder cannot be read.</exception>
    public IReadOnlyList<RunSnapshot> Snapshots() =>
        [.. Names(Folder).Select(name => (Name: name, Step: RunSnapshot.StepOf(name))).Where(entry => entry.Step is not null)
            .Select(entry => new RunSnapshot(entry.Step!.Value, Path.Combine(Folder, entry.Name))).OrderBy(snapshot => snapshot.Step)];

    /// <summary>The weights that the run kept before those that are named.</summary>
    /// <param name="weights">Which weights.</param>
    /// <exception cref="KansformersException">There are no such weights, or they are damaged.</exception>
    public IReadOnlyList<RunSnapshot> SnapshotsBefore(RunWeights weights)
    {
        bool best = weights == RunWeights.Best && File.Exists(ModelFile);
        using TensorFile file = StateDictionary.Load(best ? ModelFile : CheckpointFile);
        long? step = !best ? TrainingCheckpoint.Peek(CheckpointFile).Progress.Step
            : long.TryParse(file.Metadata.GetValueOrDefault("step"), System.Globalization.CultureInfo.InvariantCulture, out long told) ? told : null;
        return [.. Snapshots().Where(snapshot => step is null || snapshot.Step < step)];
    }

    /// <summary>Keeps a model's weights of a step; where they were kept already, as of a run that goes on from an earlier checkpoint, they are the same.</summary>
    internal void SaveSnapshot(TransformerModel model, long step) => SaveWeights(Path.Combine(Folder, RunSnapshot.Name(step)), model, ("step", step.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>Saves a model's weights as the best ones so far.</summary>
    internal void SaveBest(TransformerModel model, long step, double loss) => SaveWeights(
        model,
        ("step", step.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ("validation_loss", loss.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>Saves a model's weights.</summary>
    /// <param name="model">The model.</param>
    /// <param name="facts">What the header shall say beside the architecture.</param>
    internal void SaveWeights(TransformerModel model, params (string Key, string Value)[] facts) => SaveWeights(ModelFile, model, facts);

    private static void SaveWeights(string path, TransformerModel model, params (string Key, string Value)[] facts)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, string> metadata = new([ModelMetadata.Of(model)]) { ["format"] = "pt" };
        foreach ((string key, string value) in facts)
            metadata.Add(key, value);
        StateDictionary.Save(path, model.state_dict().Select(entry => (entry.Key, entry.Value)), metadata);
    }

    /// <summary>Whether there are weights that would be lost with the folder.</summary>
    internal bool HoldsWeights => File.Exists(ModelFile) || File.Exists(CheckpointFile);

    /// <summary>
    /// Refuses a run whose checkpoint is lost: to begin again would destroy what is left of it. The first checkpoint follows the first
    /// validation, before any further step, or the training's end, before the curve is drawn.
    /// </summary>
    internal void RequireUnsaved()
    {
        bool logged = File.Exists(LogFile);
        bool wasSaved = File.Exists(LossCurveFile) || (logged ? RunLog.Read(LogFile).Any(entry => entry.Step > Config.Training.EvalInterval) : File.Exists(ModelFile));
        if (wasSaved)
            throw new KansformersException($"'{CheckpointFile}' is missing, so the run cannot go on; restore it, or start a new run");
    }

    /// <summary>Removes what an interrupted write left behind, and nothing else.</summary>
    internal void Sweep()
    {
        foreach (string name in Names(Folder).Where(name => AtomicFile.IsTemporary(name, FileNames) || AtomicFile.IsTemporary(name, target => RunSnapshot.StepOf(target) is not null)))
            Delete(name);
    }

    /// <summary>Removes the files of a run, and the folder when it holds nothing else.</summary>
    internal void Remove()
    {
        foreach (string name in Names(Folder).Where(name => FileNames.Contains(name) || name == FolderLock.FileName || RunSnapshot.StepOf(name) is not null || TensorBoardWriter.IsEventFile(name)))
            Delete(name);
        try
        {
            Directory.Delete(Folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Something else lies there, or it is a place where a disk is mounted.
        }
    }

    private void Delete(string name)
    {
        try
        {
            File.Delete(Path.Combine(Folder, name));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Another program may have it open; it harms nobody.
        }
    }
}
