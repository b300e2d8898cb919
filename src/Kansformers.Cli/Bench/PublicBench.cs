using Kansformers.Pictures;
using Spectre.Console;

namespace Kansformers.Cli.Bench;

/// <summary><c>bench layer --public</c>: the network of the public KAN benchmark in every kind of KAN layer, with its columns and the memory.</summary>
internal static class PublicBench
{
    /// <summary>Measures and prints.</summary>
    /// <param name="session">What measures.</param>
    /// <param name="networks">The network in each kind.</param>
    /// <param name="wanted">What is measured beside ours, and how it is shown.</param>
    public static void Run(BenchSession session, IReadOnlyList<PublicNetwork> networks, LayerReport wanted)
    {
        PublicNetwork size = new();
        Machine machine = Machine.Current();
        string title = FormattableString.Invariant($"{size.Inputs} -> hidden -> {size.Outputs}, batch {size.Batch}, fp32");
        string[] variants = wanted.Reference ? [LayerContestants.Ours, LayerContestants.Reference] : [LayerContestants.Ours];
        PublicResult[] results =
        [
            .. networks.SelectMany(network => variants.Select(variant => new PublicResult(network, variant))).DistinctBy(result => result.Name),
            new(size.ForMlp(), PublicContestants.Mlp),
        ];
        if (wanted.Memory)
            results = [.. results.Select(result => WithMemory(session, result))];
        results = WithTimes(session, title, results);
        session.Display.Clear();
        if (wanted.Json)
        {
            JsonOutput.Print(new { Network = new { size.Batch, size.Inputs, size.Hidden, size.Outputs }, Variants = results, Machine = machine });
        }
        else
        {
            Console.WriteLine(machine);
            Print(title, results);
        }

        if (wanted.Plot is string plot)
            PictureFile.Write(plot, KindPlot.Paint("The public KAN benchmark's network in every kind", $"{title}; {machine}", Rows(results)));
    }

    private static PublicResult WithMemory(BenchSession session, PublicResult result)
    {
        MemoryResult? peak = session.Memory.Measure(result.Name, [result.Variant], (name, threads) => new MemoryRequest { Contestant = name, Threads = threads, Network = result.Network })
            .GetValueOrDefault(result.Variant);
        return result with { ForwardPeakBytes = peak?.ForwardPeakExtraBytes, PeakBytes = peak?.PeakExtraBytes };
    }

    private static PublicResult[] WithTimes(BenchSession session, string title, PublicResult[] results)
    {
        using PublicContestants contestants = new(new PublicNetwork());
        List<Contestant> runs = [];
        for (int i = 0; i < results.Length; i++)
        {
            runs.Add(contestants.Run(results[i].Network, results[i].Variant, out long parameters).As(results[i].Name));
            results[i] = results[i] with { Parameters = parameters };
        }

        IReadOnlyDictionary<string, Timing> timings = session.RoundRobin.Measure(title, runs);
        return [.. results.Select(result => result with { Timing = timings[result.Name] })];
    }

    private static void Print(string title, IReadOnlyList<PublicResult> results)
    {
        Table table = ResultTable.New("", "hidden", "parameters", "forward ms", "reference", "backward ms", "reference", "forward peak", "reference", "peak", "reference");
        foreach (var kind in results.GroupBy(result => result.Title))
        {
            PublicResult first = kind.First();
            PublicResult? reference = kind.FirstOrDefault(result => result.Variant == LayerContestants.Reference);
            table.AddRow(
                kind.Key, $"{first.Hidden}", FormattableString.Invariant($"{first.Parameters / 1e6:0.00} M"),
                ResultTable.Ms(first.ForwardMs), ResultTable.Ms(reference?.ForwardMs), ResultTable.Ms(first.BackwardMs), ResultTable.Ms(reference?.BackwardMs),
                ResultTable.Bytes(first.ForwardPeakBytes), ResultTable.Bytes(reference?.ForwardPeakBytes), ResultTable.Bytes(first.PeakBytes), ResultTable.Bytes(reference?.PeakBytes));
        }

        ResultTable.Write(Environment.NewLine + title, table);
    }

    private static IEnumerable<KindPlotRow> Rows(IReadOnlyList<PublicResult> results)
    {
        PublicResult mlp = results[^1];
        foreach (var kind in results.Where(result => result.Kan is not null).GroupBy(result => result.Title))
        {
            PublicResult ours = kind.First();
            PublicResult? reference = kind.FirstOrDefault(result => result.Variant == LayerContestants.Reference);
            yield return new KindPlotRow(
                kind.Key, new(ours.Timing?.MedianMs, reference?.Timing?.MedianMs, mlp.Timing?.MedianMs), new(ours.PeakBytes, reference?.PeakBytes, mlp.PeakBytes));
        }
    }
}
