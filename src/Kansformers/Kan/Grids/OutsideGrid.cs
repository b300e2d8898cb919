using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Watches which share of the inputs of KAN layers lies outside their grids, where splines cannot act.</summary>
public static class OutsideGrid
{
    /// <summary>Runs a model and reports the share for every KAN layer in it.</summary>
    /// <param name="model">Any module with KAN layers inside.</param>
    /// <param name="run">Runs the model on representative inputs, once or often.</param>
    /// <returns>Layer names and shares from 0 to 1; layers that saw no input, or have no grid, are left out.</returns>
    public static IReadOnlyList<(string Layer, double Share)> Measure(nn.Module model, Action run)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(run);
        Dictionary<nn.Module, (double Outside, long Values)> seen = [];
        KanInputs.Watch(model, run, (_, layer, x) =>
        {
            if (layer.Grid is null || x.numel() == 0)
                return;
            (double outside, long values) = seen.GetValueOrDefault(layer);
            seen[layer] = (outside + layer.OutsideShare(x) * x.numel(), values + x.numel());
        });
        return [.. model.named_modules().Where(entry => seen.ContainsKey(entry.module)).Select(entry => (entry.name, seen[entry.module].Outside / seen[entry.module].Values))];
    }
}
