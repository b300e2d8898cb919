using System.CommandLine;
using System.Globalization;
using System.Numerics;
using TorchSharp;

namespace Kansformers.Cli.Bench;

/// <summary>The options that all measurements have.</summary>
internal sealed class BenchOptions
{
    public readonly Option<double> Seconds = new("--seconds") { Description = "how long to measure each case; what is much slower than the rest runs 3 times, on top of that", DefaultValueFactory = _ => 10 };
    public readonly Option<int?> Threads = new("--threads") { Description = "threads of libtorch and of the engine [default: libtorch's own choice]" };
    public readonly Option<bool> NoMemory = new("--no-memory") { Description = "leave the peak memory out (each is measured in a process of its own)" };
    public readonly Option<bool> Json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };

    public void AddTo(Command command, bool timed = true, bool memory = true)
    {
        foreach (Option option in new Option[] { Seconds, Threads, NoMemory, Json })
        {
            if ((timed || option != Seconds) && (memory || option != NoMemory))
                command.Add(option);
        }
    }

    /// <summary>Runs a measurement: threads set, Ctrl-C heard, progress shown.</summary>
    public int Run(ParseResult parsed, Action<BenchSession> measure, bool timed = true)
    {
        double seconds = timed ? parsed.GetValue(Seconds) : 0;
        if (timed && !(seconds > 0 && double.IsFinite(seconds)))
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--seconds is {seconds}; it must be above 0"));
        int? threads = parsed.GetValue(Threads);
        if (threads < 1)
            throw new UsageException($"--threads is {threads}; it must be at least 1");
        Runtime.LibTorch.Load();
        int before = torch.get_num_threads();
        using Interruption interruption = new();
        using BenchDisplay display = new();
        try
        {
            if (threads is int wanted)
                torch.set_num_threads(wanted);
            torch.random.manual_seed(1);
            measure(new BenchSession(seconds, display, interruption.Token));
            return CommandLineApp.Succeeded;
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    /// <summary>Reads numbers of at least <paramref name="least"/>, joined by commas.</summary>
    public static T[] Numbers<T>(string option, string text, T least)
        where T : struct, IBinaryInteger<T> =>
        [
            .. text.Split(',').Select(word => T.TryParse(word, NumberStyles.Integer, CultureInfo.InvariantCulture, out T value) && value >= least ? value
                : throw new UsageException($"{option} '{text}' must be whole numbers of at least {least}, joined by commas")),
        ];

    public static void RequireAtLeast(string option, long value, long least)
    {
        if (value < least)
            throw new UsageException($"{option} is {value}; it must be at least {least}");
    }
}

/// <summary>What a measurement needs while it runs.</summary>
/// <param name="Seconds">The time for each case.</param>
/// <param name="Display">Where progress goes.</param>
/// <param name="Cancellation">Ctrl-C.</param>
internal sealed record BenchSession(double Seconds, BenchDisplay Display, CancellationToken Cancellation)
{
    public RoundRobin RoundRobin { get; } = new(Seconds, Display, Cancellation);

    public MemoryProbe Memory { get; } = new(Display, Cancellation);
}
