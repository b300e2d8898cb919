using static TorchSharp.torch;

namespace Kansformers.Runtime;

/// <summary>Splits independent rows over as many threads as libtorch uses for its own work, where the work is worth a second thread.</summary>
internal static class Rows
{
    // Handing work to another thread and waiting for it takes some ten microseconds: about this many values of an expansion.
    private const long ValuesPerThread = 1 << 16;

    /// <summary>So many values that are only copied, or turned, cost about what one of an expansion does.</summary>
    public const int CopiesAsOneValue = 4;

    /// <summary>Calls <paramref name="run"/> for ranges of rows that together are all rows. Every row is computed the same whatever the split.</summary>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="valuesPerRow">How many values a row computes.</param>
    /// <param name="run">The first row of a range and the row after its last.</param>
    public static void Run(int rows, long valuesPerRow, Action<int, int> run)
    {
        int parts = (int)Math.Min(Math.Min(get_num_threads(), rows), 1 + rows * valuesPerRow / ValuesPerThread);
        if (parts <= 1)
        {
            run(0, rows);
            return;
        }

        Parallel.For(0, parts, part => run((int)((long)rows * part / parts), (int)((long)rows * (part + 1) / parts)));
    }
}
