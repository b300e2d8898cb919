using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Which parameters weight decay pulls towards zero, by the original's rule.</summary>
public static class ParameterGroups
{
    /// <summary>
    /// Weights of linear and KAN layers (base weight, spline weight, spline scaler) decay; biases, layer norms and embeddings do not.
    /// </summary>
    /// <returns>Both groups with full names, each sorted by name as the original sorted them.</returns>
    public static (IReadOnlyList<(string Name, Parameter Parameter)> Decay, IReadOnlyList<(string Name, Parameter Parameter)> NoDecay) Split(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        HashSet<string> decaying = [];
        foreach ((string path, nn.Module layer) in module.named_modules().Append((string.Empty, module)))
        {
            if (layer is not (Linear or LinearLayer or KanLinear))
                continue;
            foreach ((string name, Parameter _) in layer.named_parameters(recurse: false))
            {
                if (!name.EndsWith("bias", StringComparison.Ordinal))
                    decaying.Add(path.Length == 0 ? name : $"{path}.{name}");
            }
        }

        (string Name, Parameter Parameter)[] all = [.. module.named_parameters().OrderBy(entry => entry.name, StringComparer.Ordinal)];
        return ([.. all.Where(entry => decaying.Contains(entry.Name))], [.. all.Where(entry => !decaying.Contains(entry.Name))]);
    }
}
