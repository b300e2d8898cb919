using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A linear layer that learns functions instead of numbers (Liu et al., "KAN: Kolmogorov-Arnold Networks", 2024): with basis functions B,
/// y_o = Σ_i base_weight[o,i] · act(x_i) + Σ_c coefficient[o,i,c] · B_c(x_i) where each edge has its own function, and y = W φ(x), φ_i = Σ_c coefficient[i,c] · B_c,
/// where functions are shared (<see cref="KanOptions.Sharing"/>). The basis, normalisation and base branch are those of its <see cref="Options"/>.
/// </summary>
/// <remarks>
/// <para>Inputs that are NaN give NaN in their token's outputs and nowhere else, on every path and processor. What infinite inputs give stands with each kind; no finite input gives a
/// gradient that is NaN.</para>
/// <para>Parameters and buffers have the names and shapes of the program that the kind comes from; for B-splines <c>base_weight</c> (out, in),
/// <c>spline_weight</c> (out, in, grid size + order), <c>spline_scaler</c> (out, in; with the standalone scaler only) and
/// <c>grid</c> (in, grid size + 2 · order + 1).</para>
/// </remarks>
public sealed partial class KanLinear : nn.Module<Tensor, Tensor>, IHasPrecision, IKanModule
{
    private readonly KanTensor[] _described;
    private KanTensors? _tensors;
    private KanPlan? _plan;

