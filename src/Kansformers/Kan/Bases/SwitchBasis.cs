using System.Text.Json.Serialization;
using System.Runtime.CompilerServices;
using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Reflectional switch functions on a grid that all inputs share, B_c(x) = 1 - tanh²((x - centre_c) · inv_denominator): FasterKAN (Delis, 2024), whose
/// parameter names and defaults these are. The centres and the width may be learned. Infinite inputs lie outside every grid. The program itself leaves the
/// width out of the function and has derivatives of its own making: <see cref="Rule"/> says whether to do as it does.
/// </summary>
public sealed record SwitchOptions : GridOptions
{
    /// <summary>The options of faster-kan: layer norm in front, no base branch.</summary>
    public SwitchOptions() => (Norm, GridSize, GridLow, GridHigh, GridEps) = (InputNorm.LayerNorm, 8, -1.2, 1.2, 0.5);

    /// <summary>The initial reciprocal of a function's width.</summary>
    public double InvDenominator { get; init; } = 0.5;

    /// <summary>Whether the centres are learned.</summary>
    public bool TrainGrid { get; init; } = true;

    /// <summary>Whether the width is learned.</summary>
    public bool TrainInvDenominator { get; init; } = true;

    /// <summary>Whether the width acts and gradients are the derivatives, or everything is as in the program.</summary>
    public SwitchRule Rule { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => "switch";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Functions => GridSize;

    /// <inheritdoc/>
    internal override KanNames Names => Original;

    private static KanNames Original { get; } = new() { Coefficients = "spline_linear.weight" };

    /// <inheritdoc/>
    internal override IReadOnlyList<KanRole> KernelParameters => [KanRole.Grid, KanRole.Width];

    // 1 - tanh²((x - c) / h) of each centre.
    /// <inheritdoc/>
    internal override double ExpansionOperations => (4 + Transcendental) * GridSize;

    /// <inheritdoc/>
    internal override IEnumerable<string> SizeWords => [$"grid size {GridSize}", Rule == SwitchRule.Program ? "the program's rule" : ""];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Allowed.Require(GridSize >= 2, "grid size", GridSize, "at least 2");
        UniformCentres.Require(GridLow, GridHigh, GridSize);
        Allowed.Require(float.IsFinite((float)InvDenominator) && (float)InvDenominator != 0, "inv denominator", InvDenominator, "a finite number other than 0, in float32");
        Allowed.Require("rule", Rule);
    }

    /// <inheritdoc/>
    internal override CoefficientAxes Axes(long inFeatures, long outFeatures) => CoefficientAxes.Flat(outFeatures, inFeatures, Functions);

    /// <inheritdoc/>
    internal override IEnumerable<KanTensor> OwnTensors(long inFeatures, long functions) =>
        [new KanTensor("rbf.grid", KanRole.Grid, [GridSize], TrainGrid), new KanTensor("rbf.inv_denominator", KanRole.Width, [], TrainInvDenominator)];

    /// <inheritdoc/>
    internal override Tensor Expand(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor centres = tensors[KanRole.Grid], width = tensors[KanRole.Width], off = x.unsqueeze(-1) - centres;
        return (Rule == SwitchRule.Exact ? Switch(off * width) : AsTheProgram(x.unsqueeze(-1), centres, width)).MoveToOuterDisposeScope();
    }

    private static Tensor Switch(Tensor u) => 1 - u.tanh().pow(2);

    /// <inheritdoc/>
    internal override IReadOnlyList<KanRole> GridRoles => [KanRole.Grid, KanRole.Width];

    // As wide beside their distance as they are. The width of the program's rule is no width but a factor of gradients.
    /// <inheritdoc/>
    internal override Dictionary<KanRole, Tensor> GridFor(Tensor seen, KanTensors here, double margin)
    {
        using var scope = NewDisposeScope();
        Tensor centres = CentreGrid.For(seen, this, margin), width = here[KanRole.Width];
        Tensor ratio = CentreGrid.Spacing(here[KanRole.Grid]) / CentreGrid.Spacing(centres);
        bool scales = Rule == SwitchRule.Exact && ratio.item<double>() is > 0 and < float.MaxValue && float.IsFinite((float)(width * ratio).item<double>());
        return new() { [KanRole.Grid] = centres.MoveToOuterDisposeScope(), [KanRole.Width] = (scales ? width * ratio : width.clone()).MoveToOuterDisposeScope() };
    }

    /// <inheritdoc/>
    internal override Dictionary<KanRole, Tensor> Between(KanTensors here, IReadOnlyDictionary<KanRole, Tensor> wanted, double share)
    {
        using var scope = NewDisposeScope();
        Tensor width = here[KanRole.Width], other = wanted[KanRole.Width];
        Tensor between = where(width.eq(0.0), other, width * (other / width).pow(share));
        return new() { [KanRole.Grid] = CentreGrid.Between(here[KanRole.Grid], wanted[KanRole.Grid], share).MoveToOuterDisposeScope(), [KanRole.Width] = between.MoveToOuterDisposeScope() };
    }

    /// <inheritdoc/>
    internal override Tensor ValuesAt(Tensor at, KanTensors tensors) => Expand(at, tensors);

