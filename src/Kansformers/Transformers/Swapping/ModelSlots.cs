using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A place of a model for a linear layer, which may be a KAN.</summary>
/// <param name="Name">The name that a linear layer has there, which is the same in models of any placement.</param>
/// <param name="Module">What is there: a <see cref="LinearLayer"/>, a <see cref="TiedHead"/> or a <see cref="KanLinear"/>.</param>
/// <param name="Path">Its name in its model.</param>
internal sealed record ModelSlot(string Name, nn.Module Module, string Path)
{
    /// <summary>The slot before it in a feed-forward part of which it is the second layer; null for all others.</summary>
    public string? Expand { get; init; }
}

/// <summary>The places of a model for linear layers.</summary>
internal static class ModelSlots
{
    private const string OneLayer = ".layers.0";

    /// <summary>The slots, in the model's order.</summary>
    public static IReadOnlyList<ModelSlot> Of(TransformerModel model)
    {
        List<ModelSlot> slots = [];
        string[] parts = [.. model.named_modules().Where(entry => entry.module is FeedForward).Select(entry => entry.name)];
        foreach ((string path, nn.Module module) in model.named_modules())
        {
            if (module is not (LinearLayer or TiedHead or KanLinear))
                continue;
            string name = path;
            string? expand = null;
            if (parts.FirstOrDefault(part => path.StartsWith(part + ".", StringComparison.Ordinal)) is string part)
            {
                bool isSecond = path.EndsWith(".c_proj", StringComparison.Ordinal) || path.EndsWith(".layers.1", StringComparison.Ordinal);
                (name, expand) = isSecond ? ($"{part}.c_proj", $"{part}.c_fc") : ($"{part}.c_fc", null);
            }
            else if (path.EndsWith(OneLayer, StringComparison.Ordinal))
            {
                name = path[..^OneLayer.Length];
            }

            slots.Add(new ModelSlot(name, module, path) { Expand = expand });
        }

        return slots;
    }
}
