using System.Text;
using Kansformers.Evaluation;
using Kansformers.Generation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>One sitting of a training: what is shown while it runs, and what is printed at its end.</summary>
internal sealed class TrainingSession : IDisposable
{
    private readonly TrainingRun _run;
    private readonly TrainingResult _result;

    private TrainingSession(TrainingRun run, TrainingResult result) => (_run, _result) = (run, result);

    public static TrainingSession Train(TrainingRun run, string? prompt, TrainingDisplay display, CancellationToken cancellation, bool resumed = false)
    {
        try
        {
            RequireEncodable(run, prompt, display);
            if (resumed)
                run.Folder.AddResume(CommandLineApp.CommandLine);
            foreach (string note in run.Notes.Concat(run.Material.Notes))
                display.Say(note);
            foreach (string line in LossNotice.Lines(run.Material))
                display.Say(line);
            ModelOptions model = run.Model.Options;
            long steps = run.Folder.Config.Training.MaxIters;
            display.Say($"corpus  {run.Material.Description}: {run.Material.Counts}, {run.Material.Amount}; {run.Material.Tokenizer.Kind} tokenizer, {model.VocabularySize} ids");
            display.Say($"model   {run.Folder.Config.Preset}, KAN layers: {model.Placement.Text()}{string.Concat(model.Details().Select(detail => detail.Words).OfType<string>().Select(words => $", {words}"))}; {HumanText.Count(run.Model.ParameterCount)} parameters, {HumanText.Count(run.Model.KanParameterCount)} of them in KAN layers");
            if (run.UnusedIds is string unused)
                display.Say(unused);
            if (!model.Family.IsCausal)
                display.Say($"learns  {run.Folder.Config.Training.Objective.Summary}; losses in {run.Folder.Config.Training.Objective.Task(model).LossUnit}, validation always on the same");
            display.Say($"run     {run.Folder.ShortName}" + (run.Trainer.Steps > 0 ? $", going on after step {run.Trainer.Steps}" : ""));
            display.Began(run.Trainer.Steps, steps);
            run.Trainer.StepEnded += step => display.Show(step, steps);
            run.Trainer.Validated += display.Show;
            run.Trainer.GridsUpdated += display.Show;
            run.Trainer.GridsRefined += display.Show;
            return new TrainingSession(run, run.Run(cancellation));
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    public int Finish(bool json, string? prompt, SamplingOptions sampling, CancellationToken cancellation)
    {
        bool interrupted = _result.End == TrainingEnd.Interrupted;
        string? sample = interrupted || sampling.MaxNewTokens == 0 ? null
            : _run.Model.Options.Family.IsCausal ? Sample(json, prompt ?? DefaultPrompt(), sampling, cancellation)
            : _run.Folder.Config.Training.Objective is DenoisingOptions denoising ? Sample(json, denoising, sampling, cancellation) : null;
        _run.WriteSummary(_result, sample);
        if (json)
            PrintJson(sample);
        else
            Console.Error.WriteLine(Words());
        if (interrupted)
            Console.Error.WriteLine($"error: interrupted after step {_result.Steps}; go on with: kansformers train --resume {HumanText.ShellWord(_run.Folder.ShortName)}");
        return interrupted ? CommandLineApp.RunFailed : CommandLineApp.Succeeded;
    }

    public void Dispose() => _run.Dispose();

    // A prompt that the tokenizer does not know must not come to light only after the training.
    private static void RequireEncodable(TrainingRun run, string? prompt, TrainingDisplay display)
    {
        if (!run.Model.Options.Family.IsCausal)
        {
            if (prompt is not null)
                display.Say($"--prompt is not used: models of the family {run.Model.Options.Family.Name} do not continue text");
            return;
        }

        try
        {
            run.Material.Tokenizer.Encode(prompt ?? "");
            if (run.Material.Tokenizer.LostIn(prompt ?? "") is { Characters: > 0 } lost)
                display.Say(LossNotice.Line("--prompt", lost));
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"--prompt: {failure.Message}; nothing is trained yet, go on with another one: kansformers train --resume {HumanText.ShellWord(run.Folder.ShortName)}", failure);
        }
    }

    // A new line, where the text has any.
    private string DefaultPrompt()
    {
        try
        {
            return _run.Material.Tokenizer.Encode("\n") is { Length: > 0 } ? "\n" : "";
        }
        catch (KansformersException)
        {
            return "";
        }
    }

    private string? Sample(bool json, string prompt, SamplingOptions sampling, CancellationToken cancellation)
    {
        using CausalModel best = _run.Folder.LoadCausalModel(RunWeights.Best, _run.Model.Device);
        if (!json)
            Console.Error.WriteLine("a sample from the best weights:");
        StringBuilder text = new();
        bool whole = false;
        try
        {
            new TextGenerator(best, _run.Material.Tokenizer).Generate(prompt, sampling, Show, cancellation);
            whole = true;
        }
        catch (OperationCanceledException)
        {
            // The training has finished: an interruption now costs the rest of the sample, not the result.
        }

        if (!json)
            Console.Out.WriteLine();
        return whole || text.Length > 0 ? text.ToString() : null;

        void Show(string piece)
        {
            text.Append(piece);
            if (!json)
                Console.Out.Write(piece);
        }
    }

    // Of a model that repairs texts, one of those that are held out.
    private string? Sample(bool json, DenoisingOptions objective, SamplingOptions sampling, CancellationToken cancellation)
    {
        using Bart best = (Bart)_run.Folder.LoadModel(RunWeights.Best, _run.Model.Device);
        Tokenizer tokenizer = _run.Material.Tokenizer;
        BeamOptions beams = new() { MaxNewTokens = Math.Min(sampling.MaxNewTokens, best.Options.BlockSize) };
        try
        {
            TokenSpan text = _run.Corpus.Validation.Count > 0 ? _run.Corpus.Validation : _run.Corpus.Train;
            (NoisedExample example, string written) = NoisedSample.Of(new DenoisingEvaluator(best, tokenizer, objective.Noising), new BeamTextGenerator(best, tokenizer, beams), text, 1, cancellation)[0];
            string words = NoisedSample.Words(example, written);
            if (!json)
            {
                Console.Error.WriteLine("a sample from the best weights:");
                Console.Out.WriteLine(words);
            }

            return words;
        }
        catch (OperationCanceledException)
        {
            return null; // as above
        }
    }

    private void PrintJson(string? sample) => JsonOutput.PrintWith(_run.BestMeasures().Select(measure => ($"val_{measure.Name}", (object?)measure.Value)), new
    {
        Run = _run.Folder.Folder,
        Model = _run.Folder.Config.Preset,
        Family = _run.Model.Options.Family.Name,
        Objective = _run.Folder.Config.Training.Objective.Kind,
        Parameters = _run.Model.ParameterCount,
        KanParameters = _run.Model.KanParameterCount,
        _result.Tokens,
        _result.Steps,
        _result.TrainLoss,
        ValLoss = _result.ValidationLoss,
        _result.BestStep,
        TokensPerSecond = _result.Seconds > 0 ? _result.Tokens / _result.Seconds : 0,
        _result.Seconds,
        PeakMemoryBytes = PeakMemory.Bytes,
        Corpus = _run.Material.Counts,
        LostCharacters = LossNotice.Of(_run.Material).Characters,
        LostBytes = LossNotice.Of(_run.Material).Bytes,
        _result.End,
        Sample = sample,
    });

    private string Words()
    {
        string validation = double.IsNaN(_result.ValidationLoss) ? "no validation"
            : FormattableString.Invariant($"best validation loss {_result.ValidationLoss:0.0000} at step {_result.BestStep}{string.Concat(_run.BestMeasures().Select(measure => FormattableString.Invariant($", {measure.Name.Replace('_', ' ')} {measure.Value:0.0000}")))}");
        string end = _result.End == TrainingEnd.EarlyStopped ? "stopped early" : "done";
        return FormattableString.Invariant($"{end}: {_result.Steps} steps in {HumanText.Duration(TimeSpan.FromSeconds(_result.Seconds))}, {HumanText.Count(_result.Seconds > 0 ? (long)(_result.Tokens / _result.Seconds) : 0)} tokens/s, {validation}; peak memory {HumanText.Bytes(PeakMemory.Bytes)}; see {_run.Folder.ShortName}");
    }
}
