using System.CommandLine;
using Kansformers.Training;
using Spectre.Console;

namespace Kansformers.Cli.Bench;

/// <summary><c>bench step</c>: a whole training step beside the reference's, a linear model's of the same size, and the matrix products alone.</summary>
internal static class StepBench
{
    public static Command Create()
    {
        StepOptions step = new();
        BenchOptions options = new();
        Option<string> precision = new("--precision") { Description = BenchPrecision.Description, DefaultValueFactory = _ => "fp32" };
        Option<bool> noReference = new("--no-reference") { Description = "leave the reference out, which is slow and needs much memory" };
        Option<bool> noLinear = new("--no-linear") { Description = "leave the linear model of as many parameters out" };
        Command command = new("step", "A training step: this library, the reference, a linear model of as many parameters, the matrix products alone.");
        step.AddTo(command);
        command.Add(precision);
        command.Add(noReference);
        command.Add(noLinear);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            IReadOnlyList<StepCase> cases = step.Read(parsed, BenchPrecision.Parse(parsed.GetValue(precision)!));
            bool memory = !parsed.GetValue(options.NoMemory), reference = !parsed.GetValue(noReference), linear = !parsed.GetValue(noLinear), json = parsed.GetValue(options.Json);
            return options.Run(parsed, session => Run(session, cases, reference, linear, memory, json));
        });
        return command;
    }

    private static void Run(BenchSession session, IReadOnlyList<StepCase> cases, bool reference, bool linear, bool memory, bool json)
    {
        Machine machine = Machine.Current();
        if (!json)
            Console.WriteLine(machine);
        List<StepResult> results = [];
        foreach (StepCase step in cases)
        {
            string[] trained = [.. StepContestants.Trained(step, reference, linear)];
            IReadOnlyDictionary<string, MemoryResult> peaks = memory
                ? session.Memory.Measure(step.Title, trained, (name, threads) => new MemoryRequest { Contestant = name, Threads = threads, Step = step })
                : new Dictionary<string, MemoryResult>();
            using StepContestants contestants = new(step);
            StepResult result = new(step, session.RoundRobin.Measure(step.Title, [.. trained.Append(StepContestants.Bound).Select(name => contestants.Make(name))]), peaks);
            results.Add(result);
            session.Display.Clear();
            if (!json)
                Print(result, memory);
        }

        if (json)
            JsonOutput.Print(new { Cases = results, Machine = machine });
    }

    private static void Print(StepResult result, bool memory)
    {
        Table table = ResultTable.New("ms", "forward", "backward", "step", "of ours", "least", "rounds", "tokens/s");
        if (memory)
        {
            table.AddColumn(new TableColumn("peak").RightAligned());
            table.AddColumn(new TableColumn("extra").RightAligned());
        }

        foreach ((string name, Timing timing) in result.Timings)
        {
            bool bound = name == StepContestants.Bound;
            List<string> cells =
            [
                Label(name, result), ResultTable.Ms(timing.ForwardMs), ResultTable.Ms(timing.BackwardMs), ResultTable.Ms(timing.MedianMs),
                ResultTable.Times(timing.MedianMs, result.OursMs), ResultTable.Ms(timing.MinMs), $"{timing.Rounds}",
                bound ? "" : HumanText.Count((long)(1000.0 * result.Batch * result.Block / timing.MedianMs)),
            ];
            if (memory)
                cells.AddRange([ResultTable.Bytes(result.Memory.GetValueOrDefault(name)?.PeakBytes), ResultTable.Bytes(result.Memory.GetValueOrDefault(name)?.PeakExtraBytes)]);
            table.AddRow([.. cells]);
        }

        ResultTable.Write(Environment.NewLine + $"{result.Case.Title}: {HumanText.Count(result.Parameters)} parameters", table);
        Console.WriteLine("backward: with clipping and AdamW" + (memory ? "; peak: of the process; extra: gradients, moments and activations" : ""));
    }

    private static string Label(string name, StepResult result) => name switch
    {
        StepContestants.Bound => "bound (products)",
        StepContestants.Linear => $"linear, {result.MlpWidth} wide",
        _ => name,
    };
}