    /// <summary>Creates the layer with initial parameters drawn from torch's global generator.</summary>
    /// <param name="inFeatures">The size of the last dimension of the input, at least 1.</param>
    /// <param name="outFeatures">The size of the last dimension of the output, at least 1.</param>
    /// <param name="options">The kind and its configuration; null takes B-splines with their defaults.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A feature count is below 1.</exception>
    public KanLinear(long inFeatures, long outFeatures, KanOptions? options = null, Device? device = null)
        : base(nameof(KanLinear))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFeatures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outFeatures, 1);
        Options = options ?? new BSplineOptions();
        Options.Validate();
        (InFeatures, OutFeatures) = (inFeatures, outFeatures);
        _described = [.. KanTensors.Describe(Options, inFeatures, outFeatures)];
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        TensorTree.Register(this, _described, device);
        if (device?.type != DeviceType.META) // where tensors have no values
            ResetParameters();
    }

    /// <summary>The layer's configuration.</summary>
    public KanOptions Options { get; }

    /// <summary>The size of the last dimension of the input.</summary>
    public long InFeatures { get; }

    /// <summary>The size of the last dimension of the output.</summary>
    public long OutFeatures { get; }

    /// <summary>The weight of the base branch, (out, in); null where edges have none, or functions are shared.</summary>
    public Parameter? BaseWeight => (Parameter?)Tensors.Find(KanRole.Base);

    /// <summary>
    /// What multiplies the expansion: the coefficients of every edge as the kind stores them (for B-splines (out, in, grid size + order), before scaling), or the
    /// weight matrix behind shared functions, (out, in).
    /// </summary>
    public Parameter Coefficients => (Parameter)Tensors[KanRole.Coefficients];

    /// <summary>The factor of each spline, (out, in), or null without the standalone scaler.</summary>
    public Parameter? Scaler => (Parameter?)Tensors.Find(KanRole.Scaler);

    /// <summary>The knots of each input in ascending order, (in, knots), or the centres of all inputs, (n); null for a kind without a grid.</summary>
    public Tensor? Grid => Tensors.Find(KanRole.Grid);

    /// <summary>Computes by plain torch operations instead of the fast engine: for tests and baselines.</summary>
    public bool UseReference { get; set; }

    /// <summary>How the engine computes the products. Where it multiplies only the live coefficients (large grids, a few tokens) that is float32 always; torch operations (<see cref="UseReference"/>, other devices) take the parameters' own type.</summary>
    public Precision Precision { get; set; }

    /// <summary>What the engine takes into account, and what tests and measurements ask of it.</summary>
    public EngineSettings Engine { get; set; } = EngineSettings.OfThisMachine;

    /// <summary>How many matrices lie one below the other in the base weight, or in the weight behind shared functions: an optimizer that looks at whole matrices takes each apart.</summary>
    internal int RowParts { get; set; } = 1;

    /// <summary>Called with the layer's input, (tokens, in), at each forward pass; statistics use it.</summary>
    internal Action<KanLinear, Tensor>? Probe { get; set; }

    /// <summary>Called with the layer's output, (tokens, out), as it stands in autograd's graph; set beside <see cref="Probe"/> alone.</summary>
    internal Action<KanLinear, Tensor>? Tap { get; set; }

    /// <summary>The name, in the layer, of a tensor that it has.</summary>
    internal string NameOf(KanRole role) => _described.First(tensor => tensor.Role == role).Name;

    /// <summary>The tensors by what they are to the layer.</summary>
    internal KanTensors Tensors => _tensors ??= new KanTensors(Options, InFeatures, OutFeatures, TensorTree.Find(this, _described));

    /// <inheritdoc/>
    /// <param name="input">Any leading dimensions, the last of size <see cref="InFeatures"/>.</param>
    /// <returns>The same leading dimensions, the last of size <see cref="OutFeatures"/>.</returns>
    /// <exception cref="ArgumentException">The last dimension is of another size.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        Tensor x = Flatten(input);
        Probe?.Invoke(this, x);
        Tensor y = Open(x) is EngineLayer layer ? KanEngine.Forward(layer, x) : KanReference.Forward(x, Tensors);
        Tap?.Invoke(this, y);
        return y.reshape([.. input.shape[..^1], OutFeatures]).MoveToOuterDisposeScope();
    }

    /// <summary>Draws the parameters anew, from torch's global generator and the distribution of <see cref="KanOptions.Initialization"/>.</summary>
    public void ResetParameters()
    {
        using var guard = no_grad();
        KanInitialState.Draw(Tensors);
    }

    KanPart IKanModule.PartOf(Parameter parameter) => IKanModule.PartOf(Tensors, parameter);

    /// <summary>Whether <see cref="OpenChunks"/> can compute the layer for such an input.</summary>
    internal bool RunsInChunks(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Open(x) is not null;
    }

    /// <summary>The parameters, in the order of the gradients that <see cref="OpenChunks"/> finds.</summary>
    internal IReadOnlyList<Parameter> ChunkParameters => KanChunks.ParametersOf(Tensors);

    /// <summary>The layer, opened for a pass over chunks of at most so many tokens of which all gradients are wanted that parameters ask for.</summary>
    internal IChunkedLayer OpenChunks(long tokens) => new KanChunks(OpenAlways(), tokens);

    /// <summary>The layer, opened for single tokens while its parameters stay as they are; null where the engine does not compute it.</summary>
    /// <param name="largest">How many floats a copy of its weights may take.</param>
    internal ITokenLayer? OpenTokens(long largest) =>
        !UseReference && Probe is null && KanEngine.FitsAll(Tensors) && EngineLayer.Of(Tensors, Precision, Engine, ref _plan) is EngineLayer layer ? FewTokens.Open(layer, largest) : null;

    /// <summary>The engine's path that computes so many tokens: what a measurement measures.</summary>
    /// <param name="tokens">The rows of the input, all leading dimensions together.</param>
    /// <param name="gradients">Whether a backward pass follows.</param>
    /// <exception cref="InvalidOperationException">The engine does not compute this layer: it is on another device or of another type.</exception>
    public EnginePath PathOf(long tokens, bool gradients)
    {
        using var scope = NewDisposeScope();
        return EnginePaths.Choose(OpenAlways(), tokens, gradients);
    }

    /// <inheritdoc/>
    protected override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => Forget(base._to(device, dtype, non_blocking));

    /// <inheritdoc/>
    protected override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => Forget(base._to(deviceType, deviceIndex, non_blocking));

    /// <inheritdoc/>
    protected override nn.Module _to(ScalarType dtype, bool non_blocking) => Forget(base._to(dtype, non_blocking));

    // The tensors that the module holds now are others.
    private nn.Module Forget(nn.Module module)
    {
        (_tensors, _plan) = (null, null);
        return module;
    }

    private EngineLayer OpenAlways() => EngineLayer.Of(Tensors, Precision, Engine, ref _plan) ?? throw new InvalidOperationException("no kernel computes this layer");

    private EngineLayer? Open(Tensor x) => UseReference || !KanEngine.Fits(x, Tensors) ? null : EngineLayer.Of(Tensors, Precision, Engine, ref _plan);

    private Tensor Flatten(Tensor input)
    {
        if (input.dim() < 1 || input.shape[^1] != InFeatures)
            throw new ArgumentException($"the input has shape ({string.Join(", ", input.shape)}); its last dimension must be {InFeatures}", nameof(input));
        return input.reshape(-1, InFeatures);
    }
}
