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
/// the optimizer's moments and the place in the run), the tokenizer, <c>log.jsonl</c>, TensorBoard events, <c>loss.svg</c> and <c>README.md</c>.
/// </summary>
public sealed class RunFolder
{
    private RunFolder(string path, RunConfig config)
    {
        (Folder, Config) = (path, config);
    }

    /// <summary>The full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>The folder as a person would write it: relative where it lies below the working folder, else whole.</summary>
    public string ShortName => Path.GetRelativePath(Environment.CurrentDirectory, Folder) is string relative && !relative.StartsWith("..", StringComparison.Ordinal) ? relative : Folder;

    /// <summary>The run's configuration.</summary>
    public RunConfig Config { get; }

    /// <summary>The best weights.</summary>
    public string ModelFile => Path.Combine(Folder, "model.safetensors");

    /// <summary>The state from which the run can go on.</summary>
    public string CheckpointFile => Path.Combine(Folder, "checkpoint.safetensors");

    /// <summary>One line per step and validation.</summary>
    public string LogFile => Path.Combine(Folder, RunLog.FileName);

    /// <summary>The picture of the losses.</summary>
    public string LossCurveFile => Path.Combine(Folder, "loss.svg");

    /// <summary>The description for people.</summary>
    public string SummaryFile => Path.Combine(Folder, "README.md");

    /// <summary>Starts a run in a new or empty folder.</summary>
    /// <param name="folder">The folder; made when missing.</param>
    /// <param name="config">The run's configuration.</param>
    /// <param name="tokenizer">The tokenizer, which is saved with the run.</param>
    /// <exception cref="KansformersException">The folder holds a run already, or cannot be written.</exception>
    public static RunFolder Create(string folder, RunConfig config, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tokenizer);
        RequireFree(folder);
        string full = Path.GetFullPath(folder);
        RunFolder run = new(full, config);
        tokenizer.Save(full);
        config.Save(Path.Combine(full, "config.json"));
        return run;
    }

    /// <summary>Refuses a folder that holds a run.</summary>
    internal static void RequireFree(string folder)
    {
        string full = Path.GetFullPath(folder);
        if (File.Exists(Path.Combine(full, "config.json")))
            throw new KansformersException($"'{full}' holds a run already; give another --out, or go on with it by --resume {folder}");
    }

    /// <summary>Opens the folder of a run.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="KansformersException">There is no such folder, or it holds no run.</exception>
    public static RunFolder Open(string folder)
    {
        string full = Path.GetFullPath(folder);
        if (!Directory.Exists(full))
            throw new KansformersException($"there is no run folder '{full}'; name a folder that 'train' made");
        return new RunFolder(full, RunConfig.Load(Path.Combine(full, "config.json")));
    }

    /// <summary>The run's tokenizer.</summary>
    /// <exception cref="KansformersException">It is missing or damaged.</exception>
    public Tokenizer LoadTokenizer() => Tokenizer.Load(Folder);

    /// <summary>The run's model.</summary>
    /// <param name="weights">Which weights; a run that has not been validated yet has only the last ones, which are then taken.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <exception cref="KansformersException">There are no weights yet, or they are damaged or do not fit the configuration.</exception>
    public Gpt LoadModel(RunWeights weights = RunWeights.Best, Device? device = null)
    {
        bool best = weights == RunWeights.Best && File.Exists(ModelFile);
        if (!best && !File.Exists(CheckpointFile))
            throw new KansformersException($"'{Folder}' holds no weights yet; train longer, or go on with --resume");
        Gpt model = new(Config.Model, device);
        try
        {
            if (best)
            {
                using TensorFile file = StateDictionary.Load(ModelFile);
                GptCheckpoint.LoadInto(model, file);
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

    /// <summary>Saves a model's weights as the best ones so far.</summary>
    internal void SaveBest(Gpt model, long step, double loss)
    {
        using var scope = NewDisposeScope();
        StateDictionary.Save(ModelFile, model.state_dict().Select(entry => (entry.Key, entry.Value)), new Dictionary<string, string>([GptMetadata.Of(model)])
        {
            ["format"] = "pt",
            ["step"] = step.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["validation_loss"] = loss.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        });
    }

    /// <summary>Removes what an interrupted write left behind.</summary>
    internal void Sweep()
    {
        foreach (string left in Directory.EnumerateFiles(Folder, "*.tmp"))
        {
            try
            {
                File.Delete(left);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Another process may be writing it; it harms nobody.
            }
        }
    }
}
