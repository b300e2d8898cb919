using System.IO.Enumeration;
using Kansformers.Kan;
using TorchSharp;

namespace Kansformers.Transformers;

/// <summary>Which linear layers of a module become KAN layers, of which kind, and with what parameters. What is not set chooses every layer.</summary>
public sealed record SwapPolicy
{
    /// <summary>The kind of the KAN layers and its configuration.</summary>
    public KanOptions Kan { get; init; } = new BSplineOptions();

    /// <summary>A kind for each layer; null for <see cref="Kan"/> everywhere.</summary>
    public Func<LinearSite, KanOptions>? KanOf { get; init; }

    /// <summary>With what the KAN layers begin.</summary>
    public SwapStart Start { get; init; }

    /// <summary>
    /// With <see cref="SwapStart.SameFunction"/> whether the configuration is changed to one that is exact (<see cref="KanConversion.Suited"/>); otherwise it stays, and
    /// what it cannot compute exactly is fitted.
    /// </summary>
    public bool Suit { get; init; } = true;

    /// <summary>Names of layers, with <c>*</c> for any characters and <c>?</c> for one, as in <c>*.mlp.*</c>; a layer takes part when one of its names fits one of them.</summary>
    public IReadOnlyList<string> Names { get; init; } = ["*"];

    /// <summary>Names of layers that stay, whatever else is said.</summary>
    public IReadOnlyList<string> Except { get; init; } = [];

    /// <summary>Types of the modules that hold the layers, types below them included; none for any.</summary>
    public IReadOnlyList<Type> Parents { get; init; } = [];

    /// <summary>The fewest weights (inputs times outputs) of a layer that takes part.</summary>
    public long SmallestWeight { get; init; }

    /// <summary>The most weights of a layer that takes part.</summary>
    public long LargestWeight { get; init; } = long.MaxValue;

    /// <summary>The least depth of a layer that takes part: 1 is a layer of the module itself.</summary>
    public int LeastDepth { get; init; } = 1;

    /// <summary>The greatest depth of a layer that takes part.</summary>
    public int GreatestDepth { get; init; } = int.MaxValue;

    /// <summary>What else a layer must be to take part; null for nothing.</summary>
    public Func<LinearSite, bool>? Where { get; init; }

    /// <summary>What becomes of a layer whose weight or bias is also another module's parameter.</summary>
    public TiedLayers Tied { get; init; }

    /// <summary>What becomes of a layer whose parameters are not learned.</summary>
    public FrozenLayers Frozen { get; init; }

    /// <summary>
    /// Runs the module on representative inputs, once or often, without gradients and in evaluation mode: grids are put where the layers' inputs are, and functions fitted
    /// there. Null for no calibration.
    /// </summary>
    public Action? Calibrate { get; init; }

    /// <summary>How many inputs of each layer a calibration keeps, at least 1.</summary>
    public int CalibrationRows { get; init; } = 2048;

    /// <summary>Whether the linear layers are disposed once all are replaced, so that whatever still holds one fails rather than goes on with stale weights.</summary>
    public bool DisposeReplaced { get; init; } = true;

    /// <summary>Why a layer does not take part; null when it does.</summary>
    internal string? Objection(LinearSite site)
    {
        long size = site.Inputs * site.Outputs;
        return !site.Names.Any(name => Fits(Names, name)) ? "its name fits no pattern of the policy"
            : site.Names.Any(name => Fits(Except, name)) ? "its name is excepted"
            : Parents.Count > 0 && !Parents.Any(type => type.IsInstanceOfType(site.Parent)) ? $"it is held by a {site.Parent.GetType().Name}"
            : size < SmallestWeight || size > LargestWeight ? $"it has {size} weights"
            : site.Depth < LeastDepth || site.Depth > GreatestDepth ? $"it is at depth {site.Depth}"
            : Where?.Invoke(site) is false ? "the policy's function says no"
            : Tied == TiedLayers.Skip && site.TiedTo is string other ? $"its parameters are those of '{other}' as well"
            : Frozen == FrozenLayers.Skip && site.IsFrozen ? "it is frozen"
            : null;
    }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(CalibrationRows, 1);
        if (!Enum.IsDefined(Start) || !Enum.IsDefined(Tied) || !Enum.IsDefined(Frozen))
            throw new ArgumentException($"unknown rule in ({Start}, {Tied}, {Frozen})");
        Kan.Validate();
    }

    private static bool Fits(IReadOnlyList<string> patterns, string name) => patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));
}

/// <summary>With what parameters a KAN layer begins that replaces a linear one.</summary>
public enum SwapStart
{
    /// <summary>Those with which it computes what the linear layer computed, as nearly as it can.</summary>
    SameFunction,

    /// <summary>New ones, from torch's global generator.</summary>
    Fresh,
}

/// <summary>What becomes of linear layers that share parameters with other modules.</summary>
public enum TiedLayers
{
    /// <summary>They stay.</summary>
    Skip,

    /// <summary>They become KAN layers with copies of the parameters, and are tied no longer.</summary>
    Copy,
}

/// <summary>What becomes of linear layers whose parameters are not learned.</summary>
public enum FrozenLayers
{
    /// <summary>They become KAN layers that are not learned: what a frozen weight became, and all functions beside it, is frozen, and a bias is as it was.</summary>
    Keep,

    /// <summary>They stay linear.</summary>
    Skip,

    /// <summary>They become KAN layers that are learned.</summary>
    Train,
}
