using System.Text.Json.Serialization;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// The configuration of a KAN layer: a basis of functions, which edges share a function, and a base branch. Each kind of basis has its own record
/// (<see cref="KanKinds"/> lists them), whose defaults are those of the program that the kind comes from.
/// </summary>
[JsonConverter(typeof(KanOptionsConverter))]
public abstract record KanOptions
{
    private protected KanOptions()
    {
    }

    /// <summary>Which edges share a function.</summary>
    public KanSharing Sharing { get; init; }

    /// <summary>
    /// The function of the base branch, or null for a layer without one. Per edge it has a weight of its own, base_weight[o,i] · act(x_i), and sees the raw input;
    /// where functions are shared it is one more term of them (behind a layer norm, before a tanh), so that the layer keeps the size of a linear one.
    /// </summary>
    public BaseActivation? BaseActivation { get; init; }

    /// <summary>What is done to the inputs before the basis sees them.</summary>
    public InputNorm Norm { get; init; }

    /// <summary>Whether a learned constant is added to each output.</summary>
    public bool Bias { get; init; }

    /// <summary>From which distribution the parameters are drawn.</summary>
    public KanInitialization Initialization { get; init; }

    /// <summary>Whether training leaves edges alone that are pruned, which are those whose coefficients and base weight are all exactly 0. Pruning sets it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Pruned { get; init; }

    /// <summary>The name of the kind, as <c>--kan</c> takes it.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }

    /// <summary>The number of basis functions, n: the coefficients of one edge or of one shared function.</summary>
    [JsonIgnore]
    public abstract int Functions { get; }

    /// <summary>Whether the kind is itself a function with learned parameters (a rational function, say) rather than a basis that coefficients combine.</summary>
    [JsonIgnore]
    internal virtual bool IsFunction => false;

    /// <summary>What the parameters are called.</summary>
    [JsonIgnore]
    internal virtual KanNames Names => KanNames.Shared;

    /// <summary>How the coefficients of edges lie in memory.</summary>
    /// <param name="inFeatures">The layer's inputs.</param>
    /// <param name="outFeatures">The layer's outputs.</param>
    internal virtual CoefficientAxes Axes(long inFeatures, long outFeatures) => CoefficientAxes.Plain(outFeatures, inFeatures, Functions);

    /// <summary>The tensors that the basis itself has: centres, widths, knots, numerators.</summary>
    /// <param name="inFeatures">The layer's inputs.</param>
    /// <param name="functions">The number of shared functions; 0 for edges.</param>
    internal virtual IEnumerable<KanTensor> OwnTensors(long inFeatures, long functions) => [];

    /// <summary>The basis op by op: the plain reference that every kernel is tested against.</summary>
    /// <param name="x">(tokens, in), normalised.</param>
    /// <param name="tensors">The layer's tensors.</param>
    /// <returns>(tokens, in, n), differentiable in x and in the basis' own parameters.</returns>
    internal abstract Tensor Expand(Tensor x, KanTensors tensors);

    /// <summary>Which of the own tensors the kernels read at each call, in that order: all but tables that are made once.</summary>
    [JsonIgnore]
    internal virtual IReadOnlyList<KanRole> KernelParameters => [];

    /// <summary>The kernels that expand inputs in this basis.</summary>
    /// <param name="tensors">The layer's tensors, float32 on the CPU.</param>
    /// <param name="known">The plan of an earlier call of the same layer, or null.</param>
    /// <returns>The plan, or null when no kernel computes this configuration.</returns>
    internal abstract KanPlan? Plan(KanTensors tensors, KanPlan? known);

    /// <summary>Draws the basis' own tensors and the coefficients as the original program does; base weights and biases are drawn already.</summary>
    internal abstract void InitializeOriginal(KanTensors tensors);

    /// <summary>Sets the parameters of a kind that is itself a function to a function that is wanted.</summary>
    internal virtual void StartAs(ActivationStart start, KanTensors tensors) => throw new NotSupportedException();

    /// <summary>Between which inputs a function is fitted to another one.</summary>
    [JsonIgnore]
    internal virtual (double Low, double High) FitRange => (-5, 5);

    /// <summary>Directions of the basis that are smaller beside its largest one count for nothing in such a fit: they would take large numbers that cancel.</summary>
    [JsonIgnore]
    internal virtual double FitCutoff => 1e-4;

    /// <summary>The kind and its size in a few words, for people.</summary>
    public string Summary() => string.Join(", ", ((string[])[Kind, .. SizeWords, Sharing.IsEdge ? "" : $"sharing {Sharing}"]).Where(word => word.Length > 0));

