using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Linear layers as KAN layers that compute the same, to be trained further.</summary>
/// <remarks>
/// A layer whose base activation is the function before its matrix (the identity, for a linear layer) computes the same by that branch alone, and its other
/// functions begin at zero. B-splines reproduce straight lines, rational functions can be the identity. Everything else is fitted by least squares.
/// </remarks>
public static class KanConversion
{
    private const int Probes = 256;

    /// <summary>The configuration with which a kind computes W f(x) + b exactly: with f as its base activation, splines that go on as straight lines outside their grid, and no layer norm before shared functions.</summary>
    /// <param name="options">A kind and its configuration.</param>
    /// <param name="before">f.</param>
    public static KanOptions Suited(KanOptions options, BaseActivation before = BaseActivation.Identity)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool isItself = options.IsFunction && before == BaseActivation.Identity; // rational functions begin as that
        options = options with { BaseActivation = isItself ? null : before, Norm = !options.Sharing.IsEdge && options.Norm == InputNorm.LayerNorm ? InputNorm.None : options.Norm };
        if (isItself)
            options = options with { Norm = InputNorm.None };
        return options is BSplineOptions splines ? splines with { Outside = OutsideRule.Linear } : options;
    }

    /// <summary>A KAN layer that computes what a linear layer computes, or as nearly as its configuration can. A bias of the linear layer gives it one, whatever the options say.</summary>
    /// <param name="map">The linear layer; it stays as it is.</param>
    /// <param name="options">The kind and its configuration; what <see cref="Suited"/> returns is exact.</param>
    /// <param name="samples">Inputs of the layer, any leading dimensions, the last of its inputs: grids are put where they are, and functions fitted there. Null for none.</param>
    /// <returns>The layer, of the weight's device and type, and how nearly it computes the same.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    /// <exception cref="KansformersException">An option is invalid; or the samples are none, or hold values that are NaN or infinite; or functions can only be fitted on samples.</exception>
    public static (KanLinear Layer, LayerMatch Match) FromLinear(LinearMap map, KanOptions options, Tensor? samples = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(options);
        long[] shape = map.Weight.shape;
        if (shape.Length != 2 || (map.Bias is not null && !map.Bias.shape.AsSpan().SequenceEqual([shape[0]])))
            throw new ArgumentException($"a weight ({string.Join(", ", shape)}) and a bias ({string.Join(", ", map.Bias?.shape ?? [])}) must be (out, in) and (out)", nameof(map));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return FromLinear(map, options, samples is null ? null : ConversionSamples.Of(samples, shape[1]));
    }

    internal static (KanLinear Layer, LayerMatch Match) FromLinear(LinearMap map, KanOptions options, ConversionSamples? samples)
    {
        using var scope = NewDisposeScope();
        (KanLinear layer, LayerMatch match) = Convert(ConversionSource.Of(map), WithBias(options, map.Bias is not null), samples);
        return (Placed(layer, map.Weight), match);
    }

    /// <summary>The same, of a module.</summary>
    /// <inheritdoc cref="FromLinear(LinearMap, KanOptions, Tensor?)"/>
    /// <param name="linear">The linear layer; it stays as it is.</param>
    /// <param name="options">The kind and its configuration.</param>
    /// <param name="samples">Inputs of the layer; null for none.</param>
    public static (KanLinear Layer, LayerMatch Match) FromLinear(Linear linear, KanOptions options, Tensor? samples = null)
    {
        ArgumentNullException.ThrowIfNull(linear);
        return FromLinear(new LinearMap(linear.weight, linear.bias), options, samples);
    }

    /// <summary>A layer of another configuration (another kind, a smaller grid) that computes what a KAN layer computes, as nearly as least squares come.</summary>
    /// <param name="layer">The layer; it stays as it is.</param>
    /// <param name="options">The other configuration.</param>
    /// <param name="samples">Inputs of the layer, any leading dimensions, the last of its inputs; null for none, which fits evenly over the range of the options.</param>
    /// <returns>The new layer, of the same device and type, and how nearly it computes the same.</returns>
    /// <exception cref="KansformersException">
    /// An option is invalid; or edges have functions of their own, and the other configuration shares them; or the samples are none, or not finite; or functions can only be fitted on samples.
    /// </exception>
    public static (KanLinear Layer, LayerMatch Match) ToKan(KanLinear layer, KanOptions options, Tensor? samples = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(options);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        ConversionSource source = ConversionSource.Of(layer.Tensors);
        (KanLinear made, LayerMatch match) = Convert(source, WithBias(options, source.Bias is not null), samples is null ? null : ConversionSamples.Of(samples, source.InFeatures));
        return (Placed(made, layer.Coefficients), match);
    }

    /// <summary>The linear layer that comes nearest to a KAN layer: exactly where the KAN layer is one.</summary>
    /// <param name="layer">The layer; it stays as it is.</param>
    /// <param name="samples">Inputs of the layer, any leading dimensions, the last of its inputs; null for none, which fits each edge by itself.</param>
    /// <returns>The linear layer, of the same device and type, and how nearly it computes the same.</returns>
    /// <exception cref="KansformersException">The samples are none, or not finite; or functions behind a layer norm are to be fitted without samples.</exception>
    public static (Linear Layer, LayerMatch Match) ToLinear(KanLinear layer, Tensor? samples = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        ConversionSource source = ConversionSource.Of(layer.Tensors);
        Linear linear = nn.Linear(layer.InFeatures, layer.OutFeatures, dtype: layer.Coefficients.dtype, device: layer.Coefficients.device);
        return (linear, FitLinear(source, BaseActivation.Identity, (linear.weight, linear.bias), layer.Options, samples is null ? null : ConversionSamples.Of(samples, source.InFeatures)));
    }

    /// <summary>Sets a linear layer to what comes nearest to a source.</summary>
    internal static LayerMatch FitLinear(ConversionSource source, BaseActivation before, (Tensor Weight, Tensor? Bias) linear, KanOptions options, ConversionSamples? samples)
    {
        using var scope = NewDisposeScope();
        (Tensor weight, Tensor? bias) = new LinearFit(source, before, linear.Bias is not null).Solve(ConversionPoints.Of(samples?.All, options, source.IsNormed), samples?.Seen);
        linear.Weight.copy_(weight);
        if (linear.Bias is not null)
            linear.Bias.copy_(bias!);
        Tensor w = weight.to_type(ScalarType.Float32);
        Tensor? b = bias?.to_type(ScalarType.Float32);
        return Measure(x => nn.functional.linear(BaseActivations.Apply(before, x), w, b), source, samples, KanAgreement.Fitted);
    }

    // A layer's own branch can have the bias already.
    internal static KanOptions WithBias(KanOptions options, bool hasBias) =>
        !hasBias || options.Bias || (options.Sharing.IsEdge && options.BaseActivation is not null && options.Names.BaseBias is not null) ? options : options with { Bias = true };

    internal static (KanLinear Layer, LayerMatch Match) Convert(ConversionSource source, KanOptions options, ConversionSamples? samples)
    {
        (KanLinear layer, KanAgreement how) = new ConversionTarget(options, source).Make(samples?.All);
        try
        {
            return (layer, Measure(layer.forward, source, samples, how));
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }

    private static LayerMatch Measure(Func<Tensor, Tensor> layer, ConversionSource source, ConversionSamples? samples, KanAgreement how)
    {
        using var scope = NewDisposeScope();
        Tensor x = samples?.Seen ?? Normal(source.InFeatures);
        Tensor wanted = source.Forward(x), made = layer(x.to_type(ScalarType.Float32)).to_type(ScalarType.Float64);
        return new LayerMatch(how, (wanted - made).abs().max().item<double>(), wanted.abs().max().item<double>(), x.shape[0])
        {
            Range = samples is null ? null : (samples.All.min().item<double>(), samples.All.max().item<double>()),
        };
    }

    // The same numbers at every call, whatever the state of the global generator.
    private static Tensor Normal(long inputs)
    {
        using Generator chance = new(1);
        return randn([Probes, inputs], dtype: ScalarType.Float64, generator: chance);
    }

    internal static KanLinear Placed(KanLinear layer, Tensor like)
    {
        layer.to(like.dtype);
        layer.to(like.device);
        return layer;
    }
}
