using TorchSharp;

namespace Kansformers.Tests.Training;

/// <summary>Tests with tensors too small for threads to share: waiting for one another would be most of the work on a busy machine.</summary>
public abstract class OneThread : IDisposable
{
    private readonly int _threads;

    protected OneThread()
    {
        _threads = torch.get_num_threads();
        torch.set_num_threads(1);
    }

    public void Dispose() => torch.set_num_threads(_threads);
}
