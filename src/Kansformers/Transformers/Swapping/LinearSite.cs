using TorchSharp;
using TorchSharp.Modules;

namespace Kansformers.Transformers;

/// <summary>A linear layer found in a module.</summary>
/// <param name="Name">Its name in the module, as in the state dictionary; the first one, where it has several.</param>
/// <param name="Layer">The layer.</param>
public sealed record LinearSite(string Name, Linear Layer)
{
    /// <summary>All its names: more than one where modules share it.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>The module that holds it under its first name.</summary>
    public required torch.nn.Module Parent { get; init; }

    /// <summary>How many modules stand above it: 1 for a layer of the module that was searched itself.</summary>
    public int Depth => Name.AsSpan().Count('.') + 1;

    /// <summary>Its inputs.</summary>
    public long Inputs => Layer.in_features;

    /// <summary>Its outputs.</summary>
    public long Outputs => Layer.out_features;

    /// <summary>Whether it has a bias.</summary>
    public bool HasBias => Layer.bias is not null;

    /// <summary>Whether its weight is not to be learned.</summary>
    public bool IsFrozen => !Layer.weight.requires_grad;

    /// <summary>The name of another parameter that has the memory of its weight or bias, such as an embedding's; null for none.</summary>
    public string? TiedTo { get; init; }
}
