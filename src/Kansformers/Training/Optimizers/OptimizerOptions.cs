using Kansformers.Runtime;
using TorchSharp.Modules;

namespace Kansformers.Training;

/// <summary>An optimizer and its settings: an entry of <see cref="Optimizers"/>.</summary>
public abstract record OptimizerOptions : ListedOptions<OptimizerOptions>
{
    /// <summary>Names the optimizer.</summary>
    /// <param name="kind">Its name in the list: lower case, words joined by hyphens.</param>
    /// <param name="summary">What it is, in a few words.</param>
    /// <param name="weightDecay">The decoupled weight decay.</param>
    protected OptimizerOptions(string kind, string summary, double weightDecay)
        : base(kind, summary)
    {
        WeightDecay = weightDecay;
    }

    /// <summary>The decoupled decay of the groups that decay (<see cref="ParameterRole"/>), at least 0.</summary>
    public double WeightDecay { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<Setting<OptimizerOptions>> Settings() =>
        [new("weight decay", "decay of linear and KAN weights", WeightDecay, value => this with { WeightDecay = value })];

    /// <inheritdoc/>
    public override void Validate() =>
        Allowed.Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), "weight decay", WeightDecay, "a finite number, at least 0");

    /// <summary>What the optimizer does to one parameter: it may be something else for each role.</summary>
    /// <param name="role">What the parameter is in the model.</param>
    /// <param name="parameter">The parameter.</param>
    /// <param name="rowParts">How many matrices of the same shape lie one below the other in it, as packed query, key and value do; 1 for one.</param>
    /// <returns>The update with the state that a training begins with, to be disposed.</returns>
    public abstract ParameterUpdate CreateUpdate(ParameterRole role, Parameter parameter, int rowParts);
}
