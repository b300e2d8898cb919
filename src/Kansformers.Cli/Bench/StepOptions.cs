using System.CommandLine;
using Kansformers.Runtime;
using Kansformers.Transformers;

namespace Kansformers.Cli.Bench;

/// <summary>Which training steps to measure.</summary>
internal sealed class StepOptions
{
    public readonly ModelSizes Model = new(rank: 1, block: 128);
    public readonly Option<int> Batch = new("--batch") { Description = "sequences of a step", DefaultValueFactory = _ => 16 };
    public readonly Option<string?> Placement = PlacementChoice.Option("joined by +; several cases joined by commas");

    public void AddTo(Command command)
    {
        Model.AddTo(command);
        command.Add(Batch);
        command.Add(Placement);
    }

    public IReadOnlyList<StepCase> Read(ParseResult parsed, IReadOnlyList<Precision> precisions)
    {
        BenchOptions.RequireAtLeast("--batch", parsed.GetValue(Batch), 1);
        (string name, ModelOptions options) = Model.Read(parsed);
        try
        {
            KanPlacement[] placements = parsed.GetValue(Placement) is string given ? [.. given.Split(',').Select(text => KanPlacements.Parse(text.Replace('+', ',')))] : [options.Placement];
            StepCase[] cases =
            [
                .. from placement in placements
                   from precision in precisions
                   select new StepCase { Model = name, Options = options with { Placement = placement }, Precision = precision, Batch = parsed.GetValue(Batch) },
            ];
            Array.ForEach(cases, one => one.Options.Validate());
            return cases;
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }
}
