namespace Kansformers.Findings;

/// <summary>The program: which experiments, on which text, into which folder; a failure is one line and an exit code.</summary>
internal static class FindingsProgram
{
    public const int Succeeded = 0, RunFailed = 1, BadUsage = 2;

    public const string Usage = "usage: Kansformers.Findings [NAME...] [--data PATH] [--out DIR] [--again] [--list]";

    /// <summary>Runs the experiments that are asked for, each of which writes NAME.json and its pictures; their trainings are kept, and not run
    /// again.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="scale">How large the experiments are.</param>
    /// <param name="output">Takes the tables, as Markdown.</param>
    /// <param name="error">Takes progress and the line of a failure.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, Scale scale, TextWriter output, TextWriter error)
    {
        try
        {
            FindingsOptions options = FindingsOptions.Parse(args);
            if (options.List)
            {
                output.WriteLine(Usage);
                foreach (Experiment experiment in Experiments.All)
                    output.WriteLine($"  {experiment.Name,-12} {experiment.Summary}");
                return Succeeded;
            }

            using Workbench bench = new(options, scale, error);
            foreach (Experiment experiment in options.Experiments)
            {
                Finding finding = experiment.Run(bench);
                bench.Write(experiment.Name, finding);
                foreach (Picture picture in finding.Pictures)
                    bench.WriteText(picture.File, picture.Svg);
                output.WriteLine(finding.ToMarkdown());
            }

            return Succeeded;
        }
        catch (UsageException wrong)
        {
            error.WriteLine($"error: {wrong.Message} (see --list)");
            return BadUsage;
        }
        catch (Exception failure) when (KansformersException.Explain(failure) is { } told)
        {
            error.WriteLine($"error: {told.Message}");
            return RunFailed;
        }
    }
}
