using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Which channel gates which.</summary>
public enum GateForm
{
    /// <summary>Neighbours gate each other around a ring: y_j = φ(x_j) · ψ(x_(j-1)), indices modulo the width; (.., n) to (.., n).</summary>
    Ring,

    /// <summary>The second half gates the first: y_j = φ(a_j) · ψ(b_j) with x = [a, b]; (.., 2n) to (.., n). SwiGLU is SiLU and the identity.</summary>
    Pair,
}

/// <summary>What a side of a gate applies: functions that are learned, or one that is fixed.</summary>
public sealed record GateFunction
{
    private GateFunction()
    {
    }

    /// <summary>The kind of the learned functions; null for a fixed one.</summary>
    public KanOptions? Options { get; private init; }

    /// <summary>As what learned functions begin.</summary>
    public ActivationStart Start { get; private init; }

    /// <summary>The fixed function; null for learned ones.</summary>
    public BaseActivation? Activation { get; private init; }

    /// <summary>Functions that are learned.</summary>
    /// <param name="options">The kind and its configuration; its sharing is by channel or by groups that divide the gate's width.</param>
    /// <param name="start">As what they begin.</param>
    public static GateFunction Learned(KanOptions options, ActivationStart start)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new GateFunction { Options = options, Start = start };
    }

    /// <summary>A function without parameters.</summary>
    /// <param name="activation">The function.</param>
    public static GateFunction Fixed(BaseActivation activation) => Enum.IsDefined(activation) ? new GateFunction { Activation = activation }
        : throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown activation");
}

/// <summary>
/// A product of two activations, of which each may be learned or fixed: what stands between the matrices of a gated feed-forward (Shazeer, "GLU Variants Improve
/// Transformer", 2020, has one fixed activation there). Learned sides are the modules <c>phi</c> and <c>psi</c>; a fixed side has no module.
/// </summary>
public sealed class KanGate : nn.Module<Tensor, Tensor>
{
    private readonly GateFunction _phi, _psi;
    private readonly KanPlan?[] _plans = new KanPlan?[2];

    /// <summary>Creates a gate of which both sides are learned: φ begins as SiLU, ψ as the identity.</summary>
    /// <param name="width">The size n of the last dimension of the output, at least 1.</param>
    /// <param name="options">The kind of both; its sharing is by channel or by groups that divide the width. On a ring the group of ψ(x_(j-1)) is that of channel j-1.</param>
    /// <param name="form">Which channel gates which.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is below 1, or there is no such form.</exception>
    public KanGate(long width, KanOptions options, GateForm form = GateForm.Ring, Device? device = null)
        : this(width, GateFunction.Learned(options, ActivationStart.Silu), GateFunction.Learned(options, ActivationStart.Identity), form, device)
    {
    }

    /// <summary>Creates a gate.</summary>
    /// <param name="width">The size n of the last dimension of the output, at least 1.</param>
    /// <param name="phi">φ.</param>
    /// <param name="psi">ψ.</param>
    /// <param name="form">Which channel gates which.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is below 1, or there is no such form.</exception>
    public KanGate(long width, GateFunction phi, GateFunction psi, GateForm form = GateForm.Ring, Device? device = null)
        : base(nameof(KanGate))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(phi);
        ArgumentNullException.ThrowIfNull(psi);
        if (!Enum.IsDefined(form))
            throw new ArgumentOutOfRangeException(nameof(form), form, $"use one of {string.Join(", ", Enum.GetNames<GateForm>())}");
        (Width, Form, _phi, _psi) = (width, form, phi, psi);
        if (phi.Options is not null)
            register_module("phi", Phi = new KanActivation(width, phi.Options, phi.Start, device));
        if (psi.Options is not null)
            register_module("psi", Psi = new KanActivation(width, psi.Options, psi.Start, device));
    }

    /// <summary>The size n of the last dimension of the output.</summary>
    public long Width { get; }

    /// <summary>The size of the last dimension of the input: n on a ring, 2n for pairs.</summary>
    public long InputWidth => Form == GateForm.Ring ? Width : 2 * Width;

    /// <summary>Which channel gates which.</summary>
    public GateForm Form { get; }

    /// <summary>φ where it is learned, else null.</summary>
    public KanActivation? Phi { get; }

    /// <summary>ψ where it is learned, else null.</summary>
    public KanActivation? Psi { get; }

    /// <summary>Computes by plain torch operations instead of the fast engine: for tests and baselines.</summary>
    public bool UseReference { get; set; }

    /// <summary>The vectors of the engine; tests ask for others.</summary>
    internal EngineSettings Engine { get; set; } = EngineSettings.OfThisMachine;

    /// <inheritdoc/>
    /// <param name="input">Any leading dimensions, the last of size <see cref="InputWidth"/>.</param>
    /// <returns>The same leading dimensions, the last of size <see cref="Width"/>.</returns>
    /// <exception cref="ArgumentException">The last dimension is of another size.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dim() < 1 || input.shape[^1] != InputWidth)
            throw new ArgumentException($"the input has shape ({string.Join(", ", input.shape)}); its last dimension must be {InputWidth}", nameof(input));
        using var scope = NewDisposeScope();
        Tensor x = input.reshape(-1, InputWidth);
        if (IsWatched)
            Watch(x);
        Tensor y = UseReference ? Sources.Reference(x) : ElementFunction.Apply(Sources, x, Engine, _plans);
        return y.reshape([.. input.shape[..^1], Width]).MoveToOuterDisposeScope();
    }

    /// <summary>The gate, opened for single tokens while its parameters stay as they are; null where the engine does not compute it so.</summary>
    internal ITokenLayer? OpenTokens() => UseReference || IsWatched ? null : ElementTokens.Open(Sources, Engine, _plans);

    /// <summary>The functions as the engine takes them.</summary>
    internal ElementSources Sources => new(Form, SourceOf(_phi, Phi), SourceOf(_psi, Psi));

    private bool IsWatched => Phi?.Probe is not null || Psi?.Probe is not null;

    private ElementSource SourceOf(GateFunction function, KanActivation? learned) => learned?.Source ?? new ElementSource(Width, null, function.Activation);

    // Statistics of the activations want their inputs.
    private void Watch(Tensor x)
    {
        (Tensor ofPhi, Tensor ofPsi) = Sources.Split(x);
        Phi?.Probe?.Invoke(Phi, ofPhi);
        Psi?.Probe?.Invoke(Psi, ofPsi);
    }
}