    /// <inheritdoc/>
    internal override Tensor Probes(KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor scale = Rule == SwitchRule.Exact ? tensors[KanRole.Width].abs().clamp_min(1e-30) : ones_like(tensors[KanRole.Width]);
        return CentreGrid.Probes(tensors[KanRole.Grid], 8 / scale).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override (Tensor Low, Tensor High) Ends(KanTensors tensors) => CentreGrid.Ends(tensors[KanRole.Grid]);

    // The width stays, so that the old functions exist among the new ones.
    /// <inheritdoc/>
    internal override (GridOptions Options, Dictionary<KanRole, Tensor> Grid) Finer(int size, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor centres = tensors[KanRole.Grid];
        return (this with { GridSize = size }, new()
        {
            [KanRole.Grid] = CentreGrid.Finer(centres, size).MoveToOuterDisposeScope(), [KanRole.Width] = tensors[KanRole.Width].clone().MoveToOuterDisposeScope(),
        });
    }

    // The value without the width; a term that is zero brings the program's gradients: width times the derivative for the input, minus the width for a centre,
    // the distance for the width.
    private static Tensor AsTheProgram(Tensor x, Tensor centres, Tensor width)
    {
        Tensor off = (x - centres).detach(), factor = width.detach();
        Tensor surrogate = factor * Switch(x - centres.detach()) - factor * centres + width * off;
        return Switch(off) + (surrogate - surrogate.detach());
    }

    /// <inheritdoc/>
    internal override KanPlan Plan(KanTensors tensors, KanPlan? known) => Rule == SwitchRule.Program
        ? new BasisPlan<Basis>((int)tensors.InFeatures, new Basis(GridSize, asTheProgram: true))
        : new BasisPlan<Basis, SwitchFunction>((int)tensors.InFeatures, new Basis(GridSize, asTheProgram: false), new SwitchFunction(GridSize));

    /// <inheritdoc/>
    internal override void InitializeOriginal(KanTensors tensors)
    {
        UniformCentres.Fill(tensors[KanRole.Grid], GridLow, GridHigh);
        tensors[KanRole.Width].fill_(InvDenominator);
        if (tensors.IsEdge)
            nn.init.xavier_uniform_(tensors[KanRole.Coefficients]);
    }

    // Parameters: the centres, then the reciprocal of the width.
    private readonly unsafe struct Basis(int functions, bool asTheProgram) : IBasis
    {
        // Beyond, 1 - tanh² is below every float32.
        private const float Farthest = 44, FarthestInput = 1e6f;

        public int Functions => functions;

        public int Parameters => functions + 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Expand<TSimd>(TSimd x, float* parameters, float* to, nint stride)
            where TSimd : struct, ISimd<TSimd>
        {
            TSimd by = TSimd.Create(asTheProgram ? 1 : parameters[functions]);
            for (int c = 0; c < functions; c++, to += stride)
                TSimd.Store(SimdMath.TanhDerivative(Near((x - TSimd.Create(parameters[c])) * by, Farthest)), to);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TSimd Contract<TSimd>(TSimd x, float* parameters, float* gradient, nint stride, float* sums)
            where TSimd : struct, ISimd<TSimd>
        {
            float scale = parameters[functions];
            TSimd by = TSimd.Create(asTheProgram ? 1 : scale), sum = TSimd.Zero, width = sum, one = TSimd.One, signBit = TSimd.Create(-0f);
            for (int c = 0; c < functions; c++, gradient += stride)
            {
                // B = 4 e / (1 + e)² and tanh = ±(1 - e) / (1 + e) with e = exp(-2 |u|); dB/du = -2 tanh B.
                TSimd off = x - TSimd.Create(parameters[c]), u = Near(off * by, Farthest);
                TSimd e = SimdMath.Exp(TSimd.Create(-2) * TSimd.Abs(u)), reciprocal = one / (one + e);
                TSimd derivative = TSimd.Create(-8) * e * (one - e) * (reciprocal * reciprocal * reciprocal) ^ (u & signBit);
                TSimd g = TSimd.Load(gradient), term = g * derivative;
                sum += term;
                if (sums is null)
                    continue;
                TSimd back = asTheProgram ? g : term;
                TSimd.Store(TSimd.FusedMultiplyAdd(back, TSimd.Create(-scale), TSimd.Load(sums + c * TSimd.Count)), sums + c * TSimd.Count);

                // Far away the derivative is as good as zero, however large x - centre is.
                width += back * Near(off, FarthestInput);
            }

            if (sums is not null)
                TSimd.Store(TSimd.Load(sums + functions * TSimd.Count) + width, sums + functions * TSimd.Count);
            return sum * TSimd.Create(scale);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TSimd Near<TSimd>(TSimd value, float limit)
            where TSimd : struct, ISimd<TSimd> => TSimd.MinNative(TSimd.Create(limit), TSimd.MaxNative(TSimd.Create(-limit), value));
    }
}

/// <summary>Which switch functions a layer has.</summary>
public enum SwitchRule
{
    /// <summary>1 - tanh²((x - centre) · inv_denominator), and its derivatives.</summary>
    Exact,

    /// <summary>
    /// As faster-kan's code computes: 1 - tanh²(x - centre) with inv_denominator left out, and as gradients inv_denominator times the derivative for the input,
    /// minus inv_denominator times the upstream gradient for a centre, and x - centre times it for inv_denominator. For its own weights, exactly.
    /// </summary>
    Program,
}
