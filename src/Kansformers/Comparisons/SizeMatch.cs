using System.Text.Json.Nodes;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Comparisons;

/// <summary>Brings a model to a number of parameters by the one size that does not change what kind of model it is.</summary>
internal static class SizeMatch
{
    // Sizes of a vector of the processor multiply without a remainder; it is not worth more than a hundredth of the budget.
    private const int InnerStep = 8;
    private const double Worth = 0.99;
    private const string Inner = "inner";

    // Groups and the sizes of heads come again within so many sizes.
    private const int Near = 256;

    /// <summary>
    /// The model with the largest inner width of its feed-forward parts, or where its family has no such option the largest width, that has at most so many
    /// parameters. Inner widths are multiples of 8 where that costs less than a hundredth of the parameters, widths multiples of the heads; sizes that the model
    /// refuses, since groups do not divide them, are passed over.
    /// </summary>
    /// <param name="options">The model, with its vocabulary.</param>
    /// <param name="budget">The most parameters.</param>
    /// <exception cref="KansformersException">The smallest such model is larger.</exception>
    public static ModelOptions Fit(ModelOptions options, long budget)
    {
        bool hasInner = RunConfig.ToJson(options).ContainsKey(Inner);
        ModelOptions? nearest = Fit(options, budget, hasInner ? 1 : options.Heads, out long least), round = hasInner ? Fit(options, budget, InnerStep, out _) : null;
        if (nearest is not null)
            return round is not null && Size(round) >= Worth * Size(nearest) ? round : nearest;
        string smallest = least > 0 ? FormattableString.Invariant($"the smallest such model has {least}: ") : "";
        throw new KansformersException(FormattableString.Invariant($"no {(hasInner ? "inner width" : "width")} gives at most {budget} parameters; {smallest}raise the budget of the match, or lower the model's other sizes"));
    }

    private static long Size(ModelOptions options) => ModelDescription.Of(options).ParameterCount;

    // Null where even the smallest model has more, whose number is then told.
    private static ModelOptions? Fit(ModelOptions options, long budget, int step, out long least)
    {
        JsonObject json = RunConfig.ToJson(options);
        bool hasInner = json.ContainsKey(Inner);
        least = 0;

        // The number of parameters grows with the size: halve the range that holds the first one with too many, then go down to one that the model takes.
        int low = 0, high = 1;
        for (; Count(high) <= budget; high *= 2)
            low = high;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            (low, high) = Count(middle) <= budget ? (middle, high) : (low, middle);
        }

        for (; low > 0; low--)
        {
            if (TryMake(low) is ModelOptions made)
                return made;
        }

        least = Enumerable.Range(1, Near).Select(TryMake).OfType<ModelOptions>().Select(Size).FirstOrDefault();
        return null;

        // Of a size that the model refuses, that of the next one that it takes.
        long Count(int size)
        {
            for (int next = size; next < size + Near; next++)
            {
                if (TryMake(next) is ModelOptions made)
                    return Size(made);
            }

            return long.MaxValue;
        }

        ModelOptions? TryMake(int size)
        {
            try
            {
                ModelOptions made = options with { Width = hasInner ? options.Width : checked(size * step) };
                if (hasInner)
                {
                    json[Inner] = checked(size * step);
                    made = RunConfig.ParseModel(json);
                }

                made.Validate();
                return made;
            }
            catch (Exception failure) when (failure is KansformersException or OverflowException)
            {
                return null;
            }
        }
    }
}
