using System.CommandLine;
using Kansformers.Runtime;
using Spectre.Console;

namespace Kansformers.Cli.Bench;

/// <summary><c>bench memory</c>: what layers and training steps take beyond their parameters, each in a process of its own.</summary>
internal static class MemoryBench
{
    public static Command Create()
    {
        LayerOptions layer = new();
        StepOptions step = new();
        BenchOptions options = new();
        Option<string> precision = new("--precision") { Description = BenchPrecision.Description, DefaultValueFactory = _ => "fp32" };
        Option<bool> noReference = new("--no-reference") { Description = "leave the reference out, which needs much memory" };
        Option<bool> noLinear = new("--no-linear") { Description = "leave the linear model of as many parameters out" };
        Command command = new("memory", "The peak memory of layers and training steps, each in a process of its own.");
        layer.AddTo(command);
        step.AddTo(command);
        command.Add(precision);
        command.Add(noReference);
        command.Add(noLinear);
        options.AddTo(command, timed: false, memory: false);
        command.SetAction(parsed =>
        {
            Precision[] precisions = BenchPrecision.Parse(parsed.GetValue(precision)!);
            IReadOnlyList<LayerCase> layers = layer.Read(parsed, precisions);
            IReadOnlyList<StepCase> steps = step.Read(parsed, precisions);
            bool reference = !parsed.GetValue(noReference), linear = !parsed.GetValue(noLinear);
            return options.Run(parsed, session => Print(Measure(session, layers, steps, reference, linear), parsed.GetValue(options.Json)), timed: false);
        });
        return command;
    }

    private static List<Row> Measure(BenchSession session, IReadOnlyList<LayerCase> layers, IReadOnlyList<StepCase> steps, bool reference, bool linear)
    {
        List<Row> rows = [];
        foreach (LayerCase layer in layers)
        {
            string[] names = [.. new[] { LayerContestants.Reference, LayerContestants.Ours, LayerContestants.Linear }.Where(name => reference || name != LayerContestants.Reference)];
            Add(layer.Title, "layer", session.Memory.Measure(layer.Title, names, (name, threads) => new MemoryRequest { Contestant = name, Threads = threads, Layer = layer }));
        }

        foreach (StepCase step in steps)
        {
            string[] names = [.. StepContestants.Trained(step, reference, linear)];
            Add(step.Title, "step", session.Memory.Measure(step.Title, names, (name, threads) => new MemoryRequest { Contestant = name, Threads = threads, Step = step }));
        }

        session.Display.Clear();
        return rows;

        void Add(string title, string what, IReadOnlyDictionary<string, MemoryResult> results) =>
            rows.AddRange(results.Select(entry => new Row(what, title, entry.Key, entry.Value.PeakExtraBytes, entry.Value.BaselineBytes, entry.Value.PeakBytes)));
    }

    private static void Print(List<Row> rows, bool json)
    {
        if (json)
        {
            JsonOutput.Print(new { Cases = rows, Machine = Machine.Current() });
            return;
        }

        foreach (var group in rows.GroupBy(row => row.Case))
        {
            Table table = ResultTable.New("", "peak extra memory", "of ours", "before", "peak of the process");
            long? ours = group.FirstOrDefault(row => row.Contestant == LayerContestants.Ours)?.PeakExtraBytes;
            foreach (Row row in group)
                table.AddRow(row.Contestant, ResultTable.Bytes(row.PeakExtraBytes), ResultTable.Times(row.PeakExtraBytes, ours), ResultTable.Bytes(row.BaselineBytes), ResultTable.Bytes(row.PeakBytes));
            ResultTable.Write($"{group.First().What}: {group.Key}", table);
        }
    }

    private sealed record Row(string What, string Case, string Contestant, long PeakExtraBytes, long BaselineBytes, long PeakBytes);
}
