using System.CommandLine;
using Kansformers.Cli.Bench;
using Kansformers.Inspection;
using Spectre.Console;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan info MODEL</c>: a small network's shape, its inputs and grids, its edges and their formulas.</summary>
internal static class KanInfo
{
    public static Command Create()
    {
        NetworkChoice model = new();
        Command command = new("info", "A small network's levels, its inputs with their grids and scaling, its edges and their formulas.");
        model.AddTo(command);
        command.SetAction(parsed =>
        {
            KanNetwork network = model.Load(parsed);
            string path = Path.GetFullPath(parsed.GetValue(model.Path)!);
            if (parsed.GetValue(model.Json))
                JsonOutput.Print(Fields(network, path));
            else
                Show(network, path);
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    /// <summary>The parameters of the edges that count: of a curve coefficients and two scales, of a formula four numbers.</summary>
    private static int Parameters(KanNetwork network) => NetworkEdge.All(network).Sum(edge => edge.Formula is null ? edge.Layer.Functions + 2 : 4);

    private static object Fields(KanNetwork network, string path) => new
    {
        Model = path,
        Widths = network.Options.Widths.Select(width => new { width.Nodes, width.Arities }),
        GridSizes = network.Layers.Select(layer => layer.GridSize),
        SplineOrders = network.Layers.Select(layer => layer.Order),
        Parameters = Parameters(network),
        Edges = network.Layers.Sum(layer => layer.Subnodes * layer.Inputs),
        LiveEdges = network.Layers.Sum(layer => layer.LiveEdges),
        Inputs = Enumerable.Range(0, network.InputColumns.Count).Select(input => Input(network, input)),
        Targets = network.TargetScaling.Select(scaling => new { scaling.Name, scaling.Shift, scaling.Scale }),
        Formulas = NetworkEdge.All(network).Where(edge => edge.Formula is not null).Select(edge => new { edge.Place, Function = edge.Formula!.Function.Name, edge.Formula.A, edge.Formula.B, edge.Formula.C, edge.Formula.D }),
    };

    private static object Input(KanNetwork network, int input)
    {
        int column = network.InputColumns[input];
        (double low, double high) = NetworkInput.GridRange(network, input);
        ColumnScaling? scaling = network.InputScaling.Count > column ? network.InputScaling[column] : null;
        return new { Name = NetworkInput.Name(network, column), Column = column, GridLow = low, GridHigh = high, scaling?.Shift, scaling?.Scale };
    }

    private static void Show(KanNetwork network, string path)
    {
        Console.WriteLine($"model       {path}");
        Console.WriteLine($"network     {network}");
        Console.WriteLine($"parameters  {Parameters(network)}");
        if (network.TargetScaling.Count > 0)
            Console.WriteLine($"target      {string.Join(", ", network.TargetScaling.Select(scaling => scaling.Name))}");
        Table inputs = ResultTable.New("input", "grid from", "to", "edges");
        for (int input = 0; input < network.InputColumns.Count; input++)
        {
            (double low, double high) = NetworkInput.GridRange(network, input);
            int edges = Enumerable.Range(0, network.Layers[0].Subnodes).Count(output => network.Layers[0].IsLive(output, input));
            inputs.AddRow(Markup.Escape(NetworkInput.Name(network, network.InputColumns[input])), Numbers.Short(low), Numbers.Short(high), Numbers.Short(edges));
        }

        Tables.Print(inputs);
        NetworkEdge[] formulas = [.. NetworkEdge.All(network).Where(edge => edge.Formula is not null)];
        if (formulas.Length == 0)
            return;
        Table table = ResultTable.New("edge (layer,input,output)", "formula");
        foreach (NetworkEdge edge in formulas)
            table.AddRow(edge.Place, Markup.Escape(edge.Formula!.Express(new Variable("x")).Round(6).Simplify().ToText()));
        Tables.Print(table);
    }
}
