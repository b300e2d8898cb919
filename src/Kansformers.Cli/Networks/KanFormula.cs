using System.CommandLine;
using Kansformers.Cli.Bench;
using Kansformers.Cli.Reading;
using Kansformers.Files;
using Kansformers.Inspection;
using Spectre.Console;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan formula MODEL</c>: functions in place of curves, and one formula of them, checked by evaluating it.</summary>
internal static class KanFormula
{
    public static Command Create()
    {
        KanChange change = new("the file of a small network, as kan fit writes it, or a run folder");
        RunFormula ofRun = new();
        Option<string[]> set = new("--set") { Description = "put a function on an edge: layer,input,output=function, as in 0,1,0=x^2; may be given again" };
        Option<bool> suggest = new("--suggest") { Description = "show the best functions for each curve and change nothing" };
        Option<string?> library = new("--library") { Description = $"the functions to try, joined by commas, of {string.Join(" ", EdgeFunction.All.Select(function => function.Name))} [default: all]" };
        Option<double> least = new("--min-r2") { Description = "refuse a function that fits its curve worse than this; of a run 0.999 unless given", DefaultValueFactory = _ => 0 };
        Option<double> simplicity = new("--simplicity") { Description = "0 to 1: how much a function's simplicity counts against its fit", DefaultValueFactory = _ => 0.8 };
        FormulaOutput output = new();
        OptionRules.NotEmpty(library, set);
        Command command = new("formula", "Functions in place of a small network's curves, chosen or set by hand, and the formula of them all with its error on held-out rows; of a run, functions for the curves that matter most, and the loss with them.") { set, suggest, library, least, simplicity };
        output.AddTo(command);
        change.AddTo(command);
        ofRun.AddTo(command);
        command.SetAction(parsed =>
        {
            CurveFitOptions curves = new() { Functions = Library(parsed.GetValue(library)), SimplicityWeight = parsed.GetValue(simplicity) };
            KanFitOptions.Checked(curves.Validate, curves);
            if (change.IsRun(parsed, out string? to, set, suggest, output.Format, output.File))
            {
                ofRun.Run(parsed, parsed.GetValue(change.Model.Path)!, (to, curves, OptionRules.IsGiven(parsed, least) ? parsed.GetValue(least) : RunFormula.DefaultR2, parsed.GetValue(change.Model.Json)));
                return CommandLineApp.Succeeded;
            }

            OptionRules.RequireUnused(parsed, "a small network", ofRun.All);
            (NetworkEdgePlace Place, EdgeFunction Function)[] byHand = [.. (parsed.GetValue(set) ?? []).Select(NetworkEdgePlace.Parse)];
            using Interruption interruption = new();
            KanNetwork network = change.Model.Load(parsed);
            _ = change.Out(parsed);
            TableSamples samples = change.Samples(parsed, network);
            if (parsed.GetValue(suggest))
                return Suggest(parsed, change, network, samples, curves);
            KanNetwork changed = network.Branch();
            foreach ((NetworkEdgePlace place, EdgeFunction function) in byHand)
                Set(changed, samples, place, function, parsed.GetValue(least));
            if (byHand.Length > 0 && NetworkEdge.All(changed).Any(edge => edge.Formula is null))
            {
                LiveLine.Say($"{NetworkEdge.All(changed).Count(edge => edge.Formula is null)} edges still have curves; kan formula without --set chooses functions for them");
                change.End(parsed, network, changed, samples);
                return CommandLineApp.Succeeded;
            }

            bool ofClasses = samples.Source.Classes.Count > 0;
            FitData data = ofClasses ? ClassFormulas.Data(network, samples) : samples.Data;
            IReadOnlyList<Formula> formulas = changed.FitFormulas(data, new FormulaFitOptions { Curves = curves }, cancellation: interruption.Token);
            RequireFit(network, changed, samples, parsed.GetValue(least));
            string path = change.Out(parsed);
            changed.Save(path);
            string text = output.Text(parsed, formulas, samples.Source);
            if (ofClasses)
            {
                ClassFormulas.Tell(network, samples, formulas, (path, text, output.Write(parsed, text)), parsed.GetValue(change.Model.Json));
                return CommandLineApp.Succeeded;
            }

            Tell(parsed, change, samples, formulas[0], (path, text, output.Write(parsed, text)));
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    private static IReadOnlyList<EdgeFunction> Library(string? text)
    {
        try
        {
            return text is null ? EdgeFunction.All : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(EdgeFunction.Of)];
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    private static void Set(KanNetwork network, TableSamples samples, NetworkEdgePlace place, EdgeFunction function, double least)
    {
        place.Require(network);
        KanTrace trace = network.Trace(samples.Data.Inputs);
        EdgeFit fit = KanNetwork.Suggest(trace, (place.Layer, place.Output, place.Input), new CurveFitOptions { Functions = [function] }) is [EdgeFit only] ? only
            : throw new KansformersException($"'{function}' cannot be on edge {place}: it has no value somewhere in the curve's range, or the curve is not constant");
        if (fit.R2 < least)
            throw new KansformersException(FormattableString.Invariant($"'{function}' on edge {place} has r2 {fit.R2:0.000000}, below --min-r2 {least}"));
        LiveLine.Say(FormattableString.Invariant($"edge {place}: {function}, r2 {fit.R2:0.000000}"));
        network.Layers[place.Layer].SetFormula(place.Output, place.Input, fit.Formula);
    }

    // What stands on the edges against the curves that were there.
    private static void RequireFit(KanNetwork before, KanNetwork after, TableSamples samples, double least)
    {
        if (least <= 0)
            return;
        KanTrace was = before.Trace(samples.Data.Inputs);
        foreach (NetworkEdge edge in NetworkEdge.All(before).Where(edge => edge.Formula is null))
        {
            EdgeFunction function = after.Layers[edge.At].FormulaOf(edge.Output, edge.Input)!.Function;
            double r2 = KanNetwork.Suggest(was, (edge.At, edge.Output, edge.Input), new CurveFitOptions { Functions = [function] }) is [EdgeFit fit, ..] ? fit.R2 : 0;
            if (r2 < least)
                throw new KansformersException(FormattableString.Invariant($"'{function}', the best for edge {edge.Place}, has r2 {r2:0.000000}, below --min-r2 {least}; nothing was changed"));
        }
    }

    private static int Suggest(ParseResult parsed, KanChange change, KanNetwork network, TableSamples samples, CurveFitOptions curves)
    {
        KanTrace trace = network.Trace(samples.Data.Inputs);
        (NetworkEdge Edge, EdgeFit[] Fits)[] all = [.. NetworkEdge.All(network).Select(edge => (edge, KanNetwork.Suggest(trace, (edge.At, edge.Output, edge.Input), curves).Take(5).ToArray()))];
        if (parsed.GetValue(change.Model.Json))
        {
            JsonOutput.Print(new { Edges = all.Select(one => new { Edge = one.Edge.Place, Suggestions = one.Fits.Select(fit => new { Function = fit.Formula.Function.Name, fit.R2, fit.Score }) }) });
            return CommandLineApp.Succeeded;
        }

        Table table = ResultTable.New("edge (layer,input,output)", "best", "2nd", "3rd", "4th", "5th");
        foreach ((NetworkEdge edge, EdgeFit[] fits) in all)
            table.AddRow([edge.Place, .. Enumerable.Range(0, 5).Select(at => at < fits.Length ? FormattableString.Invariant($"{fits[at].Formula.Function} {fits[at].R2:0.0000}") : "")]);
        ResultTable.Write("functions with the r2 of their fits", table);
        return CommandLineApp.Succeeded;
    }

    private static void Tell(ParseResult parsed, KanChange change, TableSamples samples, Formula formula, (string Model, string Text, string? File) made)
    {
        (double[][] columns, double[][] values) = samples.JudgedInUnits;
        FormulaError error = formula.ErrorOn(columns, values[0]);
        bool held = samples.Data.HeldOutInputs is not null;
        if (parsed.GetValue(change.Model.Json))
        {
            JsonOutput.Print(new { made.Model, Formula = made.Text, formula.Variables, error.Rows, HeldOut = held, error.Rmse, error.Largest, error.R2, made.File });
            return;
        }

        Console.WriteLine(made.Text);
        if (double.IsNaN(error.Rmse))
            LiveLine.Say("the formula has no value for some of these rows: something like the logarithm of a negative number");
        Console.WriteLine(FormulaOutput.Line(error, held));
        Console.WriteLine($"model: {made.Model}{(made.File is null ? "" : $", formula: {made.File}")}");
    }
}
