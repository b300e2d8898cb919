using System.CommandLine;
using Kansformers.Cli.Bench;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan search</c>: from a table straight to a formula.</summary>
internal static class KanSearch
{
    public static Command Create()
    {
        Option<string> data = new("--data") { Description = "the table, a .csv, .tsv, .jsonl or .parquet file whose columns have names", Required = true };
        Option<string> target = new("--target") { Description = "the column of numbers that the formula is for", Required = true };
        Option<string?> columns = new("--columns") { Description = "the columns that it may be made of, joined by commas [default: all others that hold numbers]" };
        Option<double> seconds = new("--seconds") { Description = "how long to search; what was found by then is shown", DefaultValueFactory = _ => 60 };
        Option<double> test = new("--test") { Description = "the share of the rows that is held out", DefaultValueFactory = _ => 0.2 };
        Option<long> seed = new("--seed") { Description = "the seed of held-out rows", DefaultValueFactory = _ => 1 };
        FormulaOutput output = new();
        Option<bool> json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };
        Command command = new("search", "From a table straight to a formula: networks are fitted, from small to large, until one is exactly the column. Ctrl-C keeps the best so far.") { data, target, columns, seconds, test, seed };
        output.AddTo(command);
        command.Add(json);
        OptionRules.NotEmpty(data, target, columns);
        command.SetAction(parsed =>
        {
            TableOptions table = new()
            {
                Target = parsed.GetValue(target)!, Inputs = parsed.GetValue(columns)?.Split(',', StringSplitOptions.TrimEntries), IsClass = false, Scaling = TableScaling.None,
                TestFraction = parsed.GetValue(test), Seed = parsed.GetValue(seed),
            };
            FormulaSearchOptions options = new() { Seconds = parsed.GetValue(seconds) };
            KanFitOptions.Checked(table.Validate, 0);
            KanFitOptions.Checked(options.Validate, 0);
            using Interruption interruption = new();
            TableSamples samples = TableSamples.Of(DataTable.Read(parsed.GetValue(data)!), table);
            foreach (string note in samples.Notes)
                LiveLine.Say(note);
            FormulaSearchResult result = FormulaSearch.Run(samples.Data, options with { Variables = samples.Source.Inputs }, new SearchDisplay(), interruption.Token);
            LiveLine.Clear();
            if (result.Best is not Formula best)
                throw new KansformersException($"no formula was found{Why(result.End)}; a formula is found where it gives the column up to rounding: where the values were measured, use kan fit and kan formula");
            string text = output.Text(parsed, [best], samples.Source);
            string? file = output.Write(parsed, text);
            (double[][] judged, double[][] values) = samples.JudgedInUnits;
            FormulaError error = best.ErrorOn(judged, values[0]);
            bool held = samples.Data.HeldOutInputs is not null;
            if (parsed.GetValue(json))
            {
                JsonOutput.Print(new
                {
                    Formula = text, best.Variables, Exact = result.End == FormulaSearchEnd.Exact, result.End, result.Seconds, Network = result.How, samples.Source.Data, samples.Source.Target,
                    error.Rows, HeldOut = held, error.Rmse, error.Largest, error.R2, File = file, samples.Notes,
                });
                return CommandLineApp.Succeeded;
            }

            Console.WriteLine(text);
            if (result.End != FormulaSearchEnd.Exact)
                LiveLine.Say($"this is the best formula{Why(result.End)}; it is not exact");
            Console.WriteLine(FormulaOutput.Line(error, held));
            Console.WriteLine(FormattableString.Invariant($"found in {result.Seconds:0.0} s by {result.How}") + (file is null ? "" : $"; formula: {file}"));
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    private static string Why(FormulaSearchEnd end) => end switch
    {
        FormulaSearchEnd.Seconds => " in the time that --seconds gives",
        FormulaSearchEnd.Cancelled => " until the search was interrupted",
        FormulaSearchEnd.Tried => " by any network that is tried",
        _ => "",
    };

    private sealed class SearchDisplay : IProgress<FormulaSearchStep>
    {
        private readonly LineRate _rate = new();

        public void Report(FormulaSearchStep value) => _rate.Show(() => FormattableString.Invariant($"{value.Seconds:0} s, network {value.Tried}: {value.At}") +
            (value.Best is Formula best ? FormattableString.Invariant($"; best {best}, error {value.Error:0.0e+0} of the deviation") : ""));
    }
}
