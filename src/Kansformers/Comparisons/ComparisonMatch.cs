using System.Globalization;

namespace Kansformers.Comparisons;

/// <summary>What the number of steps of each model is set by.</summary>
public enum StepMatch
{
    /// <summary>Its own settings.</summary>
    Settings,

    /// <summary>Operations of training: 6 for each weight of a product and token, 12 · layers · width · block size for attention, and what learned functions take.</summary>
    Flops,

    /// <summary>Seconds of training, by a short timing of each model alone on the machine.</summary>
    Seconds,
}

/// <summary>What models are made equal in before they are compared.</summary>
public sealed record ComparisonMatch
{
    private const string Parameters = "parameters", Flops = "flops", Seconds = "seconds", None = "none";

    /// <summary>Whether models are brought to the same number of parameters: at most the budget, as near to it as their sizes allow.</summary>
    public bool Sizes { get; init; }

    /// <summary>The budget of parameters; null for those of the first model.</summary>
    public long? MostParameters { get; init; }

    /// <summary>What sets the number of steps.</summary>
    public StepMatch Steps { get; init; }

    /// <summary>The budget of operations or seconds; null for what the first model takes for its own steps.</summary>
    public double? Budget { get; init; }

    /// <summary>Reads <c>none</c>, or <c>parameters</c>, <c>flops</c> or <c>seconds</c>, each perhaps with a budget: <c>parameters=805000,seconds=120</c>.</summary>
    /// <param name="text">The words, joined by commas.</param>
    /// <exception cref="KansformersException">A word is none of these, or a budget is no positive number.</exception>
    public static ComparisonMatch Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Trim() == None)
            return new ComparisonMatch();
        ComparisonMatch match = new();
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] parts = word.Split('=', 2, StringSplitOptions.TrimEntries);
            double? budget = parts.Length < 2 ? null : Budgeted(text, parts[1]);
            match = parts[0] switch
            {
                Parameters when !match.Sizes => match with { Sizes = true, MostParameters = (long?)budget },
                Flops when match.Steps == StepMatch.Settings => match with { Steps = StepMatch.Flops, Budget = budget },
                Seconds when match.Steps == StepMatch.Settings => match with { Steps = StepMatch.Seconds, Budget = budget },
                _ => throw new KansformersException($"match is '{text}'; it must be {None}, or {Parameters} and one of {Flops} and {Seconds}, joined by a comma, each with =BUDGET or without"),
            };
        }

        return match;
    }

    /// <summary>The text that <see cref="Parse"/> reads back.</summary>
    public override string ToString()
    {
        string[] words =
        [
            .. Sizes ? [Word(Parameters, MostParameters)] : Array.Empty<string>(),
            .. Steps == StepMatch.Settings ? [] : new[] { Word(Steps == StepMatch.Flops ? Flops : Seconds, Budget) },
        ];
        return words.Length == 0 ? None : string.Join(',', words);

        static string Word(string name, double? budget) => budget is double value ? string.Create(CultureInfo.InvariantCulture, $"{name}={value}") : name;
    }

    private static double Budgeted(string text, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number is > 0 and < 1e18 ? number
            : throw new KansformersException($"match is '{text}'; the budget '{value}' must be a number above 0");
}
