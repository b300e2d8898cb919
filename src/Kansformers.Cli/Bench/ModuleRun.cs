using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>A module's forward and backward pass as a contestant.</summary>
/// <param name="module">The module.</param>
/// <param name="x">Its input; where it wants a gradient, that is computed too.</param>
/// <param name="upstream">The gradient of its output.</param>
internal sealed class ModuleRun(nn.Module<Tensor, Tensor> module, Tensor x, Tensor upstream)
{
    private readonly Parameter[] _parameters = [.. module.parameters()];
    private Tensor? _y;

    public Contestant As(string name) => new(name, Forward, Backward, Forget);

    public void Forward() => _y = module.forward(x).DetachFromDisposeScope();

    public void Backward()
    {
        using var scope = NewDisposeScope();
        _y!.backward([upstream]);
    }

    /// <summary>Drops the output and all gradients, so that the next pass writes new ones instead of adding to them.</summary>
    public void Forget()
    {
        _y?.Dispose();
        _y = null;
        foreach (Tensor tensor in _parameters.Append(x))
        {
            tensor.grad?.Dispose();
            tensor.grad = null;
        }
    }
}
