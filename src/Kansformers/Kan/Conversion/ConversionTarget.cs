using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A KAN layer whose parameters are set so that it computes what a <see cref="ConversionSource"/> says.</summary>
/// <param name="options">Its configuration.</param>
/// <param name="source">What it is to compute.</param>
internal sealed class ConversionTarget(KanOptions options, ConversionSource source)
{
    private const double Margin = 0.01;

    /// <summary>Makes the layer, float32 on the CPU.</summary>
    /// <param name="samples">(samples, in), double; null for none.</param>
    public (KanLinear Layer, KanAgreement How) Make(Tensor? samples)
    {
        using var guard = no_grad();
        KanLinear layer = new(source.InFeatures, source.OutFeatures, options);
        try
        {
            using var scope = NewDisposeScope();
            KanTensors tensors = layer.Tensors;
            tensors.Find(KanRole.Scaler)?.fill_(1);
            if (samples is not null)
                MoveGrid(tensors, samples);
            return (layer, Exactly(tensors) ?? Fit(tensors, samples));
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }

    /// <summary>The basis and, behind it, the base activation, (rows, in, n or n + 1).</summary>
    public static Tensor Expanded(Tensor x, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor seen = KanReference.Normalised(x, tensors), expanded = tensors.Options.Expand(seen, tensors);
        if (tensors.Options.BaseActivation is BaseActivation activation)
        {
            Tensor at = !tensors.IsEdge && tensors.Options.Norm == InputNorm.LayerNorm ? seen : x;
            expanded = cat([expanded, BaseActivations.Apply(activation, at).unsqueeze(-1)], dim: -1);
        }

        return expanded.MoveToOuterDisposeScope();
    }

    private static void MoveGrid(KanTensors tensors, Tensor samples)
    {
        if (tensors.Options is not GridOptions { Obstacle: null } grid)
            return;
        KanTensors wide = tensors.Map((_, tensor) => tensor.to_type(ScalarType.Float64));
        Tensor seen = KanReference.Normalised(samples, wide);
        foreach ((KanRole role, Tensor place) in grid.Between(wide, grid.GridFor(seen, wide, Margin), 1))
            tensors[role].copy_(place);
    }

    // What the configuration can compute by construction; null where it cannot.
    private KanAgreement? Exactly(KanTensors tensors)
    {
        if (source.Linear is not BaseActivation wanted)
            return null;
        bool seesRaw = tensors.IsEdge || options.Norm != InputNorm.LayerNorm;
        if (options.BaseActivation == wanted && seesRaw)
        {
            if (tensors.IsEdge)
            {
                tensors[KanRole.Coefficients].zero_();
                tensors[KanRole.Base].copy_(source.Factors.squeeze(-1));
                return StoreBias(tensors, null, KanAgreement.Exact);
            }

            if (options.IsFunction)
                tensors[KanRole.Numerator].zero_();
            else
                tensors[KanRole.FunctionCoefficients].zero_();
            tensors[KanRole.FunctionBase].fill_(1);
            return StoreMatrix(tensors, null, KanAgreement.Exact);
        }

        if (wanted != BaseActivation.Identity || options.Norm != InputNorm.None)
            return null;
        if (options is RationalOptions)
        {
            options.StartAs(ActivationStart.Identity, tensors);
            return StoreMatrix(tensors, null, KanAgreement.Exact);
        }

        return options is BSplineOptions splines ? StraightLines(tensors, splines) : null;
    }

    // Σ_c g_c B_c(x) = x where g_c is the mean of the knots within the support of B_c (Marsden's identity; the g are Greville's abscissae).
    private KanAgreement StraightLines(KanTensors tensors, BSplineOptions splines)
    {
        KanAgreement how = splines.Outside == OutsideRule.Linear ? KanAgreement.Exact : KanAgreement.ExactInRange;
        Tensor grid = tensors[KanRole.Grid].to_type(ScalarType.Float64);
        int order = splines.SplineOrder;
        Tensor line = zeros(grid.shape[0], splines.Coefficients, dtype: ScalarType.Float64);
        for (int knot = 1; knot <= order; knot++)
            line += grid.narrow(1, knot, splines.Coefficients) / order;
        if (tensors.IsEdge)
            return Store(tensors, tensors.Find(KanRole.Base) is null ? line.unsqueeze(-1) : cat([line, zeros_like(line[.., ..1])], dim: 1).unsqueeze(-1), how);
        long group = tensors.InFeatures / tensors.Functions; // of which all have the same knots
        tensors[KanRole.FunctionCoefficients].copy_(line.view(tensors.Functions, group, -1).select(1, 0));
        tensors.Find(KanRole.FunctionBase)?.zero_();
        return StoreMatrix(tensors, null, how);
    }

    private KanAgreement Fit(KanTensors tensors, Tensor? samples)
    {
        bool asTokens = source.IsNormed || options.Norm == InputNorm.LayerNorm;
        ConversionPoints points = ConversionPoints.Of(samples, options, asTokens);
        if (!tensors.IsEdge && source.Factors.shape[2] != 1)
            throw new KansformersException($"every edge has a function of its own, which a layer of sharing {options.Sharing} cannot have; take sharing edge");
        bool hasConstant = HasBias(tensors);
        if (options is RationalOptions function)
            (function with { Start = source.Linear is BaseActivation.Gelu or BaseActivation.GeluTanh ? RationalStart.Gelu : RationalStart.Silu }).InitializeOriginal(tensors);
        KanTensors wide = tensors.Map((_, tensor) => tensor.to_type(ScalarType.Float64));
        Tensor at = points.At.expand(-1, points.At.shape[1] == 1 && IsOfEachInput(tensors, samples) ? 1 : source.InFeatures);
        KanTensors seen = at.shape[1] == 1 ? OfOne(wide) : wide;
        Tensor columns = options is RationalOptions rational ? rational.NumeratorColumns(at, seen) : Expanded(at, seen);
        if (hasConstant)
            columns = cat([columns, ones_like(columns[.., .., ..1])], dim: -1);
        Tensor terms = source.Terms(at);
        Tensor map = Solve(ByUnit(columns, tensors), ByUnit(terms, tensors), ByUnit(points.Weight.view(-1, 1, 1).expand(-1, at.shape[1], 1), tensors));
        Tensor? constant = null;
        if (hasConstant)
        {
            Tensor each = map[.., ^1..].expand(tensors.IsEdge ? source.InFeatures : tensors.Functions, -1, -1);
            each = tensors.IsEdge ? each : each.repeat_interleave(source.InFeatures / each.shape[0], dim: 0);
            constant = source.Factors.flatten(1).matmul(each.flatten());
            map = map[.., ..^1];
        }

        if (tensors.IsEdge)
            return Store(tensors, map, KanAgreement.Fitted, constant);
        Tensor functions = map.squeeze(-1).expand(tensors.Functions, -1);
        if (options.BaseActivation is not null)
        {
            tensors[KanRole.FunctionBase].copy_(functions[.., ^1]);
            functions = functions[.., ..^1];
        }

        tensors[options.IsFunction ? KanRole.Numerator : KanRole.FunctionCoefficients].copy_(functions);
        return StoreMatrix(tensors, constant, KanAgreement.Fitted);
    }

    // (units, rows, k): of each input, or of each group of inputs.
    private static Tensor ByUnit(Tensor rows, KanTensors tensors)
    {
        Tensor each = rows.transpose(0, 1); // (in, rows, k)
        long units = tensors.IsEdge || each.shape[0] == 1 ? each.shape[0] : tensors.Functions;
        return each.reshape(units, -1, each.shape[2]);
    }

    private Tensor Solve(Tensor columns, Tensor terms, Tensor weight) =>
        LeastSquares.Solve(columns * weight, terms * weight, options.FitCutoff); // (units, columns, terms)

    // Without samples all inputs have the same points and the same grid: one fit serves all.
    private bool IsOfEachInput(KanTensors tensors, Tensor? samples) => samples is null && source.Linear is not null && options.Norm != InputNorm.LayerNorm;

    private static KanTensors OfOne(KanTensors tensors)
    {
        KanTensors first = tensors.Map((role, tensor) =>
            (role == KanRole.Grid && tensor.dim() == 2) || KanTensor.HasRowPerFunction(role) ? tensor[..1] : tensor);
        return new KanTensors(tensors.Options with { Sharing = tensors.IsEdge ? KanSharing.Edge : KanSharing.Channel }, 1, tensors.OutFeatures, first.All);
    }

    private static bool HasBias(KanTensors tensors) => tensors.Find(KanRole.Bias) is not null || tensors.Find(KanRole.BaseBias) is not null;

    // New factors = map · old ones, edge by edge; the base branch's, where there is one, are the last.
    private KanAgreement Store(KanTensors tensors, Tensor map, KanAgreement how, Tensor? constant = null)
    {
        Tensor each = map.dim() == 2 ? map.unsqueeze(0) : map; // (in or 1, columns, terms)
        Tensor factors = source.Factors.permute(1, 0, 2).matmul(each.transpose(1, 2)).transpose(0, 1); // (out, in, columns)
        Tensor? weight = tensors.Find(KanRole.Base);
        Tensor coefficients = weight is null ? factors : factors[.., .., ..^1];
        tensors[KanRole.Coefficients].copy_(options.Axes(tensors.InFeatures, tensors.OutFeatures).ToStored(coefficients));
        weight?.copy_(factors[.., .., ^1]);
        return StoreBias(tensors, constant, how);
    }

    private KanAgreement StoreMatrix(KanTensors tensors, Tensor? constant, KanAgreement how)
    {
        tensors[KanRole.Coefficients].copy_(source.Factors.squeeze(-1));
        return StoreBias(tensors, constant, how);
    }

    private KanAgreement StoreBias(KanTensors tensors, Tensor? constant, KanAgreement how)
    {
        Tensor? own = tensors.Find(KanRole.Bias) ?? tensors.Find(KanRole.BaseBias);
        tensors.Find(KanRole.BaseBias)?.zero_();
        Tensor? bias = source.Bias is null ? constant : constant is null ? source.Bias : source.Bias + constant;
        if (own is null)
            return bias is null ? how : throw new KansformersException($"the layer has a bias, and the {options.Kind} that is to take its place has none; let it have one");
        own.zero_();
        if (bias is not null)
            own.copy_(bias.view(own.shape));
        return how;
    }
}
