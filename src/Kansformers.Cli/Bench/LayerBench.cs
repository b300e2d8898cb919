using System.CommandLine;
using Spectre.Console;

namespace Kansformers.Cli.Bench;

/// <summary><c>bench layer</c>: one KAN layer, forward and backward, beside the reference, the bound and a plain linear layer.</summary>
internal static class LayerBench
{
    public static Command Create()
    {
        LayerOptions layer = new();
        BenchOptions options = new();
        Option<string> precision = new("--precision") { Description = BenchPrecision.Description, DefaultValueFactory = _ => "fp32" };
        Option<bool> noReference = new("--no-reference") { Description = "leave the reference out, which is slow and needs much memory" };
        Option<bool> network = new("--public") { Description = "the public KAN benchmark's network instead: batch 100, layers of 1000, 1000 and 1 features" };
        Option<string?> plot = new("--plot") { Description = "draw the cost over the grid size into this SVG file" };
        Command command = new("layer", "A KAN layer, forward and backward: the engine, the reference, the matrix products alone, a linear layer.");
        layer.AddTo(command);
        foreach (Option option in new Option[] { precision, noReference, network, plot })
            command.Add(option);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            IReadOnlyList<LayerCase> cases = layer.Read(parsed, BenchPrecision.Parse(parsed.GetValue(precision)!));
            string? file = parsed.GetValue(plot);
            if (file is not null && (parsed.GetValue(network) || cases.DistinctBy(one => one.GridSize).Count() < 2))
                throw new UsageException("--plot needs several grid sizes, as in --grid-size 5,10,20,50");
            bool memory = !parsed.GetValue(options.NoMemory), reference = !parsed.GetValue(noReference), json = parsed.GetValue(options.Json);
            return options.Run(parsed, session =>
            {
                if (parsed.GetValue(network))
                    PublicBench.Run(session, reference, memory, json);
                else
                    Run(session, cases, reference, memory, json, file);
            });
        });
        return command;
    }

    private static void Run(BenchSession session, IReadOnlyList<LayerCase> cases, bool reference, bool memory, bool json, string? plot)
    {
        Machine machine = Machine.Current();
        if (!json)
            Console.WriteLine(machine);
        List<LayerResult> results = [];
        foreach (LayerCase one in cases)
        {
            LayerResult result = Measure(session, one, reference, memory, paths: cases.DistinctBy(other => other.GridSize).Count() > 1);
            results.Add(result);
            session.Display.Clear();
            if (!json)
                Print(result, memory);
        }

        if (json)
            JsonOutput.Print(new { Cases = results, Machine = machine });
        else if (cases.DistinctBy(one => one.GridSize).Count() > 1)
            PrintGrids(results);
        if (plot is not null)
            Files.AtomicFile.WriteText(plot, GridSizePlot.Paint(results, machine));
    }

    private static LayerResult Measure(BenchSession session, LayerCase layer, bool reference, bool memory, bool paths)
    {
        string[] trained = [.. new[] { LayerContestants.Reference, LayerContestants.Ours, LayerContestants.Linear }.Where(name => reference || name != LayerContestants.Reference)];
        IReadOnlyDictionary<string, MemoryResult> peaks = memory
            ? session.Memory.Measure(layer.Title, trained, (name, threads) => new MemoryRequest { Contestant = name, Threads = threads, Layer = layer })
            : new Dictionary<string, MemoryResult>();
        using LayerContestants contestants = new(layer);
        IReadOnlyDictionary<string, Timing> timings = session.RoundRobin.Measure(layer.Title, [.. trained.Concat(paths ? [LayerContestants.Dense, LayerContestants.Sparse] : []).Append(LayerContestants.Bound).Select(contestants.Make)]);
        return new LayerResult(layer, contestants.IsSparse(), timings, peaks);
    }

    private static void Print(LayerResult result, bool memory)
    {
        Table table = ResultTable.New("ms", "forward", "backward", "both", "of bound", "least", "rounds");
        if (memory)
            table.AddColumn(new TableColumn("peak extra").RightAligned());
        foreach ((string name, Timing timing) in result.Timings)
        {
            List<string> cells =
            [
                Label(name, result.Sparse), ResultTable.Ms(timing.ForwardMs), ResultTable.Ms(timing.BackwardMs), ResultTable.Ms(timing.MedianMs),
                ResultTable.Times(timing.MedianMs, result.GemmBoundMs), ResultTable.Ms(timing.MinMs), $"{timing.Rounds}",
            ];
            if (memory)
                cells.Add(ResultTable.Bytes(name switch { LayerContestants.Ours => result.OursPeakBytes, LayerContestants.Reference => result.ReferencePeakBytes, LayerContestants.Linear => result.LinearPeakBytes, _ => null }));
            table.AddRow([.. cells]);
        }

        ResultTable.Write(Environment.NewLine + result.Case.Title, table);
    }

    private static void PrintGrids(List<LayerResult> results)
    {
        Table table = ResultTable.New("layer", "precision", "grid", "ours ms", "of the first", "bound ms", "peak extra memory");
        foreach (var group in results.GroupBy(result => (result.In, result.Out, result.Precision)))
        {
            foreach (LayerResult result in group)
            {
                table.AddRow(
                    FormattableString.Invariant($"{result.In} -> {result.Out}"), result.Precision, $"{result.GridSize}", ResultTable.Ms(result.OursMs),
                    ResultTable.Times(result.OursMs, group.First().OursMs), ResultTable.Ms(result.GemmBoundMs), ResultTable.Bytes(result.OursPeakBytes));
            }
        }

        ResultTable.Write(Environment.NewLine + "by grid size", table);
    }

    private static string Label(string name, bool sparse) => name switch
    {
        LayerContestants.Ours => sparse ? "ours (live coefficients)" : "ours",
        LayerContestants.Dense => "ours, all coefficients",
        LayerContestants.Sparse => "ours, live coefficients",
        LayerContestants.Bound => "bound (products)",
        LayerContestants.Linear => "linear layer",
        _ => name,
    };
}
