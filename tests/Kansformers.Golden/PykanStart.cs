using Kansformers.Inspection;
using Kansformers.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>
/// The weights that pykan's constructor draws for a seed: torch's own stream of random numbers in pykan's order. A golden file whose <c>param.*</c> were overwritten by the
/// fit (they shared their memory) no longer holds them, but what the network computed with them tells the seed.
/// </summary>
internal static class PykanStart
{
    private const int Seeds = 10_000;

    // What is left of a curve when the seed is right is rounding.
    private const double Rounding = 1e-12;

    /// <summary>Gives a network the first weights.</summary>
    /// <param name="network">A network with the right grids; its coefficients and scales are overwritten.</param>
    /// <param name="samples">What enters.</param>
    /// <param name="curve">What the edge from input 0 to output 0 of the first layer came to with the weights that are looked for.</param>
    /// <returns>The seed and pykan's noise_scale; null where no seed below 10000 makes such a curve.</returns>
    public static (int Seed, double NoiseScale)? Find(KanNetwork network, Samples samples, ReadOnlySpan<double> curve)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            // The curve is its base and noise_scale times the spline of noise 1.
            Draw(network, seed, 1);
            KanNetworkLayer first = network.Layers[0];
            double[] unit = network.Trace(samples).Edge(0, 0, 0).ToArray();
            double spline = first.SplineScale[0];
            first.SplineScale[0] = 0;
            double[] rest = network.Trace(samples).Edge(0, 0, 0).ToArray();
            first.SplineScale[0] = spline;
            DoubleVectors.AddScaled(unit, -1, rest);
            DoubleVectors.Affine(rest, rest, -1, 0);
            DoubleVectors.AddScaled(rest, 1, curve);
            double scale = DoubleVectors.Dot(rest, unit) / DoubleVectors.Dot(unit, unit);
            DoubleVectors.AddScaled(rest, -scale, unit);
            if (DoubleVectors.LargestMagnitude(rest) > Rounding * DoubleVectors.LargestMagnitude(curve))
                continue;
            double told = Math.Round(scale, 9); // a person wrote it
            Draw(network, seed, told);
            return (seed, told);
        }

        return null;
    }

    private static void Draw(KanNetwork network, int seed, double noiseScale)
    {
        using Generator random = new((ulong)seed);
        foreach (KanNetworkLayer layer in network.Layers)
        {
            (int inputs, int outputs, int points) = (layer.Inputs, layer.Subnodes, layer.GridSize + 1);
            double[] noise = Uniform(points * inputs * outputs, random), bases = Uniform(inputs * outputs, random);
            double root = Math.Sqrt(inputs);
            for (int input = 0; input < inputs; input++)
            {
                double[] values = new double[outputs * points];
                for (int output = 0; output < outputs; output++)
                {
                    for (int point = 0; point < points; point++)
                        values[output * points + point] = (noise[(point * inputs + input) * outputs + output] - 0.5) * noiseScale / layer.GridSize;
                }

                ReadOnlySpan<double> inner = layer.KnotsOf(input)[layer.Order..^layer.Order];
                SplineFit.Coefficients(layer.Tables[input], layer.Order, inner, values).CopyTo(layer.Coefficients, input * outputs * layer.Functions);
            }

            for (int edge = 0; edge < bases.Length; edge++)
                (layer.BaseScale[edge], layer.SplineScale[edge], layer.Mask[edge]) = ((2 * bases[edge] - 1) / root, 1 / root, 1);
        }
    }

    private static double[] Uniform(int count, Generator random)
    {
        using Tensor drawn = rand(count, dtype: ScalarType.Float64, generator: random);
        return drawn.data<double>().ToArray();
    }
}
