using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>
/// A layer of a model whose functions are learned, of whatever kind: a <see cref="KanLinear"/> with a function for each edge, one whose edges share functions, or a
/// <see cref="KanActivation"/>. It gives the functions as curves; what enters them and how much each does, <see cref="FunctionReader"/> measures on a corpus.
/// </summary>
public sealed class FunctionLayer
{
    private FunctionLayer(string name, nn.Module module, KanTensors tensors, bool hasMatrix) => (Name, Module, _known, HasMatrix) = (name, module, tensors, hasMatrix);

    private readonly KanTensors _known;

    /// <summary>The layer's name in its model.</summary>
    public string Name { get; }

    /// <summary>The kind and its configuration.</summary>
    public KanOptions Options => _known.Options;

    /// <summary>The size of the last dimension of the input.</summary>
    public int Inputs => (int)_known.InFeatures;

    /// <summary>The size of the last dimension of the output.</summary>
    public int Outputs => (int)_known.OutFeatures;

    /// <summary>Whether every edge has a function of its own.</summary>
    public bool IsEdge => _known.IsEdge;

    /// <summary>Whether a weight matrix stands behind shared functions, as in y = W φ(x).</summary>
    public bool HasMatrix { get; }

    /// <summary>How many functions there are: inputs · outputs for edges.</summary>
    public long Functions => IsEdge ? (long)Inputs * Outputs : _known.Functions;

    /// <summary>
    /// Whether curves are functions of what the layer norm in front gives, and not of the input itself. The base branch of an edge, which sees the raw input, is then no part of its curve.
    /// </summary>
    public bool IsNormed => Options.Norm == InputNorm.LayerNorm;

    /// <summary>Every layer of a model whose functions are learned, in the order in which the model names them.</summary>
    /// <param name="model">Any module with such layers inside, or such a layer, whose name is then empty.</param>
    public static IReadOnlyList<FunctionLayer> Of(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return
        [
            .. model.named_modules().Prepend(("", model)).Select(entry => (entry.Item1, entry.Item2) switch
            {
                (string name, KanLinear linear) => new FunctionLayer(name, linear, linear.Tensors, !linear.Tensors.IsEdge),
                (string name, KanActivation activation) => new FunctionLayer(name, activation, activation.Tensors, false),
                _ => null,
            }).OfType<FunctionLayer>(),
        ];
    }

    /// <summary>All functions that edges share, or the edges of one output.</summary>
    /// <param name="output">The output whose edges are wanted; without effect where functions are shared.</param>
    public IEnumerable<FunctionPlace> Places(int output) =>
        IsEdge ? Enumerable.Range(0, Inputs).Select(input => new FunctionPlace(input, output)) : Enumerable.Range(0, (int)Functions).Select(index => new FunctionPlace(index));

    /// <summary>The inputs that enter a function: the first, and how many.</summary>
    /// <param name="place">Which function.</param>
    /// <exception cref="ArgumentOutOfRangeException">The layer has no such function.</exception>
    public (int First, int Count) InputsOf(FunctionPlace place)
    {
        Require(place);
        int each = IsEdge ? 1 : Inputs / (int)Functions;
        return (place.Index * each, each);
    }

    /// <summary>Says which function it is, in words.</summary>
    /// <param name="place">Which function.</param>
    public string Describe(FunctionPlace place)
    {
        (int first, int count) = InputsOf(place);
        return IsEdge ? FormattableString.Invariant($"input {place.Index} to output {place.Output}")
            : count == 1 ? FormattableString.Invariant($"channel {place.Index}")
            : FormattableString.Invariant($"group {place.Index}, channels {first} to {first + count - 1}");
    }

    /// <summary>A function's values, computed in double precision.</summary>
    /// <param name="place">Which function.</param>
    /// <param name="x">Where: inputs, or behind a layer norm what that gives (<see cref="IsNormed"/>).</param>
    /// <param name="part">Which part of it.</param>
    /// <returns>As many values.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The layer has no such function.</exception>
    public double[] Values(FunctionPlace place, ReadOnlySpan<double> x, CurvePart part = CurvePart.Whole)
    {
        Require(place);
        return x.Length == 0 ? [] : CurveValues.Of(Tensors, place, x.ToArray(), part);
    }

    /// <summary>The ends of the grid that a function stands on, in what <see cref="Values"/> takes; null for a kind without a grid. Behind a tanh an end may be infinitely far.</summary>
    /// <param name="place">Which function.</param>
    /// <exception cref="ArgumentOutOfRangeException">The layer has no such function.</exception>
    public (double Low, double High)? GridOf(FunctionPlace place)
    {
        (int first, _) = InputsOf(place);
        if (Options is not GridOptions options)
            return null;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (Tensor low, Tensor high) = options.Ends(Tensors);
        return (At(low), At(high));

        double At(Tensor ends)
        {
            double end = ends[Math.Min(first, (int)ends.shape[0] - 1)].to_type(ScalarType.Float64).item<double>();
            return Options.Norm != InputNorm.Tanh ? end : Math.Abs(end) >= 1 ? Math.Sign(end) * double.PositiveInfinity : Math.Atanh(end);
        }
    }

    /// <summary>Whether an edge is pruned: its coefficients and its base weight are all 0. Functions that edges share never are.</summary>
    /// <param name="place">Which function.</param>
    /// <exception cref="ArgumentOutOfRangeException">The layer has no such function.</exception>
    public bool IsPruned(FunctionPlace place)
    {
        Require(place);
        if (!IsEdge)
            return false;
        using var scope = NewDisposeScope();
        return !EdgeWeights.Stored(Tensors, place.Index, 1)[0, place.Output!.Value].ne(0).any().item<bool>();
    }

    /// <summary>How many edges are pruned.</summary>
    public long PrunedEdges => IsEdge ? PrunedEdgesOf(Tensors) : 0;

    /// <summary>Takes a function out of its layer until what this gives is disposed: to measure what the model does without it.</summary>
    /// <param name="place">Which function.</param>
    /// <returns>What puts it back, to the bit.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The layer has no such function.</exception>
    public IDisposable Without(FunctionPlace place)
    {
        Require(place);
        return new RemovedFunction(Tensors, place);
    }

    /// <summary>The module itself.</summary>
    /// <summary>A function's name where there is little room.</summary>
    internal string ShortName(FunctionPlace place) => FormattableString.Invariant($"{(IsEdge ? $"{place.Index} → {place.Output}" : Functions == Inputs ? $"channel {place.Index}" : $"group {place.Index}")}");

    internal nn.Module Module { get; }

    /// <summary>The tensors as they are now.</summary>
    internal KanTensors Tensors => Module is KanLinear linear ? linear.Tensors : ((KanActivation)Module).Tensors;

    private static long PrunedEdgesOf(KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        return Kan.PrunedEdges.Of(tensors).sum().item<long>();
    }

    private void Require(FunctionPlace place)
    {
        bool exists = place.Output is int output ? IsEdge && output >= 0 && output < Outputs && place.Index >= 0 && place.Index < Inputs : !IsEdge && place.Index >= 0 && place.Index < Functions;
        if (!exists)
            throw new ArgumentOutOfRangeException(nameof(place), place, $"the layer {Name} has {(IsEdge ? $"edges from {Inputs} inputs to {Outputs} outputs" : $"{Functions} shared functions")}");
    }
}
