using Kansformers.Runtime;

namespace Kansformers.Cli.Bench;

/// <summary>The measurements of one layer case, as <c>bench layer --json</c> prints them; null is what was not measured.</summary>
internal sealed record LayerResult
{
    public LayerResult(LayerCase layer, bool sparse, IReadOnlyDictionary<string, Timing> timings, IReadOnlyDictionary<string, MemoryResult> memory)
    {
        (Case, Sparse, Timings) = (layer, sparse, timings);
        OursPeakBytes = memory.GetValueOrDefault(LayerContestants.Ours)?.PeakExtraBytes;
        ReferencePeakBytes = memory.GetValueOrDefault(LayerContestants.Reference)?.PeakExtraBytes;
        LinearPeakBytes = memory.GetValueOrDefault(LayerContestants.Linear)?.PeakExtraBytes;
    }

    [System.Text.Json.Serialization.JsonIgnore]
    public LayerCase Case { get; }

    public long In => Case.In;

    public long Out => Case.Out;

    public long Tokens => Case.Tokens;

    public string Kan => Case.Kan;

    public string Sharing => Case.Sharing;

    public int? GridSize => Case.GridSize;

    public int? SplineOrder => Case.SplineOrder;

    public string Precision => Case.Precision.Text();

    /// <summary>Whether ours computed from the live coefficients alone.</summary>
    public bool Sparse { get; }

    public double? DenseMs => Of(LayerContestants.Dense)?.MedianMs;

    public double? SparseMs => Of(LayerContestants.Sparse)?.MedianMs;

    public double? ReferenceMs => Of(LayerContestants.Reference)?.MedianMs;

    public double? OursMs => Of(LayerContestants.Ours)?.MedianMs;

    public double? GemmBoundMs => Of(LayerContestants.Bound)?.MedianMs;

    public double? LinearMs => Of(LayerContestants.Linear)?.MedianMs;

    public double? ReferenceForwardMs => Of(LayerContestants.Reference)?.ForwardMs;

    public double? OursForwardMs => Of(LayerContestants.Ours)?.ForwardMs;

    public double? GemmBoundForwardMs => Of(LayerContestants.Bound)?.ForwardMs;

    public double? LinearForwardMs => Of(LayerContestants.Linear)?.ForwardMs;

    public long? OursPeakBytes { get; }

    public long? ReferencePeakBytes { get; }

    public long? LinearPeakBytes { get; }

    public IReadOnlyDictionary<string, Timing> Timings { get; }

    private Timing? Of(string name) => Timings.GetValueOrDefault(name);
}