    /// <summary>The learned numbers of a layer of this configuration.</summary>
    /// <param name="inFeatures">The layer's inputs.</param>
    /// <param name="outFeatures">The layer's outputs.</param>
    public long ParameterCount(long inFeatures, long outFeatures) => KanTensors.Describe(this, inFeatures, outFeatures)
        .Where(tensor => tensor.IsLearned).Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size));

    /// <summary>The names, within a layer, of its tensors that are not learned, such as the knots of B-splines.</summary>
    public IReadOnlyList<string> BufferNames() =>
        [.. KanTensors.Describe(Sharing.IsEdge ? this : this with { Sharing = KanSharing.Channel }, 1, 1).Where(tensor => !tensor.IsLearned).Select(tensor => tensor.Name)];

    /// <summary>The columns of a layer's expanded input, which the weight matrix multiplies.</summary>
    /// <param name="inFeatures">The layer's inputs.</param>
    public long ExpandedWidth(long inFeatures) => inFeatures * (Sharing.IsEdge ? Functions + (BaseActivation is null ? 0 : 1) : 1);

    /// <summary>What an exponential, a hyperbolic tangent, a sine counts as in <see cref="ExpansionOperations"/>: a polynomial of about degree 5, and scaling.</summary>
    private protected const double Transcendental = 10;

    /// <summary>Floating-point operations that the values of the basis take at one input: the norm in front, weights and coefficients are not among them.</summary>
    [JsonIgnore]
    internal abstract double ExpansionOperations { get; }

    /// <summary>How many functions of the basis are not 0 at one input: all of them, unless they have narrow supports.</summary>
    [JsonIgnore]
    internal virtual int LiveFunctions => Functions;

    /// <summary>
    /// Floating-point operations of training that the functions of a layer take for each of its inputs and tokens, beside the product of the expanded inputs. The values
    /// of the basis are computed forward and once more backward, and their derivatives as well; with L live functions, a derivative's sum over edges takes 2L operations,
    /// while shared functions take 2L each for the value, the derivative and the gradient of coefficients. A tanh or layer norm in front and a base branch are counted, too.
    /// </summary>
    [JsonIgnore]
    internal double FunctionOperations
    {
        get
        {
            double inFront = (Norm == InputNorm.None ? 0 : Transcendental) + (BaseActivation is null ? 0 : Transcendental);
            int coefficients = IsFunction ? 0 : LiveFunctions;
            return (3 * (ExpansionOperations + inFront)) + (2 * coefficients * (Sharing.IsEdge ? 1 : 3));
        }
    }

    /// <summary>How many of a layer's coefficients no input of one token makes use of.</summary>
    /// <param name="inFeatures">The layer's inputs.</param>
    /// <param name="outFeatures">The layer's outputs.</param>
    internal long IdleCoefficients(long inFeatures, long outFeatures)
    {
        long shared = Sharing.FunctionsOf(inFeatures);
        return shared == 0 ? inFeatures * outFeatures * (Functions - LiveFunctions)
            : IsFunction ? 0 : shared * (Functions - Math.Min(Functions, LiveFunctions * (inFeatures / shared)));
    }

    /// <summary>What says how large the basis is, such as <c>grid size 5</c>.</summary>
    [JsonIgnore]
    internal abstract IEnumerable<string> SizeWords { get; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public virtual void Validate()
    {
        if (BaseActivation is BaseActivation activation)
            Allowed.Require("base activation", activation);
        Allowed.Require("norm", Norm);
        Allowed.Require("initialization", Initialization);
    }
}

/// <summary>What is done to a KAN layer's inputs before the basis sees them.</summary>
public enum InputNorm
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Layer norm with learned weight and bias over the layer's inputs (Ba et al., 2016), as fast-kan has it. The base branch sees the raw input.</summary>
    LayerNorm,

    /// <summary>The hyperbolic tangent, which brings every input between -1 and 1, as ChebyKAN has it. The base branch sees the raw input.</summary>
    Tanh,
}

/// <summary>From which distribution a KAN layer's parameters are drawn.</summary>
public enum KanInitialization
{
    /// <summary>As the program does that the kind comes from.</summary>
    Original,

    /// <summary>
    /// So that inputs of variance 1 give outputs of variance 1: coefficients are normal with variance 1 / (in · Σ_c E[B_c(x)²]) for normal x; with a base
    /// branch each branch gives half. Weight matrices behind shared functions are matched to the functions' gain.
    /// </summary>
    VariancePreserving,
}
