using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Watches which share of the inputs of KAN layers lies outside their grids, where splines cannot act.</summary>
public static class OutsideGrid
{
    /// <summary>Runs a model and reports the share for every KAN layer and learned activation in it.</summary>
    /// <param name="model">Any module with KAN layers or learned activations inside.</param>
    /// <param name="run">Runs the model on representative inputs, once or often.</param>
    /// <returns>Their names and shares from 0 to 1; what saw no input, or has no grid, is left out.</returns>
    public static IReadOnlyList<(string Layer, double Share)> Measure(nn.Module model, Action run)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(run);
        (string Name, nn.Module Module)[] layers =
            [.. model.named_modules().Where(entry => entry.module is KanLinear { Grid: not null } or KanActivation { Options: GridOptions }).Select(entry => (entry.name, entry.module))];
        Dictionary<nn.Module, (double Outside, long Values)> seen = [];
        foreach ((_, nn.Module module) in layers)
        {
            if (module is KanLinear layer)
                layer.Probe = (_, x) => Count(layer, x, layer.Tensors);
            else if (module is KanActivation activation)
                activation.Probe = (_, x) => Count(activation, x, activation.Tensors);
        }

        try
        {
            using var guard = no_grad();
            run();
        }
        finally
        {
            foreach ((_, nn.Module module) in layers)
            {
                if (module is KanLinear layer)
                    layer.Probe = null;
                else if (module is KanActivation activation)
                    activation.Probe = null;
            }
        }

        return [.. layers.Where(entry => seen.ContainsKey(entry.Module)).Select(entry => (entry.Name, seen[entry.Module].Outside / seen[entry.Module].Values))];

        void Count(nn.Module module, Tensor x, KanTensors tensors)
        {
            (double outside, long values) = seen.GetValueOrDefault(module);
            if (x.numel() > 0)
                seen[module] = (outside + ShareOf(x, tensors) * x.numel(), values + x.numel());
        }
    }

    /// <summary>The share of inputs, at least one, that lie outside the grid.</summary>
    /// <param name="x">(tokens, in).</param>
    /// <param name="tensors">The tensors of a kind with a grid.</param>
    internal static double ShareOf(Tensor x, KanTensors tensors)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        GridOptions options = (GridOptions)tensors.Options;
        (Tensor low, Tensor high) = options.Ends(tensors);
        Tensor seen = KanReference.Normalised(x, tensors);
        Tensor inside = seen.ge(low) & (options.IsClosed ? seen.le(high) : seen.lt(high));
        return 1 - inside.to_type(ScalarType.Float64).mean().item<double>();
    }
}
