using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Transformers;

/// <summary>A linear layer, y = x · weightᵀ + bias, whose products can be taken in bfloat16. Parameter names are those of <c>nn.Linear</c>.</summary>
internal sealed class LinearLayer : nn.Module<Tensor, Tensor>, IHasPrecision, IProbed
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    private readonly HalfWeight _half = new();

    /// <summary>Creates the layer with normally distributed weights, drawn from torch's global generator, and a bias of zeros.</summary>
    /// <param name="inFeatures">The size of the last dimension of the input.</param>
    /// <param name="outFeatures">The size of the last dimension of the output.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    /// <param name="deviation">The standard deviation of the initial weights.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    public LinearLayer(long inFeatures, long outFeatures, bool hasBias, double deviation, Device? device = null)
        : base(nameof(LinearLayer))
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        _weight = new Parameter(empty(outFeatures, inFeatures, device: device));
        _bias = hasBias ? new Parameter(zeros(outFeatures, device: device)) : null;
        nn.init.normal_(_weight, 0, deviation);
        RegisterComponents();
        scope.Detach(_weight);
        if (_bias is not null)
            scope.Detach(_bias);
    }

    /// <summary>(out, in).</summary>
    public Parameter Weight => _weight;

    /// <summary>(out), or null.</summary>
    public Parameter? Bias => _bias;

    /// <summary>
    /// How many matrices of (out / parts, in) lie one below the other in the weight, such as query, key and value: an optimizer that looks at whole matrices takes
    /// each apart.
    /// </summary>
    public int RowParts { get; init; } = 1;

    /// <summary>How the products are computed on the CPU.</summary>
    public Precision Precision { get; set; }

    /// <inheritdoc/>
    public Action<Tensor, Tensor>? Probe { get; set; }

    /// <inheritdoc/>
    /// <param name="input">Any leading dimensions, the last of size in.</param>
    /// <returns>The same leading dimensions, the last of size out.</returns>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Tensor output = Compute(input);
        Probe?.Invoke(input, output);
        return output;
    }

    private Tensor Compute(Tensor input) => LinearFunction.IsFaster(input, _weight, _bias, Precision)
        ? LinearFunction.Apply(input, _weight, _bias, Precision == Precision.Float32 ? null : _half)
        : Apply(input, _weight, _bias, Precision);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _half.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The layer, opened for single tokens while its parameters stay as they are; null where that is not possible.</summary>
    internal ITokenLayer? OpenTokens() => LinearTokens.Open(_weight, _bias, Precision);

    /// <summary>input · weightᵀ + bias.</summary>
    internal static Tensor Apply(Tensor input, Tensor weight, Tensor? bias, Precision precision) => Apply(input, weight, bias, precision, BFloat16Math.HasFastProducts);

    /// <summary>The same, with libtorch's bfloat16 products or with float32 products of rounded factors.</summary>
    internal static Tensor Apply(Tensor input, Tensor weight, Tensor? bias, Precision precision, bool hasProducts)
    {
        if (precision == Precision.Float32 || input.device_type != DeviceType.CPU || input.dtype != ScalarType.Float32 || weight.dtype != ScalarType.Float32)
            return F.linear(input, weight, bias);
        using var scope = NewDisposeScope();
        Tensor x = input.to_type(ScalarType.BFloat16), factor = weight.to_type(ScalarType.BFloat16);
        Tensor y = hasProducts
            ? F.linear(x, factor).to_type(ScalarType.Float32)
            : F.linear(x.to_type(ScalarType.Float32), factor.to_type(ScalarType.Float32));
        return (bias is null ? y : y.add_(bias)).MoveToOuterDisposeScope();
    }
}
