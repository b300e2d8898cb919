using System.CommandLine;
using Kansformers.Inspection;
using Kansformers.Pictures;

namespace Kansformers.Cli.Networks;

/// <summary><c>kan fit</c>: a small network for a column of a table.</summary>
internal static class KanFit
{
    public static Command Create()
    {
        KanFitOptions options = new();
        Command command = new("fit", "Fit a small network to a column of a table, or go on with one. Ctrl-C keeps the best so far.");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            options.Check(parsed);
            if (parsed.GetValue(options.From) is null)
                KanFitOptions.Checked(() => options.Table(parsed).Validate(), 0);
            using Interruption interruption = new();
            (KanNetwork network, TableSamples samples) = Begin(parsed, options);
            string path = Out(parsed, options, samples.Source);
            foreach (string note in samples.Notes)
                LiveLine.Say(note);
            FitOptions fit = options.Fit(parsed, samples.Source.Loss);
            FitResult result = network.Fit(samples.Data, fit, new FitDisplay(fit.Steps), interruption.Token);
            LiveLine.Clear();
            network.Save(path);
            string picture = Path.GetFullPath(parsed.GetValue(options.Picture) ?? Path.ChangeExtension(path, ".loss.svg"));
            PictureFile.Write(picture, result.ToSvg($"{samples.Source.Target} of {Path.GetFileName(samples.Source.Data)} by {network}"));
            NetworkError train = NetworkError.Of(network, samples.Data.Inputs, samples.Data.Targets), test = NetworkError.Of(network, samples.Judged.Inputs, samples.Judged.Targets);
            bool hasTest = samples.Data.HeldOutInputs is not null;
            if (parsed.GetValue(options.Json))
            {
                JsonOutput.Print(new
                {
                    Model = path, Picture = picture, Network = network.ToString(), samples.Source.Data, samples.Source.Target, samples.Source.Inputs, samples.Source.Classes,
                    Rows = samples.Data.Inputs.Rows, TestRows = hasTest ? samples.Judged.Inputs.Rows : 0, Steps = result.Steps.Count, result.End,
                    Train = train, Test = hasTest ? test : null, samples.Notes,
                });
                return CommandLineApp.Succeeded;
            }

            Console.WriteLine($"network     {network}");
            Console.WriteLine($"learned     {samples.Source.Target} from {string.Join(", ", samples.Source.Inputs)}");
            Console.WriteLine($"fitted rows {samples.Data.Inputs.Rows}, {train}");
            Console.WriteLine(hasTest ? $"held out    {samples.Judged.Inputs.Rows}, {test}" : "held out    none");
            Console.WriteLine($"steps       {result.Steps.Count}{Why(result.End)}");
            Console.WriteLine($"model       {path}");
            Console.WriteLine($"losses      {picture}");
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    private static (KanNetwork Network, TableSamples Samples) Begin(ParseResult parsed, KanFitOptions options)
    {
        if (parsed.GetValue(options.From) is string from)
        {
            KanNetwork known = NetworkChoice.Load(from, "fit --from");
            return (known, NetworkData.Of(known, parsed.GetValue(options.Data)));
        }

        TableSamples samples = TableSamples.Of(DataTable.Read(parsed.GetValue(options.Data)!), options.Table(parsed));
        KanNetwork network = options.Network(parsed, samples.Source);
        (network.InputScaling, network.TargetScaling, network.Source) = (samples.InputScaling, samples.TargetScaling, samples.Source);
        return (network, samples);
    }

    private static string Out(ParseResult parsed, KanFitOptions options, TableSource source)
    {
        if (parsed.GetValue(options.From) is string from && parsed.GetValue(options.Out) is null)
            return Path.GetFullPath(from);
        string path = parsed.GetValue(options.Out) ?? $"{Path.GetFileName(source.Data).Split('.')[0]}-{string.Concat(source.Target.Select(letter => char.IsLetterOrDigit(letter) ? letter : '_'))}.safetensors";
        return NetworkFile.Checked(path, parsed.GetValue(options.Overwrite));
    }

    private static string Why(FitEnd end) => end switch
    {
        FitEnd.Patience => ", then no better",
        FitEnd.Cancelled => ", then interrupted: the best so far is kept",
        FitEnd.NoNumber => ", then the loss was no number: the last good one is kept",
        _ => "",
    };
}
