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
        Dictionary<nn.Module, (double Outside, long Values)> seen = [];
        KanActivation[] activations = [.. model.modules().OfType<KanActivation>().Where(activation => activation.Options is GridOptions)];
        foreach (KanActivation activation in activations)
            activation.Probe = (source, x) => Count(source, x, source.Tensors);
        try
        {
            KanInputs.Watch(model, run, (_, layer, x) => Count(layer, x, layer.Tensors));
        }
        finally
        {
            Array.ForEach(activations, activation => activation.Probe = null);
        }

        return [.. model.named_modules().Where(entry => seen.ContainsKey(entry.module)).Select(entry => (entry.name, seen[entry.module].Outside / seen[entry.module].Values))];

        void Count(nn.Module module, Tensor x, KanTensors tensors)
        {
            if (tensors.Options is not GridOptions || x.numel() == 0)
                return;
            (double outside, long values) = seen.GetValueOrDefault(module);
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
