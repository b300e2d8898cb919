using Kansformers.Kan;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>A model's parameters by what they are in it.</summary>
public static class ParameterGroups
{
    /// <summary>A group for each role that the model has parameters of.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weightDecay">The decay of matrices and KAN functions; by the original's rule embeddings, biases and norms do not decay.</param>
    /// <param name="rules">What is otherwise for some roles; null for nothing.</param>
    /// <returns>Groups in the order of <see cref="ParameterRole"/>, their parameters sorted by name.</returns>
    public static IReadOnlyList<ParameterGroup> Of(nn.Module model, double weightDecay, IReadOnlyList<RoleRule>? rules = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, ParameterRole> roles = Roles(model);
        Dictionary<string, int> parts = RowParts(model);
        return [.. model.named_parameters()
            .OrderBy(entry => entry.name, StringComparer.Ordinal)
            .GroupBy(entry => roles.GetValueOrDefault(entry.name, ParameterRole.Vector), entry => (entry.name, entry.parameter))
            .OrderBy(group => group.Key)
            .Select(group =>
            {
                RoleRule rule = rules?.FirstOrDefault(rule => rule.Role == group.Key) ?? new RoleRule(group.Key);
                return new ParameterGroup(group.Key, [.. group], rule.RateFactor, rule.WeightDecay ?? (Decays(group.Key) ? weightDecay : 0))
                {
                    RowParts = group.Where(entry => parts.ContainsKey(entry.name)).ToDictionary(entry => entry.name, entry => parts[entry.name]),
                };
            })];
    }

    /// <summary>Whether parameters decay by the original's rule: those of linear and KAN layers, biases aside.</summary>
    internal static bool Decays(ParameterRole role) => role is ParameterRole.HiddenMatrix or ParameterRole.Head or ParameterRole.KanFunction;

    /// <summary>
    /// All parameters of groups in the order of the original's two groups: those that decay and then the others, each by name. It decides how sums
    /// over them are rounded, and how checkpoints lie.
    /// </summary>
    internal static IReadOnlyList<GroupedParameter> InOrder(IReadOnlyList<ParameterGroup> groups) =>
        [.. groups.SelectMany(group => group.Parameters.Select(entry => new GroupedParameter(group, entry.Name, entry.Parameter)))
            .OrderBy(entry => !Decays(entry.Group.Role)).ThenBy(entry => entry.Name, StringComparer.Ordinal)];

    // Without biases and norms.
    private static Dictionary<string, ParameterRole> Roles(nn.Module model)
    {
        Dictionary<string, ParameterRole> roles = [];
        HashSet<nn.Module> head = model is TransformerModel { Head: nn.Module top } ? [top, .. top.modules()] : [];
        foreach ((string path, nn.Module module) in model.named_modules().Prepend((string.Empty, model)))
        {
            if (module is not (Linear or LinearLayer or IKanModule or Embedding or IConvolution))
                continue;
            foreach ((string name, Parameter parameter) in module.named_parameters().Where(entry => !entry.name.EndsWith("bias", StringComparison.Ordinal)))
            {
                roles[Full(path, name)] = module switch
                {
                    IConvolution => ParameterRole.Convolution,
                    Embedding => ParameterRole.Embedding,
                    IKanModule layer when layer.PartOf(parameter) is KanPart.Vector => ParameterRole.Vector,
                    IKanModule layer when layer.PartOf(parameter) is not KanPart.Matrix => ParameterRole.KanFunction,
                    _ => head.Contains(module) ? ParameterRole.Head : ParameterRole.HiddenMatrix,
                };
            }
        }

        return roles;
    }

    // The matrices that hold more than one.
    private static Dictionary<string, int> RowParts(nn.Module model)
    {
        Dictionary<string, int> parts = [];
        foreach ((string path, nn.Module module) in model.named_modules().Prepend((string.Empty, model)))
        {
            if (module is LinearLayer { RowParts: > 1 } linear)
                parts[Full(path, "weight")] = linear.RowParts;
            else if (module is KanLinear { RowParts: > 1 } kan)
            {
                foreach ((string name, Parameter _) in kan.named_parameters().Where(entry => ((IKanModule)kan).PartOf(entry.parameter) == KanPart.Matrix))
                    parts[Full(path, name)] = kan.RowParts;
            }
        }

        return parts;
    }

    private static string Full(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
