using System.Text.Json.Serialization;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A kind of KAN layer whose functions stand on a grid: knots of each input, or centres that all inputs share. Such a grid can be moved to where the inputs are
/// (<see cref="KanLinear.UpdateGrid"/>) and made finer (<see cref="KanLinear.Refine"/>), and inputs can lie outside of it (<see cref="KanLinear.OutsideShare"/>).
/// </summary>
public abstract record GridOptions : KanOptions
{
    private protected GridOptions()
    {
    }

    /// <summary>The size of the grid: knot intervals inside the range (at least 1), or centres (at least 2).</summary>
    public int GridSize { get; init; }

    /// <summary>The lower end of the initial grid.</summary>
    public double GridLow { get; init; }

    /// <summary>The upper end of the initial grid.</summary>
    public double GridHigh { get; init; }

    /// <summary>How much of an updated grid is uniform: 1 is wholly uniform, 0 follows the quantiles of the samples.</summary>
    public double GridEps { get; init; }

    /// <summary>
    /// The largest change of an output that a grid update may cause: on the samples as a share of the largest output there (of 1, where that is larger),
    /// anywhere else as a share of the largest output. Positive infinity lets the grid always move all the way, whatever is lost beyond it.
    /// </summary>
    public double GridTolerance { get; init; } = 1e-4;

    /// <summary>Why a grid of this configuration cannot be moved; null where it can.</summary>
    [JsonIgnore]
    internal virtual string? Obstacle => null;

    /// <summary>Why grids of several layers cannot be refined once they have moved; null where they can.</summary>
    [JsonIgnore]
    internal virtual string? ObstacleOfMoved => null;

    /// <inheritdoc/>
    internal override (double Low, double High) FitRange => (GridLow, GridHigh);

    /// <summary>Whether the upper end belongs to the range: not where intervals are half-open.</summary>
    [JsonIgnore]
    internal virtual bool IsClosed => true;

    /// <summary>The tensors that an update moves.</summary>
    [JsonIgnore]
    internal virtual IReadOnlyList<KanRole> GridRoles => [KanRole.Grid];

    /// <summary>Moves a grid in the way of the program that the kind comes from, where that is asked for; else null.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="seen">What the basis sees of the samples, (samples, in).</param>
    /// <param name="margin">How far the uniform part of the new grid reaches beyond the samples.</param>
    internal virtual GridUpdateReport? UpdateAsTheProgram(KanLinear layer, Tensor seen, double margin) => null;

    /// <summary>The grid that samples ask for.</summary>
    /// <param name="seen">What the basis sees of the samples, (samples, in), double.</param>
    /// <param name="here">The tensors of the present grid, double.</param>
    /// <param name="margin">How far the uniform part reaches beyond the samples.</param>
    /// <returns>The tensors of <see cref="GridRoles"/>.</returns>
    internal abstract Dictionary<KanRole, Tensor> GridFor(Tensor seen, KanTensors here, double margin);

    /// <summary>A grid between the present one (share 0) and another one (1), of which no two places coincide.</summary>
    internal abstract Dictionary<KanRole, Tensor> Between(KanTensors here, IReadOnlyDictionary<KanRole, Tensor> wanted, double share);

    /// <summary>The basis at points of each input, in double precision.</summary>
    /// <param name="at">(inputs, points), double.</param>
    /// <param name="tensors">Tensors with the grid, double.</param>
    /// <returns>(inputs, points, n).</returns>
    internal abstract Tensor ValuesAt(Tensor at, KanTensors tensors);

    /// <summary>Points between all places of a grid, and as far beyond as its functions reach, enough to tell any two functions apart; (inputs, points).</summary>
    internal abstract Tensor Probes(KanTensors tensors);

    /// <summary>The ends of the range that the grid covers, (inputs) each, or one for all inputs.</summary>
    internal abstract (Tensor Low, Tensor High) Ends(KanTensors tensors);

    /// <summary>The tensors as far as they belong to some of the inputs.</summary>
    internal virtual KanTensors OfInputs(KanTensors tensors, Range inputs) => tensors;

    /// <summary>Whether float32 holds a grid over a range, what it has beyond included.</summary>
    internal virtual bool Holds(double low, double high) => high - low <= float.MaxValue / 2 && Math.Abs(low) <= float.MaxValue / 2 && Math.Abs(high) <= float.MaxValue / 2;

    /// <summary>The configuration and the tensors of a grid with more functions, on which the functions of the present one exist as well.</summary>
    /// <param name="size">The new <see cref="GridSize"/>.</param>
    /// <param name="tensors">The tensors of the present grid, double.</param>
    internal abstract (GridOptions Options, Dictionary<KanRole, Tensor> Grid) Finer(int size, KanTensors tensors);

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Allowed.Require(GridEps is >= 0 and <= 1, "grid eps", GridEps, "0 to 1");
        Allowed.Require(GridTolerance > 0, "grid tolerance", GridTolerance, "above 0");
    }
}
