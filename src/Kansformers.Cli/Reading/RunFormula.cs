using System.CommandLine;
using System.Globalization;
using Kansformers.Files;
using Kansformers.Inspection;
using Kansformers.Training;
using Kansformers.Transformers;
using Spectre.Console;

namespace Kansformers.Cli.Reading;

/// <summary><c>kan formula RUN</c>: formulas for the functions that matter most, and what the loss is with them.</summary>
internal sealed class RunFormula
{
    public readonly Option<string?> Layer = new("--layer") { Description = "of a run, which layer alone, by its name or the end of it [default: all KAN layers]" };
    public readonly Option<int> Top = new("--top") { Description = "of a run, how many edges of each layer are tried, those that matter most; shared functions are all tried", DefaultValueFactory = _ => 24 };
    /// <summary>How well a formula must fit to stand for a function, unless it is said.</summary>
    public const double DefaultR2 = 0.999;

    private readonly RunReading _reading = new();

    /// <summary>The options, which are of use for runs alone.</summary>
    public IEnumerable<Option> All => [Layer, Top, .. _reading.All];

    /// <summary>Adds the options.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All)
            command.Add(option);
    }

    /// <summary>Fits, and measures.</summary>
    /// <param name="parsed">The call.</param>
    /// <param name="path">The run.</param>
    /// <param name="call">The file of JSON to write, or null; which functions are tried; how well one must fit; whether the facts are printed as JSON.</param>
    public void Run(ParseResult parsed, string path, (string? Out, CurveFitOptions Curves, double MinR2, bool Json) call)
    {
        if (parsed.GetValue(Top) < 1)
            throw new UsageException($"--top is {parsed.GetValue(Top)}; it must be at least 1");
        if (!(call.MinR2 is >= 0 and <= 1))
            throw new UsageException(FormattableString.Invariant($"--min-r2 is {call.MinR2}; it must be 0 to 1"));
        RunFolder run = RunReading.Open(path);
        using TransformerModel model = _reading.Load(parsed, run);
        ModelReading read = _reading.Read(parsed, run, model);
        LayerReading[] layers = parsed.GetValue(Layer) is string name ? [read.Layer(name)] : [.. read.Layers.Where(layer => layer.Layer.IsEdge || layer.Layer.HasMatrix)];
        List<Found> found = [];
        int tried = 0;
        foreach (LayerReading layer in layers)
        {
            foreach (FunctionReading function in layer.Top(layer.Layer.IsEdge ? parsed.GetValue(Top) : (int)layer.Layer.Functions))
            {
                tried++;
                if (layer.Formulas(function.Place, call.Curves).Where(fit => fit.R2 >= call.MinR2).MinBy(fit => fit.Score) is EdgeFit fit)
                    found.Add(new Found(layer.Layer, function, fit));
            }
        }

        using HeldOutLoss heldOut = new(run);
        double before = heldOut.Of(model);
        (double after, long undefined) = With(model, found, () => heldOut.Of(model));
        object facts = new { Run = run.Folder, Tried = tried, Found = found.Count, call.MinR2, LossBefore = before, LossAfter = after, Undefined = undefined, Formulas = found.Select(one => one.Fields) };
        if (call.Out is string to)
            OutputFile.WriteText(to, JsonOutput.Text(facts) + "\n");
        if (call.Json)
            JsonOutput.Print(facts);
        else
            Show(found, (tried, before, after));
        if (undefined > 0)
            LiveLine.Say($"at {undefined} inputs a formula had no value, as the logarithm of a negative number has none; the function stood there");
    }

    private static (double Loss, long Undefined) With(TransformerModel model, List<Found> found, Func<double> loss)
    {
        using FormulaSubstitution formulas = new(model, found.GroupBy(one => one.Layer.Name).ToDictionary(group => group.Key,
            group => (IReadOnlyDictionary<FunctionPlace, EdgeFormula>)group.ToDictionary(one => one.Function.Place, one => one.Fit.Formula)));
        return (loss(), formulas.Undefined);
    }

    private static void Show(List<Found> found, (int Tried, double Before, double After) facts)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("layer", "function", "formula", "r2");
        foreach (Found one in found)
            table.AddRow([.. ((string[])[one.Layer.Name, one.Layer.Describe(one.Function.Place), one.Text, one.Fit.R2.ToString("0.00000", CultureInfo.InvariantCulture)]).Select(Markup.Escape)]);
        if (found.Count > 0)
            Tables.Print(table);
        Console.WriteLine($"{found.Count} of {facts.Tried} functions have a formula");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"held-out loss   {facts.Before:0.0000} before, {facts.After:0.0000} with the formulas ({facts.After - facts.Before:+0.0000;-0.0000})"));
    }

    private sealed record Found(FunctionLayer Layer, FunctionReading Function, EdgeFit Fit)
    {
        public string Text => Fit.Formula.Express(new Variable("x")).Round(4).Simplify().ToText();

        public object Fields => new { Layer = Layer.Name, Function.Place.Index, Function.Place.Output, Function = Fit.Formula.Function.Name, Fit.Formula.A, Fit.Formula.B, Fit.Formula.C, Fit.Formula.D, Fit.R2, Text };
    }
}
