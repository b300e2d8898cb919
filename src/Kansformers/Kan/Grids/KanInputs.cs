using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Shows what enters the KAN layers of a model: for statistics, and as samples for <see cref="KanLinear.UpdateGrid"/> and <see
/// cref="KanLinear.Refine"/>.</summary>
public static class KanInputs
{
    /// <summary>Runs a model, without gradients, and shows the input of each KAN layer in it.</summary>
    /// <param name="model">Any module with KAN layers inside.</param>
    /// <param name="run">Runs the model on representative inputs, once or often.</param>
    /// <param name="seen">
    /// Is told a layer's name in the model, the layer, and its input, (tokens, in), which lives as long as the call. The layer may be run here;
    /// that is not shown.
    /// </param>
    public static void Watch(nn.Module model, Action run, Action<string, KanLinear, Tensor> seen)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(seen);
        (string Name, KanLinear Layer)[] layers = [.. model.named_modules().Where(entry => entry.module is KanLinear).Select(entry =>
            (entry.name, (KanLinear)entry.module))];
        bool showing = false;
        foreach ((string name, KanLinear layer) in layers)
        {
            layer.Probe = (source, x) =>
            {
                if (showing)
                    return;
                showing = true;
                try
                {
                    seen(name, source, x);
                }
                finally
                {
                    showing = false;
                }
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
    }
}
