using BenchmarkDotNet.Attributes;
using Kansformers.Inspection;

namespace Kansformers.Benchmarks;

/// <summary>Every function of <see cref="EdgeFunction.All"/> fitted to one curve.</summary>
public class CurveFits
{
    private double[] _x = [], _y = [];

    /// <summary>The curve's samples.</summary>
    [Params(100, 1000)]
    public int Samples { get; set; }

    /// <summary>Draws a curve that few functions fit.</summary>
    [GlobalSetup]
    public void Draw()
    {
        Random random = new(1);
        _x = [.. Enumerable.Range(0, Samples).Select(_ => random.NextDouble() * 4 - 1)];
        _y = [.. _x.Select(x => Math.Tanh(2 * x - 1) + 0.1 * x)];
    }

    /// <summary>All functions, ordered.</summary>
    [Benchmark]
    public int Suggest() => CurveFit.Suggest(_x, _y).Count;
}
