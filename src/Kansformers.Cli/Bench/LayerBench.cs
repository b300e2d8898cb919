using System.CommandLine;
using Kansformers.Pictures;
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
        Option<bool> network = new("--public") { Description = "the public KAN benchmark's network in every kind instead: batch 100, 1000 and 1000 features, 10 M parameters" };
        Option<string?> plot = new("--plot") { Description = "draw the cost over the grid size, or of several kinds, into this .svg or .png" };
        Command command = new("layer", "A KAN layer, forward and backward: the engine, the reference, the matrix products alone, a linear layer.");
        layer.AddTo(command);
        OptionRules.Picture(plot);
        foreach (Option option in new Option[] { precision, noReference, network, plot })
            command.Add(option);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            LayerReport wanted = new(!parsed.GetValue(noReference), !parsed.GetValue(options.NoMemory), parsed.GetValue(options.Json), parsed.GetValue(plot));
            if (parsed.GetValue(network))
            {
                IReadOnlyList<PublicNetwork> networks = layer.ReadPublic(parsed);
                if (OptionRules.IsGiven(parsed, precision))
                    throw new UsageException("--public computes in fp32: leave --precision out, or --public");
                return options.Run(parsed, session => PublicBench.Run(session, networks, wanted));
            }

            IReadOnlyList<LayerCase> cases = layer.Read(parsed, BenchPrecision.Parse(parsed.GetValue(precision)!));
            if (wanted.Plot is not null && !HasGrids(cases) && cases.DistinctBy(one => one.Options).Count() < 2)
                throw new UsageException("--plot needs several grid sizes, as in --grid-size 5,10,20,50, or several kinds, as in --kan all");
            return options.Run(parsed, session => Run(session, cases, wanted));
        });
        return command;
    }

    // Several grid sizes of one kind make a curve.
    private static bool HasGrids(IEnumerable<LayerCase> cases) =>
        cases.DistinctBy(one => (one.Kan, one.Sharing)).Count() == 1 && cases.DistinctBy(one => one.GridSize).Count() > 1;

    private static void Run(BenchSession session, IReadOnlyList<LayerCase> cases, LayerReport wanted)
    {
        Machine machine = Machine.Current();
        if (!wanted.Json)
            Console.WriteLine(machine);
        List<LayerResult> results = [];
        foreach (LayerCase one in cases)
        {
            bool paths = one.HasPaths && cases.Where(other => other.Kan == one.Kan).DistinctBy(other => other.GridSize).Count() > 1;
            LayerResult result = Measure(session, one, wanted.Reference, wanted.Memory, paths);
            results.Add(result);
            session.Display.Clear();
            if (!wanted.Json)
                Print(result, wanted.Memory);
        }

        if (wanted.Json)
            JsonOutput.Print(new { Cases = results, Machine = machine });
        else if (HasGrids(cases))
            PrintGrids(results);
        else if (results.Count > 2)
            PrintKinds(results);
        if (wanted.Plot is string plot)
            PictureFile.Write(plot, HasGrids(cases) ? GridSizePlot.Paint(results, machine) : PaintKinds(results, machine));
    }

    // One kind a row, a picture for the first shape and precision.
    private static string PaintKinds(List<LayerResult> results, Machine machine)
    {
        LayerResult first = results[0];
        string size = FormattableString.Invariant($"{first.In} -> {first.Out}, {first.Tokens} tokens, {first.Precision}");
        return KindPlot.Paint(
            "A KAN layer of every kind, forward and backward", $"{size}; {machine}",
            results.Where(result => (result.In, result.Out, result.Precision) == (first.In, first.Out, first.Precision)).Select(result => new KindPlotRow(
                result.Case.Options.Summary(), new(result.OursMs, result.ReferenceMs, result.LinearMs), new(result.OursPeakBytes, result.ReferencePeakBytes, result.LinearPeakBytes))));
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

    private static void PrintKinds(List<LayerResult> results)
    {
        Table table = ResultTable.New("layer", "precision", "reference ms", "ours ms", "of bound", "of linear", "bound ms", "linear ms", "reference peak", "peak", "linear peak");
        foreach (LayerResult result in results)
        {
            table.AddRow(
                FormattableString.Invariant($"{result.In} -> {result.Out}, {result.Case.Options.Summary()}"), result.Precision, ResultTable.Ms(result.ReferenceMs), ResultTable.Ms(result.OursMs),
                ResultTable.Times(result.OursMs, result.GemmBoundMs), ResultTable.Times(result.OursMs, result.LinearMs), ResultTable.Ms(result.GemmBoundMs), ResultTable.Ms(result.LinearMs),
                ResultTable.Bytes(result.ReferencePeakBytes), ResultTable.Bytes(result.OursPeakBytes), ResultTable.Bytes(result.LinearPeakBytes));
        }

        ResultTable.Write(Environment.NewLine + "side by side", table);
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
