using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The functions of a layer at one moment, or as they would be on another grid.</summary>
/// <param name="Options">The kind and its configuration.</param>
/// <param name="Tensors">The layer's tensors, those of the grid in double precision.</param>
/// <param name="Coefficients">In the layer's type: (out, in, n) without the scaler, or (functions, n) where functions are shared.</param>
internal sealed record GridState(GridOptions Options, KanTensors Tensors, Tensor Coefficients)
{
    /// <summary>The functions as they are; the tensors are the layer's own.</summary>
    public static GridState Of(KanLinear layer)
    {
        GridOptions options = (GridOptions)layer.Options;
        KanTensors tensors = layer.Tensors.Map((role, tensor) => options.GridRoles.Contains(role) ? tensor.detach().to_type(ScalarType.Float64) : tensor.detach());
        return new GridState(options, tensors, StoredCoefficients(tensors));
    }

    /// <summary>What of a layer's tensors a move fits anew, in the order of <see cref="Coefficients"/>.</summary>
    public static Tensor StoredCoefficients(KanTensors tensors) => tensors.IsEdge ? tensors.EngineCoefficients(tensors[KanRole.Coefficients]) : tensors[KanRole.FunctionCoefficients];

    /// <summary>The same on another grid, whose numbers are rounded to what the layer will hold.</summary>
    /// <param name="grid">The tensors of the grid, double.</param>
    /// <param name="options">The configuration, where that is another one too.</param>
    public GridState On(IReadOnlyDictionary<KanRole, Tensor> grid, GridOptions? options = null)
    {
        KanTensors tensors = Tensors.Map((role, tensor) => grid.TryGetValue(role, out Tensor? moved) ? moved.to_type(Coefficients.dtype).to_type(ScalarType.Float64) : tensor);
        return new GridState(options ?? Options, options is null ? tensors : tensors.Under(options), Coefficients);
    }

    /// <summary>The inputs of the layer.</summary>
    public long Inputs => Tensors.InFeatures;

    /// <summary>How many functions, or columns of functions, are fitted on their own: one for each input, or for each group that shares one.</summary>
    public long Units => Tensors.IsEdge ? Inputs : Tensors.Functions;

    /// <summary>The type of products with coefficients: no less than float32.</summary>
    public ScalarType WorkType => Coefficients.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>The basis at points of some of the inputs, (inputs, points, n), double.</summary>
    /// <param name="at">(inputs, points), or (1, points) for all of them where they share the grid.</param>
    /// <param name="inputs">Which inputs.</param>
    public Tensor ValuesAt(Tensor at, Range inputs) => Options.ValuesAt(at, Options.OfInputs(Tensors, inputs));

    /// <summary>Points that tell any two functions apart, where inputs can be: (inputs, points), or (1, points).</summary>
    public Tensor Probes()
    {
        Tensor points = Options.Probes(Tensors);
        return Options.Norm == InputNorm.Tanh ? points.clamp_(-1, 1) : points;
    }

    /// <summary>The rows of some inputs, or the one row that all share.</summary>
    public static Tensor RowsOf(Tensor tensor, Range inputs) => tensor.shape[0] == 1 ? tensor.alias() : tensor[inputs];

    /// <summary>The inputs in parts of which each makes about so many numbers.</summary>
    public IEnumerable<Range> Parts(long numbersEach, long numbers)
    {
        long chunk = Math.Max(1, numbers / Math.Max(1, numbersEach));
        for (long from = 0; from < Inputs; from += chunk)
            yield return new Range((Index)(int)from, (Index)(int)Math.Min(from + chunk, Inputs));
    }
}
