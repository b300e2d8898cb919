using System.CommandLine;
using Kansformers.Checkpoints;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using Spectre.Console;

namespace Kansformers.Cli;

/// <summary><c>convert SOURCE --out PATH</c>: between run folders, Hugging Face folders, PyTorch files and safetensors files; between linear and KAN layers.</summary>
internal static class ConvertCommand
{
    private static readonly string[] Targets = ["hf", "run", "pt", "safetensors"];

    public static Command Create()
    {
        ModelChoice model = new();
        Option<string> to = new("--out") { Description = "the file or folder to write", Required = true };
        Option<string?> target = new("--to") { Description = "hf (a Hugging Face folder), run (a run folder), pt (torch.save) or safetensors [default: by the name of --out; a folder is hf]" };
        Option<double> shard = new("--shard-gb") { Description = "for hf: the most gigabytes of weights in a file; more go to several, with an index", DefaultValueFactory = _ => HuggingFaceModel.DefaultShardBytes / 1e9 };
        Option<string?> kan = KanFileConversion.Option();
        SwapChoice swap = new(kan);
        Command command = new("convert", "Between run folders, Hugging Face folders, PyTorch files and safetensors files, with a report of every tensor; files of bare KAN layers, too. Linear layers become KAN layers that compute the same (--to-kan), or KAN layers linear ones (--to-linear).") { to, target, shard, kan };
        swap.AddTo(command);
        OptionRules.NotEmpty(to);
        model.AddTo(command, computes: false);
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(to)!, kind = parsed.GetValue(target) ?? KindOf(path);
            if (!Targets.Contains(kind))
                throw new UsageException($"unknown target '{kind}': use {string.Join(", ", Targets)}");
            double gigabytes = parsed.GetValue(shard);
            if (!(gigabytes >= 1e-6 && gigabytes <= 1e6))
                throw new UsageException(FormattableString.Invariant($"--shard-gb is {gigabytes}; it must be above 0"));
            swap.Require(parsed);
            RequireFree(path, kind);
            if (KanFileConversion.Is(parsed, model, kan, swap))
                return Report(parsed, model, (parsed.GetValue(model.Source)!, path, kind), KanFileConversion.Run(parsed, model, kan, path, kind));
            (ModelSource source, RunWeights weights) = model.Open(parsed);
            using ModelConversion conversion = new(source, weights, model.Hints(parsed));
            ModelSwap? made = swap.Run(parsed, conversion, () => Tokenizer(needed: true)!);
            IReadOnlyList<TensorChange> changes = kind switch
            {
                "hf" => conversion.ToHuggingFace(path, Tokenizer(needed: false), (long)(gigabytes * 1e9)),
                "run" => conversion.ToRun(path, Tokenizer(needed: true)!),
                "pt" => conversion.ToPyTorch(path),
                _ => conversion.ToSafetensors(path),
            };
            ModelChoice.Tell(source);
            return Report(parsed, model, (source.WeightFile(weights), path, kind), changes, made);

            Tokenizer? Tokenizer(bool needed)
            {
                string? name = parsed.GetValue(model.Tokenizer);
                return needed || name is not null || source.HasTokenizer ? ModelChoice.LoadTokenizer(source, conversion.Options, name) : null;
            }
        });
        return command;
    }

    private static int Report(ParseResult parsed, ModelChoice model, (string Source, string Out, string Target) way, IReadOnlyList<TensorChange> changes, ModelSwap? swap = null)
    {
        if (parsed.GetValue(model.Json))
        {
            JsonOutput.Print(new { way.Source, Out = Path.GetFullPath(way.Out), way.Target, Tensors = changes.Count, Counts = Counts(changes), Changes = changes, Swap = swap is null ? null : SwapChoice.Facts(swap) });
            return CommandLineApp.Succeeded;
        }

        if (swap is null)
            Show(way.Source, way.Out, changes);
        else
            SwapChoice.Show(way, swap);
        return CommandLineApp.Succeeded;
    }

    // Before anything is read, which can take long.
    private static void RequireFree(string path, string kind)
    {
        if (kind is "hf" or "run")
            RunFolder.RequireFree(path);
        else if (Path.Exists(path))
            throw new KansformersException($"'{Path.GetFullPath(path)}' exists already; give --out a file that is new");
    }

    private static string KindOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".pt" or ".pth" or ".bin" => "pt",
        ".safetensors" => "safetensors",
        ".ckpt" or ".gguf" or ".h5" or ".json" or ".msgpack" or ".onnx" or ".pkl" or ".zip" => throw new UsageException($"'{path}' has a name of a kind that is not written; use .pt, .safetensors, or a folder with --to hf or run"),
        _ => "hf",
    };

    private static Dictionary<string, int> Counts(IReadOnlyList<TensorChange> changes) =>
        changes.GroupBy(change => change.Fate).OrderBy(group => group.Key).ToDictionary(group => group.Key.ToString().ToLowerInvariant(), group => group.Count());

    private static void Show(string source, string path, IReadOnlyList<TensorChange> changes)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("tensor", "became", "fate");
        foreach (TensorChange change in changes)
            table.AddRow(Markup.Escape(change.From ?? "-"), Markup.Escape(change.To == change.From ? "" : change.To ?? "-"), change.Fate.ToString().ToLowerInvariant());
        Tables.Print(table);
        Console.WriteLine($"{source} -> {Path.GetFullPath(path)}: {string.Join(", ", Counts(changes).Select(entry => $"{entry.Value} {entry.Key}"))}");
    }
}
