using Kansformers.Transformers;

namespace Kansformers.Cli.Bench;

/// <summary>Finds the model of plain linear layers that has about as many parameters as another: the same depth and heads, another width.</summary>
internal static class EqualParameters
{
    /// <summary>The options with the width, a multiple of the heads, whose parameter count comes closest.</summary>
    public static ModelOptions Find(ModelOptions options, long parameters)
    {
        // The number grows with the width: halve the range that holds the first width with too many.
        long low = 0, high = 1;
        for (; Count(high) < parameters; high *= 2)
            low = high;
        while (high - low > 1)
        {
            long middle = (low + high) / 2;
            (low, high) = Count(middle) < parameters ? (middle, high) : (low, middle);
        }

        return With(low > 0 && parameters - Count(low) < Count(high) - parameters ? low : high);

        ModelOptions With(long headSize) => options with { Placement = KanPlacement.None, Width = checked((int)(headSize * options.Heads)) };
        long Count(long headSize) => ModelDescription.Of(With(headSize)).ParameterCount;
    }
}
