using Kansformers.Runtime;
using TorchSharp.Modules;

namespace Kansformers.Training;

/// <summary>What a parameter is in a model; optimizers may treat each otherwise. By the original's rule the first three decay and the others do not.</summary>
public enum ParameterRole
{
    /// <summary>The weight matrix of a linear layer, or of a KAN layer's base branch.</summary>
    HiddenMatrix,

    /// <summary>The same in the head, which makes logits.</summary>
    Head,

    /// <summary>What shapes the functions of a KAN layer: coefficients, scalers.</summary>
    KanFunction,

    /// <summary>An embedding, a head's tied to it too.</summary>
    Embedding,

    /// <summary>A bias, or a norm's weight.</summary>
    Vector,

    /// <summary>The taps of a convolution of each channel by itself.</summary>
    Convolution,
}

/// <summary>Parameters of one role.</summary>
/// <param name="Role">What they are in the model.</param>
/// <param name="Parameters">The parameters with their full names.</param>
/// <param name="RateFactor">Multiplies the learning rate.</param>
/// <param name="WeightDecay">The decoupled decay.</param>
public sealed record ParameterGroup(
    ParameterRole Role, IReadOnlyList<(string Name, Parameter Parameter)> Parameters, double RateFactor = 1, double WeightDecay = 0)
{
    /// <summary>How many matrices of the same shape lie one below the other in a parameter, by its name; 1 where nothing is said.</summary>
    public IReadOnlyDictionary<string, int> RowParts { get; init; } = new Dictionary<string, int>();

    internal int RowPartsOf(string name) => RowParts.GetValueOrDefault(name, 1);
}

/// <summary>How the parameters of a role learn, when not as others do.</summary>
/// <param name="Role">The role.</param>
/// <param name="RateFactor">Multiplies the learning rate; at least 0, where 0 keeps the parameters as they are.</param>
/// <param name="WeightDecay">The decoupled decay, at least 0; null for the original's rule.</param>
public sealed record RoleRule(ParameterRole Role, double RateFactor = 1, double? WeightDecay = null)
{
    internal static void Validate(IReadOnlyList<RoleRule> rules)
    {
        foreach (RoleRule? rule in rules)
        {
            string role = rule?.Role.ToString() ?? "empty";
            if (rule is null || !Enum.IsDefined(rule.Role))
                throw new KansformersException($"a rule's role is {role}; it must be one of {string.Join(", ", Enum.GetNames<ParameterRole>())}");
            Require($"the rate factor of {role}", rule.RateFactor);
            Require($"the weight decay of {role}", rule.WeightDecay ?? 0);
        }

        if (rules.GroupBy(rule => rule.Role).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new KansformersException($"there are {twice.Count()} rules for {twice.Key}; give one");

        static void Require(string option, double value) =>
            Allowed.Require(value >= 0 && double.IsFinite(value), option, value, "a finite number, at least 0");
    }
}

/// <summary>A parameter with its name and group.</summary>
internal readonly record struct GroupedParameter(ParameterGroup Group, string Name, Parameter Parameter);
