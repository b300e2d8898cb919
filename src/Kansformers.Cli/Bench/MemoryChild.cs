using System.CommandLine;
using System.Text.Json;
using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>The hidden verb of <see cref="MemoryProbe"/>'s processes: runs one contestant once and prints what memory that took.</summary>
internal static class MemoryChild
{
    public const string Verb = "memory-of-one";

    // The moments of an optimizer are made in the first step and meet the activations in the second.
    private const int Steps = 2;

    public static Command Create()
    {
        Argument<string> request = new("REQUEST");
        Command command = new(Verb, "One contestant's memory, for the other measurements.") { request };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            MemoryRequest what = JsonSerializer.Deserialize<MemoryRequest>(parsed.GetValue(request)!)!;
            LibTorch.Load();
            set_num_threads(what.Threads);
            random.manual_seed(1);
            Console.Out.WriteLine(JsonSerializer.Serialize(Measure(what)));
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    private static MemoryResult Measure(MemoryRequest request)
    {
        if (request.Layer is LayerCase layer)
        {
            WarmUp(request.Contestant, layer.Options, layer.In, layer.Precision);
            using LayerContestants contestants = new(layer);
            return Measure(contestants.Run(request.Contestant));
        }

        if (request.Network is PublicNetwork network)
        {
            WarmUp(request.Contestant, network.Kan ?? KanKinds.All[0], network.Inputs, Precision.Float32);
            using PublicContestants contestants = new(network);
            return Measure(contestants.Run(network, request.Contestant, out _));
        }

        StepCase tiny = request.Step! with { Options = Tiny(request.Step.Options), Batch = 1 };
        using (StepContestants warmUp = new(tiny))
            _ = warmUp.Make(request.Contestant).Run();
        using StepContestants steps = new(request.Step);
        ExtraMemory memory = default;
        Contestant contestant = steps.Make(request.Contestant, () => memory = ExtraMemory.Begin());
        for (int step = 0; step < Steps; step++)
            _ = contestant.Run();
        return new MemoryResult(memory.BaselineBytes, ExtraMemory.PeakBytes, ExtraMemory.PeakBytes);
    }

    // A model of the same parts, as small as its sharing allows.
    private static ModelOptions Tiny(ModelOptions options)
    {
        for (int width = 8; width < options.Width; width *= 2)
        {
            ModelOptions tiny = options with { Layers = 1, Heads = 1, Width = width, VocabularySize = 11, BlockSize = 4 };
            try
            {
                tiny.Validate();
                return tiny;
            }
            catch (KansformersException)
            {
                // A wider one may hold its groups.
            }
        }

        return options with { Layers = 1, VocabularySize = 11, BlockSize = 4 };
    }

    private static MemoryResult Measure(ModuleRun run)
    {
        ExtraMemory memory = ExtraMemory.Begin();
        run.Forward();
        long forward = ExtraMemory.PeakBytes;
        run.Backward();
        long peak = ExtraMemory.PeakBytes;
        run.Forget();
        return new MemoryResult(memory.BaselineBytes, forward, peak);
    }

    // A layer of the kind so small that it leaves no buffers worth naming: code is compiled and libtorch's threads are there.
    private static void WarmUp(string contestant, KanOptions options, long inputs, Precision precision)
    {
        long groups = options.Sharing.IsEdge || options.Sharing == KanSharing.Channel ? 1 : options.Sharing.FunctionsOf(inputs);
        using LayerContestants tiny = new(new LayerCase { In = 8 * groups, Out = 8, Tokens = 16, Options = options, Precision = precision });
        _ = tiny.Make(contestant == PublicContestants.Mlp ? LayerContestants.Linear : contestant).Run();
    }
}
