using Kansformers.Runtime;

namespace Kansformers.Evaluation;

/// <summary>Rows that are shown with their answers before others: the same for all, so that they are computed once, but a row is never shown to itself.</summary>
internal sealed class FewShotExamples
{
    private readonly TaskExample[] _shown;
    private readonly int _count;
    private readonly string _separator;

    /// <param name="data">The task; its own source of examples, or else its rows.</param>
    /// <param name="count">How many each row sees.</param>
    /// <param name="seed">Decides which.</param>
    /// <exception cref="KansformersException">There are not so many rows.</exception>
    public FewShotExamples(TaskData data, int count, long seed)
    {
        IReadOnlyList<TaskExample> source = count == 0 ? [] : data.Shown?.Value ?? data.Examples;
        int needed = data.Shown is null ? count + 1 : count;
        if (count > 0 && source.Count < needed)
            throw new KansformersException($"few-shot is {count}, but the task '{data.Definition.Name}' has {source.Count} rows to take examples from; ask for fewer");
        (_count, _separator) = (count, data.Definition.FewShot.Separator);
        _shown = count == 0 ? [] : Draw(source, needed, seed);
    }

    /// <summary>A row's context with the examples before it.</summary>
    public string Before(TaskExample row, string context) => _count == 0 ? context
        : string.Concat(_shown.Where(shown => !ReferenceEquals(shown, row)).Take(_count).Select(shown => shown.Shown + _separator)) + context;

    // Different rows, in the order in which they are drawn.
    private static TaskExample[] Draw(IReadOnlyList<TaskExample> source, int count, long seed)
    {
        KeyedDraws draws = new(KeyedDraws.Key(seed));
        TaskExample[] all = [.. source];
        for (int i = 0; i < count; i++)
        {
            int at = i + draws.Next(all.Length - i);
            (all[i], all[at]) = (all[at], all[i]);
        }

        return all[..count];
    }
}
