using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Draws a layer's parameters.</summary>
internal static class KanInitialState
{
    // Points at which the second moments of a basis under a normal distribution are taken.
    private const int Points = 513;
    private const double Reach = 5;

    /// <summary>Draws all parameters, from torch's global generator.</summary>
    public static void Draw(KanTensors tensors)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        KanOptions options = tensors.Options;
        tensors.Find(KanRole.NormWeight)?.fill_(1);
        tensors.Find(KanRole.NormBias)?.zero_();
        tensors.Find(KanRole.Bias)?.zero_();
        tensors.Find(KanRole.BaseBias)?.zero_();
        tensors.Find(KanRole.FunctionBase)?.fill_(1);
        if (tensors.Find(KanRole.Base) is Tensor plain)
            nn.init.kaiming_uniform_(plain, a: Math.Sqrt(5) * (options as BSplineOptions)?.BaseScale ?? Math.Sqrt(5));
        options.InitializeOriginal(tensors);
        if (tensors.Find(KanRole.FunctionCoefficients) is Tensor functions)
            StartFunctions(functions, tensors);
        if (!tensors.IsEdge && tensors.Find(KanRole.Coefficients) is not null)
            MatchMatrix(tensors);
        else if (tensors.IsEdge && options.Initialization == KanInitialization.VariancePreserving)
            PreserveVariance(tensors);
    }

    /// <summary>The mean of the square of a function's values at <see cref="NormalPoints"/>, weighted by the normal density.</summary>
    /// <param name="values">(points, ...).</param>
    internal static Tensor SecondMoment(Tensor values)
    {
        using var scope = NewDisposeScope();
        Tensor at = linspace(-Reach, Reach, Points, dtype: ScalarType.Float64);
        Tensor density = (at.pow(2) * -0.5).exp();
        return (values.to_type(ScalarType.Float64).cpu().pow(2) * (density / density.sum()).view([Points, .. Enumerable.Repeat(1L, (int)values.dim() - 1)])).sum([0L]).MoveToOuterDisposeScope();
    }

    /// <summary>Evenly spaced points that hold nearly all of a normal distribution, the same for every input: (points, in).</summary>
    internal static Tensor NormalPoints(long inputs, Device device) =>
        linspace(-Reach, Reach, Points, dtype: ScalarType.Float32, device: device).unsqueeze(-1).expand(-1, inputs).contiguous();

    // Shared functions begin as the base activation alone, or, without one, as SiLU as nearly as the basis can; a little noise tells the functions apart.
    private static void StartFunctions(Tensor coefficients, KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        coefficients.normal_(0, 0.01);
        if (tensors.Find(KanRole.FunctionBase) is not null)
            return;
        Tensor points = NormalPoints(tensors.InFeatures, coefficients.device);
        Tensor basis = tensors.Options.Expand(tensors.Options.Norm == InputNorm.Tanh ? points.tanh() : points, tensors)[.., 0].to_type(ScalarType.Float64); // (points, n)
        Tensor weight = (points[.., ..1].to_type(ScalarType.Float64).pow(2) * -0.25).exp();
        Tensor wanted = nn.functional.silu(points[.., ..1].to_type(ScalarType.Float64));
        Tensor fit = linalg.pinv(basis * weight, rtol: 1e-3).matmul(wanted * weight).squeeze(-1);
        coefficients.add_(fit.to_type(ScalarType.Float32));
    }

    // W is normal with the variance that keeps the functions' second moment: gain-matched.
    private static void MatchMatrix(KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor matrix = tensors[KanRole.Coefficients];
        Tensor points = NormalPoints(tensors.InFeatures, matrix.device), value = FunctionsOfNormal(points, tensors);
        double moment = SecondMoment(value).mean().item<double>();
        matrix.normal_(0, 1 / Math.Sqrt(tensors.InFeatures * Math.Max(moment, 1e-6)));
    }

    private static void PreserveVariance(KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        Tensor stored = tensors[KanRole.Coefficients];
        Tensor points = NormalPoints(tensors.InFeatures, stored.device);
        Tensor seen = tensors.Options.Norm == InputNorm.Tanh ? points.tanh() : points;
        double moments = SecondMoment(tensors.Options.Expand(seen, tensors)).sum().item<double>(); // of all inputs' functions
        double share = tensors.Find(KanRole.Base) is null ? 1 : 0.5;
        stored.normal_(0, Math.Sqrt(share / Math.Max(moments, 1e-6)));
        tensors.Find(KanRole.Scaler)?.fill_(1);
        if (tensors.Find(KanRole.Base) is Tensor plain)
        {
            double moment = SecondMoment(BaseActivations.Apply(tensors.Options.BaseActivation!.Value, points[.., ..1])).item<double>();
            plain.normal_(0, Math.Sqrt(share / (tensors.InFeatures * Math.Max(moment, 1e-6))));
        }
    }

    // The points stand for what comes out of a layer norm, not for its input.
    private static Tensor FunctionsOfNormal(Tensor points, KanTensors tensors) => tensors.Options.Norm == InputNorm.LayerNorm
        ? KanReference.Functions(points, new KanTensors(tensors.Options with { Norm = InputNorm.None }, tensors.InFeatures, tensors.OutFeatures, tensors.All))
        : KanReference.Functions(points, tensors);
}
