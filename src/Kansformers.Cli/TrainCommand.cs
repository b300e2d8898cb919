using System.CommandLine;
using Kansformers.Generation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Cli;

/// <summary><c>train</c>: trains a model, keeps a run folder, and ends by writing a sample.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        TrainOptions options = new();
        Command command = new("train", "Train a transformer with KAN layers; without options: the built-in corpus, under 3 minutes on 2 cores, then a sample.");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string? resume = parsed.GetValue(options.Resume);
            RunConfig? config = null;
            ResumePlan plan = new();
            if (resume is null)
                config = options.Read(parsed);
            else
                plan = options.PlanOfResume(parsed);
            SamplingOptions sampling = new() { MaxNewTokens = parsed.GetValue(options.SampleTokens), Temperature = 0.5, Seed = 1 };
            if (sampling.MaxNewTokens < 0)
                throw new UsageException($"--sample-tokens is {sampling.MaxNewTokens}; it must be at least 0");
            string? prompt = OptionRules.IsGiven(parsed, options.Prompt) ? parsed.GetValue(options.Prompt) : null;
            using Interruption interruption = new();
            Device device = Devices.Find(parsed.GetValue(options.Device)!);
            using TrainingSession session = TrainingDisplay.Run(display =>
            {
                TrainingRun run = config is null
                    ? TrainingRun.Resume(resume!, plan, device, display, interruption.Token)
                    : TrainingRun.Start(config with { CommandLine = CommandLineApp.CommandLine }, parsed.GetValue(options.Out) ?? RunFolder.NewName(config), device, display, interruption.Token);
                foreach (string note in options.Notes)
                    display.Say(note);
                return TrainingSession.Train(run, prompt, display, interruption.Token, resumed: config is null);
            });
            return session.Finish(parsed.GetValue(options.Json), prompt, sampling, interruption.Token);
        });
        return command;
    }
}
