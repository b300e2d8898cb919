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
        (string Name, KanLinear Layer)[] layers = [.. model.named_modules().Where(entry => entry.module is KanLinear { Grid: not null }).Select(entry => (entry.name, (KanLinear)entry.module))];
        Dictionary<KanLinear, (double Outside, long Values)> seen = [];
        foreach ((_, KanLinear layer) in layers)
        {
            layer.Probe = (source, x) =>
            {
                (double outside, long values) = seen.GetValueOrDefault(source);
                if (x.numel() > 0)
                    seen[source] = (outside + source.OutsideShare(x) * x.numel(), values + x.numel());
            };
        }

        try
        {
            using var guard = no_grad();
            run();
        }
        finally
        {
            foreach ((_, KanLinear layer) in layers)
                layer.Probe = null;
        }

        return [.. layers.Where(entry => seen.ContainsKey(entry.Layer)).Select(entry => (entry.Name, seen[entry.Layer].Outside / seen[entry.Layer].Values))];
    }
}
