using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>As which function a learned activation begins.</summary>
public enum ActivationStart
{
    /// <summary>As the functions of a <see cref="KanLinear"/> of the same options begin, with their noise.</summary>
    Kind,

    /// <summary>x · sigmoid(x), as nearly as the kind comes.</summary>
    Silu,

    /// <summary>x, as nearly as the kind comes.</summary>
    Identity,
}

/// <summary>
/// An activation that is learned: y_j = φ_g(j)(x_j), element by element over the last dimension. It is what stands before the weight matrix of a
/// <see cref="KanLinear"/> whose functions are shared, y = W φ(x), without that matrix: of any kind, a function for each channel or group of adjacent channels.
/// </summary>
/// <remarks>
/// <para>Parameters and buffers have the names of such a layer: <c>function_weight</c> (functions, n), <c>function_base</c> (functions) with a base activation,
/// <c>weight_numerator</c> and <c>weight_denominator</c> of rational functions, <c>grid</c> of B-splines, and so on. <see cref="KanOptions.Bias"/> belongs to the
/// matrix and means nothing here, nor do <see cref="KanOptions.Initialization"/> and the scaler of B-splines.</para>
/// <para>A parameter whose <c>requires_grad</c> is false stays fixed, and no gradient is computed for it. Values are float32 on the CPU engine whatever the model's precision.</para>
/// </remarks>
public sealed class KanActivation : nn.Module<Tensor, Tensor>, IKanModule
{
    private readonly KanTensor[] _described;
    private readonly KanPlan?[] _plans = new KanPlan?[1];
    private KanTensors? _tensors;

    /// <summary>Creates the activation.</summary>
    /// <param name="width">The size of the last dimension of the input, at least 1.</param>
    /// <param name="options">The kind and its configuration; its sharing is by channel or by groups that divide the width.</param>
    /// <param name="start">The function at the start of training.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid, or the sharing is by edge; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is below 1, or there is no such start.</exception>
    public KanActivation(long width, KanOptions options, ActivationStart start = ActivationStart.Kind, Device? device = null)
        : base(nameof(KanActivation))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(options);
        if (!Enum.IsDefined(start))
            throw new ArgumentOutOfRangeException(nameof(start), start, $"use one of {string.Join(", ", Enum.GetNames<ActivationStart>())}");
        options.Validate();
        if (options.Sharing.IsEdge)
            throw new KansformersException("sharing is edge, but an activation has no edges: it must be channel or group:N");
        (Width, Options, Start) = (width, options, start);
        _described = [.. KanTensors.DescribeFunctions(options, width)];
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        TensorTree.Register(this, _described, device);
        if (device?.type != DeviceType.META) // where tensors have no values
            ResetParameters();
    }

    /// <summary>The configuration of the functions.</summary>
    public KanOptions Options { get; }

    /// <summary>The size of the last dimension of input and output.</summary>
    public long Width { get; }

    /// <summary>The function that the parameters begin as.</summary>
    public ActivationStart Start { get; }

    /// <summary>Computes by plain torch operations instead of the fast engine: for tests and baselines.</summary>
    public bool UseReference { get; set; }

    /// <summary>The vectors of the engine; tests ask for others.</summary>
    internal EngineSettings Engine { get; set; } = EngineSettings.OfThisMachine;

    /// <summary>Called with the input, (tokens, width), at each forward pass; statistics use it.</summary>
    internal Action<KanActivation, Tensor>? Probe { get; set; }

    /// <summary>The functions as the engine takes them.</summary>
    internal ElementSource Source => new(Width, Tensors, null);

    /// <summary>The tensors by what they are to the functions.</summary>
    internal KanTensors Tensors => _tensors ??= new KanTensors(Options, Width, Width, TensorTree.Find(this, _described));

    /// <inheritdoc/>
    /// <param name="input">Any leading dimensions, the last of size <see cref="Width"/>.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ArgumentException">The last dimension is of another size.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dim() < 1 || input.shape[^1] != Width)
            throw new ArgumentException($"the input has shape ({string.Join(", ", input.shape)}); its last dimension must be {Width}", nameof(input));
        using var scope = NewDisposeScope();
        Tensor x = input.reshape(-1, Width);
        Probe?.Invoke(this, x);
        Tensor y = UseReference ? Source.Reference(x) : ElementFunction.Apply(new ElementSources(null, Source, null), x, Engine, _plans);
        return y.reshape(input.shape).MoveToOuterDisposeScope();
    }

    /// <summary>Sets the parameters anew: to the function of <see cref="Start"/>, or, for <see cref="ActivationStart.Kind"/>, drawn from torch's global generator.</summary>
    public void ResetParameters()
    {
        using var guard = no_grad();
        KanInitialState.Draw(Tensors);
        FunctionStarts.Set(Tensors, Start);
    }

    /// <summary>The activation, opened for single tokens while its parameters stay as they are; null where the engine does not compute it so.</summary>
    internal ITokenLayer? OpenTokens() => UseReference || Probe is not null ? null : ElementTokens.Open(new ElementSources(null, Source, null), Engine, _plans);

    KanPart IKanModule.PartOf(Parameter parameter) => IKanModule.PartOf(Tensors, parameter);

    /// <inheritdoc/>
    protected override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => Forget(base._to(device, dtype, non_blocking));

    /// <inheritdoc/>
    protected override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => Forget(base._to(deviceType, deviceIndex, non_blocking));

    /// <inheritdoc/>
    protected override nn.Module _to(ScalarType dtype, bool non_blocking) => Forget(base._to(dtype, non_blocking));

    // The tensors that the module holds now are others.
    private nn.Module Forget(nn.Module module)
    {
        (_tensors, _plans[0]) = (null, null);
        return module;
    }
}
