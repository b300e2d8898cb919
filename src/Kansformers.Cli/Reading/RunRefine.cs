using System.CommandLine;
using System.Globalization;
using Kansformers.Inspection;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli.Reading;

/// <summary><c>kan refine RUN</c>: finer grids that compute the same.</summary>
internal sealed class RunRefine
{
    public readonly Option<string> Weights = new("--checkpoint") { Description = "of a run, which weights: best or last", DefaultValueFactory = _ => "best" };

    /// <summary>The options, which are of use for runs alone.</summary>
    public IEnumerable<Option> All => [Weights];

    /// <summary>Adds the options.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All)
            command.Add(option);
    }

    /// <summary>Refines.</summary>
    /// <param name="parsed">The call.</param>
    /// <param name="path">The run.</param>
    /// <param name="call">The new grid size, the run folder to write, and whether facts are printed as JSON.</param>
    public void Run(ParseResult parsed, string path, (int Grid, string Out, bool Json) call)
    {
        RunWeights weights = ModelChoice.ParseWeights(parsed.GetValue(Weights)!);
        RunFolder run = RunReading.Open(path);
        RunFolder.RequireFree(call.Out);
        using TransformerModel model = run.LoadModel(weights), finer = ModelRefinement.Refine(model, call.Grid);
        using HeldOutLoss heldOut = new(run);
        (double before, double after) = (heldOut.Of(model), heldOut.Of(finer));
        DerivedRun.Write(run, call.Out, finer, CommandLineApp.CommandLine);
        if (call.Json)
        {
            JsonOutput.Print(new { Run = run.Folder, Out = Path.GetFullPath(call.Out), GridSize = call.Grid, LossBefore = before, LossAfter = after, ParametersBefore = model.ParameterCount, ParametersAfter = finer.ParameterCount });
            return;
        }

        Console.WriteLine($"parameters      {HumanText.Count(model.ParameterCount)} before, {HumanText.Count(finer.ParameterCount)} after: {finer.Options.Kan.Summary()}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"held-out loss   {before:0.0000} before, {after:0.0000} after"));
        Console.WriteLine($"run             {call.Out}; train --model {HumanText.ShellWord(call.Out)} goes on from it");
    }
}
