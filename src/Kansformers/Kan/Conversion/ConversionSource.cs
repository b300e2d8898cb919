using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// What a layer is to compute, as a sum over its inputs: y_o = Σ_i Σ_m factor[o,i,m] · term_m(x_i) + bias_o. A linear layer has one term, the input; a KAN layer one for
/// each function of its basis, or the one that its edges share.
/// </summary>
internal sealed class ConversionSource
{
    private readonly Func<Tensor, Tensor> _terms;

    private ConversionSource(Tensor factors, Tensor? bias, Func<Tensor, Tensor> terms) => (Factors, Bias, _terms) = (factors, bias, terms);

    /// <summary>(out, in, terms), double, on the CPU.</summary>
    public Tensor Factors { get; }

    /// <summary>(out), double; null for none.</summary>
    public Tensor? Bias { get; }

    /// <summary>The term of a linear layer; null for a KAN layer.</summary>
    public BaseActivation? Linear { get; private init; }

    /// <summary>Whether a term of an input depends on the other inputs as well.</summary>
    public bool IsNormed { get; private init; }

    /// <summary>The layer's inputs.</summary>
    public long InFeatures => Factors.shape[1];

    /// <summary>The layer's outputs.</summary>
    public long OutFeatures => Factors.shape[0];

    /// <summary>A linear layer.</summary>
    public static ConversionSource Of(LinearMap map) =>
        new(Wide(map.Weight).unsqueeze(-1), map.Bias is null ? null : Wide(map.Bias), x => BaseActivations.Apply(map.Before, x).unsqueeze(-1)) { Linear = map.Before };

    /// <summary>A KAN layer.</summary>
    public static ConversionSource Of(KanTensors tensors)
    {
        KanTensors wide = tensors.Map((_, tensor) => Wide(tensor));
        Tensor? bias = null;
        foreach (KanRole role in (KanRole[])[KanRole.BaseBias, KanRole.Bias])
        {
            if (wide.Find(role) is Tensor one)
                bias = bias is null ? one.flatten() : bias + one.flatten();
        }

        bool isNormed = tensors.Options.Norm == InputNorm.LayerNorm;
        if (!wide.IsEdge)
            return new(wide[KanRole.Coefficients].unsqueeze(-1), bias, x => KanReference.Functions(x, wide).unsqueeze(-1)) { IsNormed = isNormed };

        Tensor factors = wide.EngineCoefficients(wide[KanRole.Coefficients]);
        if (wide.Find(KanRole.Scaler) is Tensor scaler)
            factors = factors * scaler.unsqueeze(-1);
        if (wide.Find(KanRole.Base) is Tensor weight)
            factors = cat([factors, weight.unsqueeze(-1)], dim: -1);
        return new(factors, bias, x => ConversionTarget.Expanded(x, wide)) { IsNormed = isNormed };
    }

    /// <summary>The terms of every input, (rows, in, terms).</summary>
    /// <param name="x">(rows, in), double.</param>
    public Tensor Terms(Tensor x) => _terms(x);

    /// <summary>The outputs, (rows, out).</summary>
    /// <param name="x">(rows, in), double.</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor y = Terms(x).flatten(1).matmul(Factors.flatten(1).t());
        return (Bias is null ? y : y + Bias).MoveToOuterDisposeScope();
    }

    private static Tensor Wide(Tensor tensor) => tensor.detach().cpu().to_type(ScalarType.Float64);
}
