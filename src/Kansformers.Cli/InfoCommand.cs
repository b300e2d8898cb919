using System.CommandLine;
using Kansformers.Evaluation;
using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using Spectre.Console;

namespace Kansformers.Cli;

/// <summary><c>info RUN</c>: architecture, parameters by layer, memory, and where the weights came from. It reads headers only.</summary>
internal static class InfoCommand
{
    public static Command Create()
    {
        ModelChoice model = new();
        Option<bool> outside = new("--outside") { Description = "run the model on held-out text and report which share of each KAN layer's inputs lies outside its grid" };
        Command command = new("info", "Architecture, parameters by layer, memory, and where the weights came from.") { outside };
        model.AddTo(command);
        command.SetAction(parsed =>
        {
            (ModelSource source, RunWeights weights) = model.Open(parsed);
            string path = source.WeightFile(weights);
            using ModelFile file = ModelFile.Open(path);
            ModelOptions options = source.Architecture(file, model.Hints(parsed));
            string? missing = MissingLibTorch();
            List<string> notes = [.. source.Notes.Concat(missing is null ? Misfit(file, options) : [missing]).Select(LibraryWords.ToFlags)];
            IReadOnlyList<LayerRow> rows = missing is null ? LayerRow.From(file, options) : LayerRow.ByNames(file, options);
            Dictionary<string, double> shares = parsed.GetValue(outside) ? Outside(source, weights, model.Hints(parsed), parsed.GetValue(model.Device)!) : [];
            notes.ForEach(LiveLine.Say);
            Shown shown = new(source.Run, options, rows, shares);
            if (parsed.GetValue(model.Json))
                PrintJson(shown, path, file, notes);
            else
                PrintTable(shown, path);
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    /// <summary>What a model is, as it is shown.</summary>
    private sealed record Shown(RunFolder? Run, ModelOptions Options, IReadOnlyList<LayerRow> Rows, Dictionary<string, double> Shares);

    // The names and shapes of a model are read from the model; a machine without libtorch learns what the file tells.
    private static string? MissingLibTorch()
    {
        try
        {
            LibTorch.Load();
            return null;
        }
        catch (KansformersException failure)
        {
            return $"layers are told by their names alone, and whether they make a model is not looked at: {failure.Message}";
        }
    }

    // What no model could take its weights from is shown all the same, but not as if all were well.
    private static IEnumerable<string> Misfit(ModelFile file, ModelOptions options)
    {
        try
        {
            file.RequireFit(options);
            return [];
        }
        catch (KansformersException failure)
        {
            return [$"it cannot be sampled from, evaluated or converted: {failure.Message}"];
        }
    }

    private static Dictionary<string, double> Outside(ModelSource source, RunWeights weights, ModelHints hints, string device)
    {
        if (source.Run is null)
            throw new UsageException("--outside needs a run folder: a weight file has no text of its own");
        using TransformerModel any = source.LoadModel(weights, hints, Devices.Find(device));
        if (any is not CausalModel model)
            return OutsideGrid.Measure(any, () => source.Run.Validate(any)).ToDictionary(entry => entry.Layer, entry => entry.Share);
        using TokenizedCorpus corpus = source.Run.LoadCorpus();
        TokenSpan text = corpus.Validation.Count > 1 ? corpus.Validation : corpus.Train;
        FixedWindows windows = new(text, model.Options.BlockSize);
        return OutsideGrid.Measure(model, () => windows.Evaluate(model)).ToDictionary(entry => entry.Layer, entry => entry.Share);
    }

    private static void PrintJson(Shown shown, string path, ModelFile file, IReadOnlyList<string> notes)
    {
        (RunFolder? run, ModelOptions options, IReadOnlyList<LayerRow> rows, Dictionary<string, double> shares) = shown;
        JsonOutput.PrintWith(options.Details().Select(detail => (detail.Name, detail.Value)), new
        {
            Run = run?.Folder,
            Weights = Path.GetFullPath(path),
            Format = file.Tensors.Format,
            Model = run?.Config.Preset,
            Family = options.Family.Name,
            options.Layers,
            options.Heads,
            Embd = options.Width,
            options.BlockSize,
            Vocabulary = options.VocabularySize,
            Placement = options.Placement.Text(),
            Kan = options.Kan.Kind,
            GridSize = (options.Kan as BSplineOptions)?.GridSize,
            SplineOrder = (options.Kan as BSplineOptions)?.SplineOrder,
            Parameters = rows.Sum(row => row.Parameters),
            KanParameters = rows.Where(row => row.IsKan).Sum(row => row.Parameters),
            MemoryBytes = rows.Sum(row => row.Bytes),
            Data = run?.Config.Data.Data,
            Tokenizer = run?.Config.Data.Tokenizer,
            Step = file.Tensors.Metadata.GetValueOrDefault("step"),
            ValidationLoss = file.Tensors.Metadata.GetValueOrDefault("validation_loss"),
            Snapshots = run?.Snapshots().Select(snapshot => snapshot.Step),
            Notes = notes,
            Modules = rows.Select(row => new { row.Name, row.Kind, row.Shape, row.Parameters, row.Bytes, OutsideGrid = shares.TryGetValue(row.Name, out double share) ? share : (double?)null }),
        });
    }

    private static void PrintTable(Shown shown, string path)
    {
        (RunFolder? run, ModelOptions options, IReadOnlyList<LayerRow> rows, Dictionary<string, double> shares) = shown;
        Console.WriteLine($"weights       {Path.GetFullPath(path)}");
        Console.WriteLine($"architecture  {(run is null ? options.Family.Name : $"{run.Config.Preset} ({options.Family.Name})")}: {options.Layers} layers, {options.Heads} heads, width {options.Width}, block size {options.BlockSize}, vocabulary {options.VocabularySize}");
        Console.WriteLine(options.Placement == KanPlacement.None ? "KAN layers    none"
            : $"KAN layers    {options.Placement.Text()} ({options.Kan.Summary()})");
        if (options.Details().Select(detail => detail.Words).OfType<string>().ToArray() is { Length: > 0 } details)
            Console.WriteLine($"layers        {string.Join(", ", details)}");
        if (run is not null)
            Console.WriteLine($"trained on    {run.Config.Data.Data} ({run.Config.Data.Tokenizer} tokenizer)");
        if (run?.Snapshots() is { Count: > 0 } snapshots)
            Console.WriteLine(FormattableString.Invariant($"snapshots     {snapshots.Count}, of steps {snapshots[0].Step} to {snapshots[^1].Step}; kan plot draws them"));
        Table table = new Table().Border(TableBorder.Simple).AddColumns("layer", "kind", "shape").AddColumn(new TableColumn("parameters").RightAligned()).AddColumn(new TableColumn("memory").RightAligned());
        if (shares.Count > 0)
            table.AddColumn(new TableColumn("outside the grid").RightAligned());
        foreach (LayerRow row in rows)
        {
            List<string> cells = [Markup.Escape(row.Name), row.Kind, Markup.Escape(row.Shape), FormattableString.Invariant($"{row.Parameters:N0}"), HumanText.Bytes(row.Bytes)];
            if (shares.Count > 0)
                cells.Add(shares.TryGetValue(row.Name, out double share) ? FormattableString.Invariant($"{share:P1}") : "");
            table.AddRow([.. cells]);
        }

        Tables.Print(table);
        long parameters = rows.Sum(row => row.Parameters), kan = rows.Where(row => row.IsKan).Sum(row => row.Parameters);
        Console.WriteLine(FormattableString.Invariant($"parameters    {parameters:N0}, of which {kan:N0} in KAN layers ({(parameters > 0 ? (double)kan / parameters : 0):P1}); {HumanText.Bytes(rows.Sum(row => row.Bytes))}"));
    }
}
