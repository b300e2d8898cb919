using Spectre.Console;

namespace Kansformers.Cli.Bench;

/// <summary><c>bench layer --public</c>: the network of the public KAN benchmark, with its columns and the memory.</summary>
internal static class PublicBench
{
    public static void Run(BenchSession session, bool reference, bool memory, bool json)
    {
        PublicNetwork network = new();
        Machine machine = Machine.Current();
        string title = FormattableString.Invariant($"{network.Inputs} -> {network.Hidden} -> {network.Outputs}, batch {network.Batch}, fp32");
        string[] names = [.. PublicContestants.Names.Where(name => reference || name != LayerContestants.Reference)];
        IReadOnlyDictionary<string, MemoryResult> peaks = memory
            ? session.Memory.Measure(title, names, (name, threads) => new MemoryRequest { Contestant = name, Threads = threads, Network = network })
            : new Dictionary<string, MemoryResult>();
        using PublicContestants contestants = new(network);
        IReadOnlyDictionary<string, Timing> timings = session.RoundRobin.Measure(title, [.. names.Select(name => contestants.Run(name).As(name))]);
        session.Display.Clear();
        var rows = names.Select(name => new
        {
            Variant = name,
            Parameters = contestants.Parameters[name],
            timings[name].ForwardMs,
            timings[name].BackwardMs,
            timings[name].ForwardMinMs,
            timings[name].BackwardMinMs,
            timings[name].Rounds,
            ForwardPeakBytes = peaks.GetValueOrDefault(name)?.ForwardPeakExtraBytes,
            PeakBytes = peaks.GetValueOrDefault(name)?.PeakExtraBytes,
        }).ToArray();
        if (json)
        {
            JsonOutput.Print(new { Network = network, Variants = rows, Machine = machine });
            return;
        }

        Console.WriteLine(machine);
        Table table = ResultTable.New("variant", "parameters", "forward ms", "backward ms", "forward peak", "peak extra memory");
        foreach (var row in rows)
        {
            table.AddRow(
                row.Variant, FormattableString.Invariant($"{row.Parameters:N0}"), ResultTable.Ms(row.ForwardMs), ResultTable.Ms(row.BackwardMs),
                ResultTable.Bytes(row.ForwardPeakBytes), ResultTable.Bytes(row.PeakBytes));
        }

        ResultTable.Write(Environment.NewLine + title, table);
    }
}
