using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Inputs of a layer on which its conversion is fitted and measured.</summary>
/// <param name="Seen">(samples, in), double, on the CPU: what went in, on which errors are measured.</param>
/// <param name="All">The same and, where the extremes of each input are known, a row of the smallest and one of the largest values, which never came together: grids and functions reach there.</param>
internal sealed record ConversionSamples(Tensor Seen, Tensor All)
{
    /// <summary>Samples as a caller gives them.</summary>
    /// <param name="samples">Any leading dimensions, the last of the layer's inputs.</param>
    /// <param name="inputs">The layer's inputs.</param>
    /// <param name="invented">How many of the last rows are extremes.</param>
    /// <exception cref="ArgumentException">The last dimension is another.</exception>
    /// <exception cref="KansformersException">There are none, or values that are NaN or infinite.</exception>
    public static ConversionSamples Of(Tensor samples, long inputs, int invented = 0)
    {
        if (samples.dim() < 1 || samples.shape[^1] != inputs)
            throw new ArgumentException($"the samples have shape ({string.Join(", ", samples.shape)}); their last dimension must be {inputs}", nameof(samples));
        Tensor rows = samples.detach().reshape(-1, inputs).cpu().to_type(ScalarType.Float64);
        if (rows.shape[0] == 0)
            throw new KansformersException("there are no samples to calibrate on");
        long broken = rows.isfinite().logical_not().sum().item<long>();
        return broken == 0 ? new(rows.slice(0, 0, rows.shape[0] - invented, 1), rows) : throw new KansformersException($"{broken} of the {rows.numel()} sample values are NaN or infinite");
    }

    /// <summary>The samples behind an activation.</summary>
    public ConversionSamples Behind(BaseActivation activation) => new(BaseActivations.Apply(activation, Seen), BaseActivations.Apply(activation, All));
}
