using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What the parts of a model have in common when they are opened for single tokens.</summary>
internal static class TokenDecoders
{
    /// <summary>A linear layer, a head, a stack of KAN layers or a function between layers for single tokens; null where that is not possible.</summary>
    /// <param name="module">The layer.</param>
    /// <param name="largest">How many floats a copy of a layer's weights may take.</param>
    public static ITokenLayer? Open(nn.Module module, long largest) => module switch
    {
        KanStack kan => kan.OpenTokens(largest),
        LinearLayer linear => linear.OpenTokens(),
        TiedHead tied => tied.OpenTokens(),
        KanGate gate => gate.OpenTokens(),
        KanActivation activation => activation.OpenTokens(),
        FixedActivation activation => activation.OpenTokens(),
        _ => null,
    };

    /// <summary>How many floats a copy of a layer's weights may take: where memory is short the weights are read as they are.</summary>
    public static long LargestCopy()
    {
        const int layers = 64; // a copy of every layer of a deep model shall fit
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        return Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes) / sizeof(float) / layers;
    }
}
