using System.Text.Json.Nodes;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Comparisons;

/// <summary>Brings a model to a number of parameters by the one size that does not change what kind of model it is.</summary>
internal static class SizeMatch
{
    // Sizes of a vector of the processor multiply without a remainder.
    private const int InnerStep = 8;
    private const string Inner = "inner";

    /// <summary>
    /// The model with the largest inner width of its feed-forward parts, or where its family has no such option the largest width, that has at most so many
    /// parameters. Inner widths are multiples of 8, widths of the heads; sizes that the model refuses, since groups do not divide them, are passed over.
    /// </summary>
    /// <param name="options">The model, with its vocabulary.</param>
    /// <param name="budget">The most parameters.</param>
    /// <exception cref="KansformersException">The smallest such model is larger.</exception>
    public static ModelOptions Fit(ModelOptions options, long budget)
    {
        JsonObject json = RunConfig.ToJson(options);
        bool hasInner = json.ContainsKey(Inner);
        int step = hasInner ? InnerStep : options.Heads;

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

        long least = Enumerable.Range(1, 64).Select(TryMake).OfType<ModelOptions>().Select(made => ModelDescription.Of(made).ParameterCount).DefaultIfEmpty(0).First();
        throw new KansformersException(FormattableString.Invariant($"no {(hasInner ? "inner width" : "width")} gives at most {budget} parameters; {(least > 0 ? FormattableString.Invariant($"the smallest such model has {least}: ") : "")}")
            + "raise the budget of the match, or lower the model's other sizes");

        // Of a size that the model refuses, that of the next one that it takes: groups and the sizes of heads come again soon.
        long Count(int size)
        {
            for (int next = size; next < size + 64; next++)
            {
                if (TryMake(next) is ModelOptions made)
                    return ModelDescription.Of(made).ParameterCount;
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
