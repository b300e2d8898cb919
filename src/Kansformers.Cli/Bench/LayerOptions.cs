using System.CommandLine;
using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Cli.Bench;

/// <summary>Which layers to measure.</summary>
internal sealed class LayerOptions
{
    private static readonly KanOptions Defaults = new();

    public readonly Option<string> Shape = new("--shape") { Description = "INxOUT, several joined by commas", DefaultValueFactory = _ => "128x512,512x128" };
    public readonly Option<long> Tokens = new("--tokens") { Description = "rows of the input", DefaultValueFactory = _ => 8192 };
    public readonly Option<string> GridSize = new("--grid-size") { Description = "knot intervals of each spline, several joined by commas", DefaultValueFactory = _ => $"{Defaults.GridSize}" };
    public readonly Option<int> SplineOrder = new("--spline-order") { Description = "degree of the spline pieces", DefaultValueFactory = _ => Defaults.SplineOrder };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Shape, Tokens, GridSize, SplineOrder })
            command.Add(option);
    }

    public IReadOnlyList<LayerCase> Read(ParseResult parsed, IReadOnlyList<Precision> precisions)
    {
        long tokens = parsed.GetValue(Tokens);
        int order = parsed.GetValue(SplineOrder);
        BenchOptions.RequireAtLeast("--tokens", tokens, 1);
        int[] grids = BenchOptions.Numbers("--grid-size", parsed.GetValue(GridSize)!, 1);
        (long In, long Out)[] shapes = [.. parsed.GetValue(Shape)!.Split(',').Select(ReadShape)];
        try
        {
            (Defaults with { SplineOrder = order }).Validate();
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }

        return
        [
            .. from shape in shapes
               from precision in precisions
               from grid in grids
               select new LayerCase { In = shape.In, Out = shape.Out, Tokens = tokens, GridSize = grid, SplineOrder = order, Precision = precision },
        ];
    }

    private static (long In, long Out) ReadShape(string text) =>
        text.Split('x') is [string from, string to] && long.TryParse(from, out long inputs) && long.TryParse(to, out long outputs) && inputs > 0 && outputs > 0
            ? (inputs, outputs)
            : throw new UsageException($"--shape '{text}' must be INxOUT, as in 128x512");
}
