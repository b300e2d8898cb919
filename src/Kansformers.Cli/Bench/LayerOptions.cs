using System.CommandLine;
using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Cli.Bench;

/// <summary>Which layers to measure.</summary>
internal sealed class LayerOptions
{
    private const string All = "all", SharedInPublic = "group:8";

    public readonly Option<string> Shape = new("--shape") { Description = "INxOUT, several joined by commas", DefaultValueFactory = _ => "128x512,512x128" };
    public readonly Option<long> Tokens = new("--tokens") { Description = "rows of the input", DefaultValueFactory = _ => 8192 };
    public readonly Option<string[]> Kinds = new("--kan")
    {
        Description = $"kinds of KAN layer, several separated by blanks, or {All}: {string.Join(", ", KanKinds.Names)}; with options of their own as in chebyshev:degree=6,sharing=group:8",
        DefaultValueFactory = _ => [KanKinds.Names[0]], AllowMultipleArgumentsPerToken = true,
    };

    public readonly Option<string?> GridSize = new("--grid-size") { Description = "knot intervals of each spline, or centres, several joined by commas [default: the kind's]" };
    public readonly Option<int?> SplineOrder = new("--spline-order") { Description = "degree of the spline pieces [default: 3]" };
    public readonly Option<string?> Sharing = new("--kan-sharing") { Description = "edge, channel or group:N [default: the kind's]" };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Shape, Tokens, Kinds, GridSize, SplineOrder, Sharing })
            command.Add(option);
    }

    /// <summary>The layers of <c>--kan</c> alone.</summary>
    public IReadOnlyList<KanOptions> ReadKinds(ParseResult parsed)
    {
        try
        {
            return [.. parsed.GetValue(Kinds)!.SelectMany(text => text == All ? KanKinds.All : [KanSettings.Parse(text)]).Select(kind => With(kind, "sharing", parsed.GetValue(Sharing)))];
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    /// <summary>
    /// The networks of <c>--public</c>: the kinds of <c>--kan</c>, all of them unless told otherwise, with the sharing that is said, or else with the kind's own and,
    /// where that is a function for each edge, with eight groups too.
    /// </summary>
    public IReadOnlyList<PublicNetwork> ReadPublic(ParseResult parsed)
    {
        foreach (Option option in new Option[] { Shape, Tokens, GridSize, SplineOrder })
        {
            if (OptionRules.IsGiven(parsed, option))
                throw new UsageException($"--public has a network of its own: leave {option.Name} out, or --public");
        }

        string? sharing = parsed.GetValue(Sharing);
        string[] texts = OptionRules.IsGiven(parsed, Kinds) ? parsed.GetValue(Kinds)! : [All];
        try
        {
            return
            [
                .. from text in texts.SelectMany(text => text == All ? KanKinds.Names : [text])
                   let named = KanSettings.Parse(text)
                   let own = With(named, "sharing", sharing)
                   let several = own.Sharing.IsEdge && sharing is null && named == KanKinds.Named(named.Kind)
                   from kind in several ? [own, KanSettings.With(own, "sharing", SharedInPublic)] : new[] { own }
                   select new PublicNetwork().For(Valid(kind), sized: named == KanKinds.Named(named.Kind)),
            ];
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    public IReadOnlyList<LayerCase> Read(ParseResult parsed, IReadOnlyList<Precision> precisions)
    {
        long tokens = parsed.GetValue(Tokens);
        BenchOptions.RequireAtLeast("--tokens", tokens, 1);
        string?[] grids = parsed.GetValue(GridSize) is string sizes ? [.. BenchOptions.Numbers("--grid-size", sizes, 1).Select(size => $"{size}")] : [null];
        (long In, long Out)[] shapes = [.. parsed.GetValue(Shape)!.Split(',').Select(ReadShape)];
        try
        {
            LayerCase[] cases =
            [
                .. from kind in ReadKinds(parsed)
                   from shape in shapes
                   from precision in precisions
                   from grid in grids
                   let options = With(With(kind, "grid-size", grid), "spline-order", parsed.GetValue(SplineOrder)?.ToString(System.Globalization.CultureInfo.InvariantCulture))
                   select new LayerCase { In = shape.In, Out = shape.Out, Tokens = tokens, Options = options, Precision = precision },
            ];
            foreach (LayerCase one in cases)
                Valid(one.Options).Sharing.FunctionsOf(one.In);
            return cases;
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    private static KanOptions Valid(KanOptions options)
    {
        options.Validate();
        return options;
    }

    private static KanOptions With(KanOptions options, string name, string? value) => value is null ? options : KanSettings.With(options, name, value);

    private static (long In, long Out) ReadShape(string text) =>
        text.Split('x') is [string from, string to] && long.TryParse(from, out long inputs) && long.TryParse(to, out long outputs) && inputs > 0 && outputs > 0
            ? (inputs, outputs)
            : throw new UsageException($"--shape '{text}' must be INxOUT, as in 128x512");
}
