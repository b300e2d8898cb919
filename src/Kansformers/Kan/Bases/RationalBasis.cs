using System.Text.Json.Serialization;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A rational function for each group of inputs and then a linear layer, y = W (P(x) / Q(x)) + b: the layer of the Kolmogorov-Arnold Transformer (Yang and Wang,
/// 2024), with the safe Pade activation unit (Molina et al., 2020) as its function. Far out, where powers would overflow, the function goes on linearly; infinite
/// inputs give what arithmetic makes of that.
/// </summary>
public sealed record RationalOptions : KanOptions
{
    /// <summary>KAT's options: eight groups, degrees 5 and 4, the CUDA kernel's denominator, a bias. Each function begins as SiLU.</summary>
    public RationalOptions() => (Sharing, Bias) = (KanSharing.Group(8), true);

    /// <summary>The degree of the numerator P, at least 1.</summary>
    public int NumeratorDegree { get; init; } = 5;

    /// <summary>The degree of the denominator Q, at least 1.</summary>
    public int DenominatorDegree { get; init; } = 4;

    /// <summary>How Q is kept above zero.</summary>
    public RationalDenominator Denominator { get; init; } = RationalDenominator.SumOfAbsolutes;

    /// <summary>The function at the start of training.</summary>
    public RationalStart Start { get; init; } = RationalStart.Silu;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => "rational";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Functions => 1;

    /// <inheritdoc/>
    internal override bool IsFunction => true;

    /// <inheritdoc/>
    internal override IReadOnlyList<KanRole> KernelParameters => [KanRole.Numerator, KanRole.Denominator];

    // Powers of what lies nearer stay within float32.
    private float Farthest => (float)Math.Min(1e7, Math.Pow(10, 35.0 / Math.Max(NumeratorDegree, DenominatorDegree)));

    // Both polynomials by Horner's rule, and a division.
    /// <inheritdoc/>
    internal override double ExpansionOperations => (2 * (NumeratorDegree + DenominatorDegree)) + 1;

    /// <inheritdoc/>
    internal override IEnumerable<string> SizeWords => [$"degree {NumeratorDegree}/{DenominatorDegree}"];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Allowed.Require(!Sharing.IsEdge, "sharing", Sharing, "channel or group:N for rational functions");
        Allowed.Require(NumeratorDegree is >= 1 and <= 16, "numerator degree", NumeratorDegree, "1 to 16");
        Allowed.Require(DenominatorDegree is >= 1 and <= 16, "denominator degree", DenominatorDegree, "1 to 16");
        Allowed.Require("denominator", Denominator);
        Allowed.Require("start", Start);
    }

    /// <inheritdoc/>
    internal override IEnumerable<KanTensor> OwnTensors(long inFeatures, long functions) =>
    [
        new KanTensor("weight_numerator", KanRole.Numerator, [functions, NumeratorDegree + 1]),
        new KanTensor("weight_denominator", KanRole.Denominator, [functions, DenominatorDegree]),
    ];

    // Far out as the kernels do: on with the derivative, in which no coefficient is learned.
    /// <inheritdoc/>
    internal override Tensor Expand(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor numerator = KanReference.EachInput(tensors[KanRole.Numerator], tensors), denominator = KanReference.EachInput(tensors[KanRole.Denominator], tensors);
        bool isNear = x.device_type == DeviceType.CPU && !x.abs().gt(Farthest).any().item<bool>(); // other devices would have to wait for the answer
        if (isNear)
            return Quotient(x, numerator, denominator).unsqueeze(-1).MoveToOuterDisposeScope();
        Tensor at = x.clamp(-Farthest, Farthest);
        return (Quotient(at, numerator, denominator) + Derivative(at, numerator, denominator) * (x - at)).unsqueeze(-1).MoveToOuterDisposeScope();
    }

    /// <summary>What the numerator's coefficients multiply: powers of x over the denominator, (rows, in, degree + 1); the base activation behind them, where there is one.</summary>
    internal Tensor NumeratorColumns(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor seen = KanReference.Normalised(x, tensors), denominator = KanReference.EachInput(tensors[KanRole.Denominator], tensors);
        Tensor one = KanReference.EachInput(tensors[KanRole.Numerator], tensors) * 0;
        one[.., 0] = 1;
        Tensor reciprocal = Quotient(seen, one, denominator);
        List<Tensor> columns = [.. Enumerable.Range(0, NumeratorDegree + 1).Select(power => seen.pow(power) * reciprocal)];
        if (BaseActivation is BaseActivation activation)
            columns.Add(BaseActivations.Apply(activation, Norm == InputNorm.LayerNorm ? seen : x));
        return stack(columns, dim: -1).MoveToOuterDisposeScope();
    }

    private Tensor Derivative(Tensor x, Tensor numerator, Tensor denominator)
    {
        using var scope = NewDisposeScope();
        using var graph = enable_grad();
        Tensor at = x.detach().alias().requires_grad_();
        return autograd.grad([Quotient(at, numerator.detach(), denominator.detach()).sum()], [at])[0].MoveToOuterDisposeScope();
    }

    private Tensor Quotient(Tensor x, Tensor numerator, Tensor denominator)
    {
        using var scope = NewDisposeScope();
        Tensor p = zeros_like(x), sum = zeros_like(x);
        for (int i = NumeratorDegree; i >= 0; i--)
            p = p * x + numerator[.., i];
        bool each = Denominator == RationalDenominator.SumOfAbsolutes;
        Tensor at = each ? x.abs() : x;
        for (int j = DenominatorDegree - 1; j >= 0; j--)
            sum = (sum + (each ? Absolute(denominator[.., j]) : denominator[.., j])) * at;
        return (p / (1 + (each ? sum : Absolute(sum)))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override KanPlan Plan(KanTensors tensors, KanPlan? known) => Denominator == RationalDenominator.SumOfAbsolutes
        ? new FunctionPlan<RationalFunction<EachTerm>>((int)tensors.InFeatures, new RationalFunction<EachTerm>(NumeratorDegree, DenominatorDegree, Farthest))
        : new FunctionPlan<RationalFunction<WholeSum>>((int)tensors.InFeatures, new RationalFunction<WholeSum>(NumeratorDegree, DenominatorDegree, Farthest));

    /// <inheritdoc/>
    internal override void InitializeOriginal(KanTensors tensors)
    {
        (float[] p, float[] q) = RationalStarts.Of(Start, NumeratorDegree, DenominatorDegree);
        tensors[KanRole.Numerator].copy_(tensor(p));
        tensors[KanRole.Denominator].copy_(tensor(q));
    }

    // From tables where the degrees allow; else a polynomial, which the identity is anyway.
    /// <inheritdoc/>
    internal override void StartAs(ActivationStart start, KanTensors tensors)
    {
        tensors.Find(KanRole.FunctionBase)?.zero_();
        (float[] p, float[] q) = RationalStarts.Of(start == ActivationStart.Silu ? RationalStart.Silu : RationalStart.Identity, NumeratorDegree, DenominatorDegree);
        Tensor numerator = tensors[KanRole.Numerator];
        numerator.copy_(tensor(p));
        tensors[KanRole.Denominator].copy_(tensor(q));
        if (start == ActivationStart.Identity || RationalStarts.Reaches(NumeratorDegree, DenominatorDegree))
            return;
        Tensor at = FunctionStarts.PointsOf(FitRange.Low, FitRange.High);
        numerator.copy_(FunctionStarts.Fit(at, stack([.. Enumerable.Range(0, p.Length).Select(power => at.pow(power))], dim: 1), start).expand(numerator.shape));
    }

    // |value|, whose derivative at zero is 1: a coefficient of zero can be learned away.
    private static Tensor Absolute(Tensor value) => where(value >= 0, value, -value);
}

/// <summary>How the denominator of a rational function is kept above zero.</summary>
public enum RationalDenominator
{
    /// <summary>1 + Σ |b_i| |x|^i, as KAT's CUDA kernel computes it.</summary>
    SumOfAbsolutes,

    /// <summary>1 + |Σ b_i x^i|, as the Pade activation unit does.</summary>
    AbsoluteOfSum,
}

/// <summary>As which function a rational function begins.</summary>
public enum RationalStart
{
    /// <summary>x itself, exactly.</summary>
    Identity,

    /// <summary>SiLU, to 9e-5 for |x| up to 6 with degrees of at least 5 and 4.</summary>
    Silu,

    /// <summary>GELU, to 3.1e-3 for |x| up to 6 with degrees of at least 5 and 4.</summary>
    Gelu,
}
