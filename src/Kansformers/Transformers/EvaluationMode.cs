using static TorchSharp.torch.nn;

namespace Kansformers.Transformers;

/// <summary>Puts a module and all within it into evaluation mode (no dropout) until it is disposed; then each is as it was.</summary>
internal sealed class EvaluationMode : IDisposable
{
    // Parents come before their children, so that setting a parent's mode, which sets the children's too, does no harm.
    private readonly (Module Module, bool Training)[] _before;

    public EvaluationMode(Module module)
    {
        _before = [(module, module.training), .. module.named_modules().Select(entry => (entry.module, entry.module.training))];
        module.eval();
    }

    public void Dispose()
    {
        if (!_before.Any(entry => entry.Training))
            return;
        foreach ((Module module, bool training) in _before)
            module.train(training);
    }
}
