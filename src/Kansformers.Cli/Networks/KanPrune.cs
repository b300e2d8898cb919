using System.CommandLine;
using Kansformers.Cli.Reading;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan prune MODEL</c>: a smaller network, without what brings little.</summary>
internal static class KanPrune
{
    public static Command Create()
    {
        KanChange change = new("the file of a small network, as kan fit writes it, or a run folder");
        RunPrune ofRun = new();
        Option<double> nodes = new("--node-threshold") { Description = "inner nodes whose score is not above it go", DefaultValueFactory = _ => 0.01 };
        Option<double> edges = new("--edge-threshold") { Description = "edges whose score is not above it go", DefaultValueFactory = _ => 0.03 };
        Option<double?> inputs = new("--input-threshold") { Description = "inputs whose score is not above it go [default: all stay]" };
        Command command = new("prune", "Take away nodes and edges of a small network, or edges of a run's KAN layers, that bring little; kan undo brings them back, and a run stays as it was.") { nodes, edges, inputs };
        change.AddTo(command);
        ofRun.AddTo(command);
        command.SetAction(parsed =>
        {
            if (change.IsRun(parsed, out string? to, nodes, edges, inputs))
            {
                ofRun.Run(parsed, parsed.GetValue(change.Model.Path)!, to, parsed.GetValue(change.Model.Json));
                return CommandLineApp.Succeeded;
            }

            OptionRules.RequireUnused(parsed, "a small network", ofRun.All);
            foreach ((string name, double? value) in ((string, double?)[])[("--node-threshold", parsed.GetValue(nodes)), ("--edge-threshold", parsed.GetValue(edges)), ("--input-threshold", parsed.GetValue(inputs))])
            {
                if (value is double threshold && !(threshold >= 0 && double.IsFinite(threshold)))
                    throw new UsageException(FormattableString.Invariant($"{name} is {threshold}; it must be 0 or more"));
            }

            KanNetwork network = change.Model.Load(parsed);
            _ = change.Out(parsed);
            TableSamples samples = change.Samples(parsed, network);
            KanNetwork pruned = network.Prune(samples.Data.Inputs, parsed.GetValue(nodes), parsed.GetValue(edges), parsed.GetValue(inputs));
            if (pruned.Layers[^1].LiveEdges == 0)
                throw new KansformersException("nothing would be left of the network; prune by lower thresholds");
            change.End(parsed, network, pruned, samples);
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
