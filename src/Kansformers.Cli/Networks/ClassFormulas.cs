using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>Formulas for the scores (logits) of classes: fitted to what the network's curves say, and judged by the classes that come of them.</summary>
internal static class ClassFormulas
{
    /// <summary>What formulas are fitted to: the scores themselves, of which classes say next to nothing.</summary>
    public static FitData Data(KanNetwork network, TableSamples samples) => new(samples.Data.Inputs, network.Forward(samples.Data.Inputs));

    /// <summary>Tells the formulas, and how many rows are put in their class with curves and with formulas.</summary>
    public static void Tell(KanNetwork network, TableSamples samples, IReadOnlyList<Formula> formulas, (string Model, string Text, string? File) made, bool json)
    {
        (Samples inputs, Samples targets) = samples.Judged;
        double[][] columns = samples.JudgedInUnits.Inputs;
        Samples scores = Samples.OfColumns([.. formulas.Select(formula => formula.Evaluate(columns))]), curves = network.Forward(inputs);
        double before = Accuracy(curves, targets), after = Accuracy(scores, targets);
        double same = Enumerable.Range(0, inputs.Rows).Average(row => ClassProbabilities.Best(scores, row) == ClassProbabilities.Best(curves, row) ? 1.0 : 0.0);
        int without = Enumerable.Range(0, inputs.Rows).Count(row => Enumerable.Range(0, scores.Columns).Any(column => !double.IsFinite(scores[row, column])));
        bool held = samples.Data.HeldOutInputs is not null;
        if (json)
        {
            JsonOutput.Print(new
            {
                made.Model, Formula = made.Text, Formulas = samples.Source.Classes.Zip(formulas, (name, formula) => new { Class = name, Formula = formula.ToString() }), formulas[0].Variables,
                inputs.Rows, HeldOut = held, AccuracyBefore = before, AccuracyAfter = after, SameClass = same, WithoutValue = without, made.File,
            });
            return;
        }

        Console.WriteLine(made.Text);
        if (without > 0)
            LiveLine.Say($"a formula has no value in {without} of these rows: something like the logarithm of a negative number");
        Console.WriteLine(FormattableString.Invariant($"{(held ? "held out" : "all rows")}: {inputs.Rows} rows, accuracy {before:0.0000} by curves, {after:0.0000} by formulas, the same class in {same:0.0000}"));
        Console.WriteLine("the class is the one of the highest score; probabilities are their softmax");
        Console.WriteLine($"model: {made.Model}{(made.File is null ? "" : $", formula: {made.File}")}");
    }

    private static double Accuracy(Samples scores, Samples targets) => Enumerable.Range(0, targets.Rows).Average(row => ClassProbabilities.Best(scores, row) == (int)targets[row, 0] ? 1.0 : 0.0);
}
