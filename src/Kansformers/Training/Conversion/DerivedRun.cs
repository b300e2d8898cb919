using Kansformers.Files;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>
/// Runs made of other runs without training, as by pruning: a folder of their own with the configuration of the first and other weights. It can be sampled from, evaluated, read,
/// and begun from (<see cref="RunConfig.InitialWeights"/>); the run that it was made of stays as it is, so that nothing is lost.
/// </summary>
public static class DerivedRun
{
    /// <summary>Writes the folder.</summary>
    /// <param name="source">The run that it is made of.</param>
    /// <param name="folder">The folder, new or empty.</param>
    /// <param name="model">The model; its options may be others.</param>
    /// <param name="commandLine">The command that made it; null where a program did.</param>
    /// <exception cref="KansformersException">The folder holds anything, or cannot be written.</exception>
    public static RunFolder Write(RunFolder source, string folder, TransformerModel model, string? commandLine = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(model);
        RunFolder.RequireFree(folder);
        Tokenizer tokenizer = source.LoadTokenizer();
        TrainingOptions training = source.Config.Training with { RefineGrid = [] }; // the model is as its refinements left it
        RunConfig config = source.Config with { Model = model.Options, Training = training, MadeFrom = source.Folder, CommandLine = commandLine, Resumes = [] };
        using FilesTogether files = FilesTogether.Begin();
        RunFolder run = RunFolder.Create(folder, config, tokenizer);
        run.SaveWeights(model, ("made_from", source.Folder));
        files.Keep();
        return run;
    }
}
