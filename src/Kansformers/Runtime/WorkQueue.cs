using static TorchSharp.torch;

namespace Kansformers.Runtime;

/// <summary>Independent pieces of work that as many threads as libtorch uses take one after the other: a thread that is held up leaves more to the others.</summary>
internal sealed class WorkQueue
{
    private readonly int _items;
    private int _next;

    private WorkQueue(int items) => _items = items;

    /// <summary>Runs <paramref name="work"/> on every thread at once; it ends when <see cref="TryTake"/> has nothing left.</summary>
    /// <param name="items">How many pieces there are.</param>
    /// <param name="isWorthThreads">Whether they are large enough for more than one thread.</param>
    /// <param name="work">A thread's part.</param>
    public static void Run(int items, bool isWorthThreads, Action<WorkQueue> work)
    {
        WorkQueue queue = new(items);
        int threads = isWorthThreads ? Math.Min(get_num_threads(), items) : 1;
        if (threads <= 1)
            work(queue);
        else
            Parallel.For(0, threads, _ => work(queue));
    }

    /// <summary>Takes the next piece.</summary>
    public bool TryTake(out int item)
    {
        item = Interlocked.Increment(ref _next) - 1;
        return item < _items;
    }
}
