using BenchmarkDotNet.Attributes;
using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Benchmarks;

/// <summary>
/// A feed-forward part of 1024 tokens, 192 to 768 to 192, forward and backward: with GELU between two KAN layers, with GELU as the base activation of the second one,
/// and linear. All three compute the same.
/// </summary>
public class MovedActivation
{
    private const int Tokens = 1024, Width = 192, Inner = 768;

    private DisposeScope? _scope;
    private Linear _up = null!, _down = null!;
    private KanLinear _kanUp = null!, _kanDown = null!, _geluDown = null!;
    private Tensor _x = null!, _gradient = null!;

    /// <summary>Which edges share a function.</summary>
    [Params("edge", "channel", "group:8")]
    public string Sharing { get; set; } = "edge";

    [GlobalSetup]
    public void Setup()
    {
        LibTorch.Load();
        random.manual_seed(1);
        _scope = NewDisposeScope();
        (_up, _down) = (nn.Linear(Width, Inner), nn.Linear(Inner, Width));
        _x = randn(Tokens, Width).requires_grad_();
        _gradient = randn(Tokens, Width);
        KanOptions options = KanConversion.Suited(new BSplineOptions { Sharing = KanSharing.Parse(Sharing) });
        _kanUp = KanConversion.FromLinear(_up, options, _x).Layer;
        using (no_grad())
        {
            Tensor inner = _up.forward(_x);
            _kanDown = KanConversion.FromLinear(_down, options, F.gelu(inner)).Layer;
            _geluDown = KanConversion.FromLinear(new LinearMap(_down.weight, _down.bias) { Before = BaseActivation.Gelu }, KanConversion.Suited(options, BaseActivation.Gelu), inner).Layer;
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _scope?.Dispose();

    [Benchmark(Baseline = true)]
    public void Between() => Run(x => _kanDown.forward(F.gelu(_kanUp.forward(x))), _kanUp, _kanDown);

    [Benchmark]
    public void Inside() => Run(x => _geluDown.forward(_kanUp.forward(x)), _kanUp, _geluDown);

    [Benchmark]
    public void Linear() => Run(x => _down.forward(F.gelu(_up.forward(x))), _up, _down);

    private void Run(Func<Tensor, Tensor> part, params nn.Module[] layers)
    {
        using var scope = NewDisposeScope();
        part(_x).backward([_gradient]);
        foreach (nn.Module layer in layers)
            layer.zero_grad();
        _x.grad?.zero_();
    }
}
