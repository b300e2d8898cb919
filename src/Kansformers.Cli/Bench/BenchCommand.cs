using System.CommandLine;

namespace Kansformers.Cli.Bench;

/// <summary><c>bench layer|step|decode|memory</c>: how fast and how large the library is on the user's own machine, beside what it is compared with.</summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench", "Measure layers, training steps, text generation and memory on this machine, side by side with what they are compared with.")
    {
        LayerBench.Create(),
        StepBench.Create(),
        DecodeBench.Create(),
        MemoryBench.Create(),
        MemoryChild.Create(),
    };
}
