using System.CommandLine;
using System.Globalization;
using Kansformers.Cli.Bench;
using Kansformers.Files;
using Kansformers.Scaling;
using Spectre.Console;

namespace Kansformers.Cli.Scale;

/// <summary><c>scale fit</c>: laws of scaling through anybody's runs, from a table of them.</summary>
internal static class FitCommand
{
    public static Command Create()
    {
        FitOptionList options = new();
        Command command = new("fit", "Fit scaling laws to a table of runs, of this program or any other: coefficients with intervals, best sizes of budgets, and a page with pictures.");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            ScalingReportOptions wanted = options.Report(parsed);
            string folder = options.Folder(parsed);
            if (File.Exists(folder))
                throw new KansformersException($"'{folder}' is a file; give the page a folder by --out");
            ScalingReport report = ScalingReport.Of(options.Read(parsed), wanted);
            Write(report, folder);
            if (parsed.GetValue(options.Json))
                JsonOutput.Print(Fields(report, folder));
            else
                Show(report, folder);
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    /// <summary>Writes the page and its tables.</summary>
    public static void Write(ScalingReport report, string folder)
    {
        OutputFile.WriteText(Path.Combine(folder, "scale.html"), report.ToHtml());
        OutputFile.WriteText(Path.Combine(folder, "scale.md"), report.ToMarkdown());
    }

    /// <summary>What <c>--json</c> tells of a report.</summary>
    public static object Fields(ScalingReport report, string folder) => new
    {
        Folder = folder,
        report.Headline,
        report.Options.Fit.Confidence,
        Groups = report.Groups.Select(group => new
        {
            group.Name,
            Runs = group.Points.Count,
            group.FlopsPerParameterToken,
            Laws = Laws(group),
            IsoFlop = group.IsoFlop is { } iso ? new
            {
                ParametersExponent = iso.Parameters.Exponent,
                ParametersInterval = iso.ParametersInterval,
                TokensExponent = iso.Tokens.Exponent,
                TokensInterval = iso.TokensInterval,
                Bias = group.IsoFlopBias?.ParametersExponent,
                iso.Dropped,
                Budgets = iso.Valleys.Select(valley => new { valley.Flops, valley.BestParameters, valley.BestTokens, valley.BestLoss, valley.IsWithin }),
            } : null,
            Best = group.Chinchilla is { } fit ? report.Budgets.Select(flops => Best(fit, flops, group.FlopsPerParameterToken)) : [],
            HeldOut = group.HeldOut.Select(run => new { run.Point.Parameters, run.Point.Tokens, Predicted = run.Prediction.Loss, Interval = run.Prediction.Run, Measured = run.Point.Loss, run.IsWithin }),
        }),
        report.Notes,
    };

    private static IEnumerable<object> Laws(GroupFits group)
    {
        LawFit<ChinchillaLaw>?[] chinchilla = [group.Chinchilla, .. group.OtherCounts];
        return [.. chinchilla.OfType<LawFit<ChinchillaLaw>>().Select(Law), .. new[] { group.Kaplan }.OfType<LawFit<KaplanLaw>>().Select(Law), .. group.Powers.Select(Law)];
    }

    private static object Law<TLaw>(LawFit<TLaw> fit)
        where TLaw : ScalingLaw => new { fit.Law.Formula, fit.Options.Parameters, Runs = fit.Points.Count, fit.Objective, Fits = fit.Replicates.Count, fit.Dropped, fit.Coefficients };

    private static object Best(LawFit<ChinchillaLaw> fit, double flops, double per) => new
    {
        Flops = flops,
        Parameters = fit.Law.OptimalParameters(flops, per),
        ParametersInterval = fit.Between(law => law.OptimalParameters(flops, per)),
        Tokens = fit.Law.OptimalTokens(flops, per),
        TokensInterval = fit.Between(law => law.OptimalTokens(flops, per)),
        Loss = fit.Law.OptimalLoss(flops, per),
        LossInterval = fit.Between(law => law.OptimalLoss(flops, per)),
    };

    /// <summary>What is printed of a report.</summary>
    public static void Show(ScalingReport report, string folder)
    {
        Console.Out.WriteLine(report.Headline);
        foreach (GroupFits group in report.Groups.Where(group => group.Chinchilla is not null))
        {
            LawFit<ChinchillaLaw> fit = group.Chinchilla!;
            Table table = ResultTable.New("coefficient", "value", "from", "to");
            foreach (LawCoefficient one in fit.Coefficients)
                table.AddRow(Markup.Escape(one.Name), Number(one.Value), Number(one.Interval.Low), Number(one.Interval.High));
            ResultTable.Write($"{group.Name}: {fit.Law.Formula}, {fit.Points.Count} runs", table);
        }

        foreach (string note in report.Notes)
            Console.Out.WriteLine(note);
        Console.Out.WriteLine($"page: {Path.Combine(folder, "scale.html")}, scale.md");
    }

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("G5", CultureInfo.InvariantCulture) : "-";
}
