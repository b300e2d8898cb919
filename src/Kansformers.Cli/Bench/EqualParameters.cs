using Kansformers.Transformers;

namespace Kansformers.Cli.Bench;

/// <summary>Finds the model of plain linear layers that has about as many parameters as another: the same depth and heads, another width.</summary>
internal static class EqualParameters
{
    /// <summary>The options with the width, a multiple of the heads, whose parameter count comes closest.</summary>
    public static ModelOptions Find(ModelOptions options, long parameters)
    {
        ModelOptions linear = options.WithoutKan();
        int step = Fits(1) ? 1 : 2; // rotary positions turn pairs

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

        ModelOptions With(long headSize) => linear with { Width = checked((int)(headSize * step * options.Heads)) };
        bool Fits(int size)
        {
            try
            {
                (linear with { Width = size * options.Heads }).Validate();
                return true;
            }
            catch (KansformersException)
            {
                return false;
            }
        }

        long Count(long headSize) => ModelDescription.Of(With(headSize)).ParameterCount;
    }
}
