using System.Globalization;
using Kansformers.Checkpoints;
using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What is to become of a model's linear layers.</summary>
public sealed record KanModelPlan
{
    /// <summary>Which layers become KANs; those that are KANs already stay so.</summary>
    public KanPlacement Placement { get; init; } = KanPlacement.Mlp;

    /// <summary>The kind of all KAN layers and its configuration.</summary>
    public KanOptions Kan { get; init; } = new BSplineOptions();

    /// <summary>What becomes of activations between layers that become KANs.</summary>
    public KanActivations Activations { get; init; } = KanActivations.Inside;

    /// <summary>Whether the configuration is changed to one that is exact (<see cref="KanConversion.Suited"/>), where the model has linear layers alone; otherwise what it cannot compute exactly is fitted.</summary>
    public bool Suit { get; init; } = true;

    /// <summary>Token ids, int64, (B, T) each, on which layers are calibrated and the models compared; null for none: then they are compared on random tokens.</summary>
    public IReadOnlyList<Tensor>? Calibration { get; init; }

    /// <summary>How many inputs of each layer a calibration keeps, at least 1.</summary>
    public int CalibrationRows { get; init; } = 2048;
}

/// <summary>A model made of another one, layer by layer.</summary>
/// <param name="Model">The new model; whoever asked for it disposes it.</param>
/// <param name="Layers">What became of each linear or KAN layer.</param>
/// <param name="Changes">What became of each tensor.</param>
public sealed record ModelSwap(TransformerModel Model, IReadOnlyList<SwapResult> Layers, IReadOnlyList<TensorChange> Changes)
{
    /// <summary>The largest difference between the outputs of both models, on the calibration's tokens.</summary>
    public double LargestLogitDifference { get; init; }

    /// <summary>The largest output of the model that there was.</summary>
    public double LargestLogit { get; init; }

    /// <summary>On how many tokens that was measured.</summary>
    public long Tokens { get; init; }

    /// <summary>Whether the tokens were a calibration's, rather than random ones.</summary>
    public bool IsCalibrated { get; init; }

    /// <summary>What else there is to say, a line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The whole in a line.</summary>
    public string Summary() => string.Create(CultureInfo.InvariantCulture,
        $"{Layers.Count(layer => layer.Reason is null)} of {Layers.Count} layers became others; largest logit difference {LargestLogitDifference:g2} of {LargestLogit:g3} on {Tokens} {(IsCalibrated ? "" : "random ")}tokens");
}
