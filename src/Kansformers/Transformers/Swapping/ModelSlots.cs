using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A place of a model for a linear layer, which may be a KAN.</summary>
/// <param name="Name">The name that a linear layer has there, which is the same in models of any placement.</param>
/// <param name="Module">What is there: a <see cref="LinearLayer"/>, a <see cref="TiedHead"/> or a <see cref="KanLinear"/>.</param>
/// <param name="Path">Its name in its model.</param>
internal sealed record ModelSlot(string Name, nn.Module Module, string Path)
{
    /// <summary>The slot from which it takes its inputs, where at most an activation stands between the two; null for all others.</summary>
    public string? Follows { get; init; }

    /// <summary>The activation between the two, outside of both.</summary>
    public BaseActivation Between { get; init; } = BaseActivation.Identity;
}

/// <summary>The places of a model for linear layers.</summary>
internal static class ModelSlots
{
    // What the path of a KAN layer ends with, and the name of a linear layer there: of feed-forward parts, then of a place for one layer.
    private static readonly (string Kan, string Linear)[] Endings = [(".kan.layers.0", ".c_fc"), (".kan.layers.1", ".c_proj"), (".layers.0", "")];

    /// <summary>The slots, in the model's order.</summary>
    public static IReadOnlyList<ModelSlot> Of(TransformerModel model)
    {
        Dictionary<string, (string First, BaseActivation Between)> seconds = [];
        foreach ((string path, IHasActivation part) in Parts(model))
        {
            if (part.Names.Second is string second)
                seconds[$"{path}.{second}"] = ($"{path}.{part.Names.First}", part.Between);
        }

        List<ModelSlot> slots = [];
        foreach ((string path, nn.Module module) in model.named_modules())
        {
            if (module is not (LinearLayer or TiedHead or KanLinear))
                continue;
            string name = NameOf(path);
            slots.Add(seconds.TryGetValue(name, out (string First, BaseActivation Between) before)
                ? new ModelSlot(name, module, path) { Follows = before.First, Between = before.Between } : new ModelSlot(name, module, path));
        }

        return slots;
    }

    /// <summary>The parts in which activations stand between layers, or would if the layers were linear.</summary>
    public static IEnumerable<(string Path, IHasActivation Part)> Parts(TransformerModel model) =>
        model.named_modules().Where(entry => entry.module is IHasActivation).Select(entry => (entry.name, (IHasActivation)entry.module));

    private static string NameOf(string path) =>
        Endings.Where(ending => path.EndsWith(ending.Kan, StringComparison.Ordinal)).Select(ending => path[..^ending.Kan.Length] + ending.Linear).FirstOrDefault(path);
}
