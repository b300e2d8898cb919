using System.CommandLine;
using Kansformers.Kan;

namespace Kansformers.Cli;

/// <summary>The options that choose a KAN layer.</summary>
internal sealed class KanChoice
{
    public readonly Option<string> Kind = new("--kan")
    {
        Description = $"the kind of KAN layer: {string.Join(", ", KanKinds.Names)}; with options of its own as in chebyshev:degree=6,norm=none; switch computes the exact function and derivatives, switch:rule=program what faster-kan does (its width acts on gradients alone), for its weights", DefaultValueFactory = _ => KanKinds.Names[0],
    };

    public readonly Option<string?> Sharing = new("--kan-sharing") { Description = "a function for each edge, each input, or each of N groups of inputs: edge, channel or group:N [default: the kind's]" };
    public readonly Option<int?> GridSize = new("--grid-size") { Description = "knot intervals of each spline, or centres [default: the kind's; 5 for bspline]" };
    public readonly Option<int?> SplineOrder = new("--spline-order") { Description = "degree of the spline pieces [default: 3]" };
    public readonly Option<string?> GridRange = new("--grid-range") { Description = "the range that the grid covers, LOW,HIGH [default: the kind's; -1,1 for bspline]" };
    public readonly Option<string?> BaseActivation = new("--base-activation")
    {
        Description = $"beside the basis: {string.Join(", ", Enum.GetNames<BaseActivation>()).ToLowerInvariant()}, or none [default: the kind's; silu for bspline]",
    };

    public Option[] All => [Kind, Sharing, GridSize, SplineOrder, GridRange, BaseActivation];

    /// <summary>The layer that was chosen.</summary>
    /// <exception cref="UsageException">Something does not fit.</exception>
    /// <param name="parsed">The command line.</param>
    /// <param name="unsaid">A kind's options where nothing is given; null for its own.</param>
    public KanOptions Read(ParseResult parsed, Func<KanOptions, KanOptions>? unsaid = null)
    {
        try
        {
            RequireOnce(parsed);

            // Sharing first, which decides what a recipe says of a kind.
            KanOptions kind = KanSettings.Parse(parsed.GetValue(Kind)!);
            KanOptions options = With(kind, "sharing", parsed.GetValue(Sharing), Sharing);
            options = KanSettings.Apply((unsaid ?? (own => own))(KanKinds.Named(kind.Kind) with { Sharing = options.Sharing }) with { Sharing = options.Sharing }, parsed.GetValue(Kind)!);
            options = With(options, "sharing", parsed.GetValue(Sharing), Sharing);
            options = With(options, "grid-size", parsed.GetValue(GridSize)?.ToString(System.Globalization.CultureInfo.InvariantCulture), GridSize);
            options = With(options, "spline-order", parsed.GetValue(SplineOrder)?.ToString(System.Globalization.CultureInfo.InvariantCulture), SplineOrder);
            options = With(options, "base-activation", parsed.GetValue(BaseActivation), BaseActivation);
            if (parsed.GetValue(GridRange) is string range)
            {
                (double low, double high) = Range(range);
                options = With(options, "grid-low", low.ToString("R", System.Globalization.CultureInfo.InvariantCulture), GridRange);
                options = With(options, "grid-high", high.ToString("R", System.Globalization.CultureInfo.InvariantCulture), GridRange);
            }

            options.Validate();
            return options;
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    // What stands in --kan as well as in an option of its own would be one or the other without a word.
    private void RequireOnce(ParseResult parsed)
    {
        (Option Option, string Name)[] own = [(Sharing, "sharing"), (GridSize, "grid-size"), (SplineOrder, "spline-order"), (GridRange, "grid-low"), (GridRange, "grid-high"), (BaseActivation, "base-activation")];
        string text = parsed.GetValue(Kind)!;
        string[] named = text.Split(':', 2) is [_, string settings] ? [.. settings.Split(',').Select(setting => setting.Split('=', 2)[0].Trim())] : [];
        foreach ((Option option, string name) in own)
        {
            if (named.Contains(name) && OptionRules.IsGiven(parsed, option))
                throw new UsageException($"'--kan {text}' and {option.Name} both say {name}; leave one of them out");
        }
    }

    private static KanOptions With(KanOptions options, string name, string? value, Option option)
    {
        if (value is null)
            return options;
        if (!KanSettings.Names(options).Contains(name))
            throw new UsageException($"{option.Name} is no option of {options.Kind} layers; they have {string.Join(", ", KanSettings.Names(options))}, as in --kan {options.Kind}:NAME=VALUE");
        if (name == "base-activation" && !value.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            string[] names = Enum.GetNames<BaseActivation>();
            value = names.FirstOrDefault(one => one.Equals(value, StringComparison.OrdinalIgnoreCase))
                ?? throw new UsageException($"unknown base activation '{value}': use one of {string.Join(", ", names)}");
        }

        return KanSettings.With(options, name, value);
    }

    private static (double Low, double High) Range(string text)
    {
        string[] parts = text.Split(',');
        return parts.Length == 2 && double.TryParse(parts[0], System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out double low)
            && double.TryParse(parts[1], System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out double high)
            ? (low, high)
            : throw new UsageException($"--grid-range '{text}' must be two numbers joined by a comma, as in -1,1");
    }
}
