using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Kansformers.Inspection;
using Kansformers.Pictures;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli.Reading;

/// <summary><c>kan prune RUN</c>: edges of a run's model are pruned, and what that costs is told.</summary>
internal sealed class RunPrune
{
    public readonly Option<double> Share = new("--share") { Description = "of a run, the share of all edges that is pruned", DefaultValueFactory = _ => 0.25 };
    public readonly Option<string> By = new("--by") { Description = "of a run, which edges go first: by attribution, deviation, magnitude or chance", DefaultValueFactory = _ => "attribution" };
    public readonly Option<bool> DropMeans = new("--drop-means") { Description = "of a run, drop what pruned edges give on average, too, instead of adding it to biases" };
    public readonly Option<string?> Picture = new("--picture") { Description = "of a run, also measure the loss against the share pruned, by attribution, magnitude and chance, and draw it into this .svg or .png" };
    public readonly Option<int> Seed = new("--seed") { Description = "of a run, decides which edges go by chance", DefaultValueFactory = _ => 1 };
    private readonly RunReading _reading = new();

    /// <summary>The options, which are of use for runs alone.</summary>
    public IEnumerable<Option> All => [Share, By, DropMeans, Picture, Seed, .. _reading.All];

    /// <summary>Adds the options.</summary>
    public void AddTo(Command command)
    {
        OptionRules.Picture(Picture);
        foreach (Option option in All)
            command.Add(option);
    }

    /// <summary>Prunes.</summary>
    /// <param name="parsed">The call.</param>
    /// <param name="path">The run.</param>
    /// <param name="to">The run folder to write; null for none.</param>
    /// <param name="json">Whether facts are printed as JSON.</param>
    public void Run(ParseResult parsed, string path, string? to, bool json)
    {
        PruningOptions options = new() { Share = parsed.GetValue(Share), Order = Order(parsed.GetValue(By)!), KeepMeans = !parsed.GetValue(DropMeans), Seed = parsed.GetValue(Seed) };
        if (!(options.Share is >= 0 and <= 1))
            throw new UsageException(FormattableString.Invariant($"--share is {options.Share}; it must be 0 to 1"));
        RunFolder run = RunReading.Open(path);
        if (to is not null)
            RunFolder.RequireFree(to);
        using TransformerModel model = _reading.Load(parsed, run);
        ModelReading read = _reading.Read(parsed, run, model);
        using ModelPruning pruning = new(model, read, options.KeepMeans);
        using HeldOutLoss heldOut = new(run);
        (double before, double secondsBefore) = Timed(() => heldOut.Of(model));
        PruningSweep? sweep = parsed.GetValue(Picture) is string picture ? Sweep(pruning, options, heldOut, picture, run) : null;
        IReadOnlyList<PrunedLayer> layers = pruning.Prune(options);
        (double after, double secondsAfter) = Timed(() => heldOut.Of(pruning.Model));
        Sizes? sizes = null;
        if (to is not null)
        {
            RunFolder made = DerivedRun.Write(run, to, pruning.Model, CommandLineApp.CommandLine);
            string old = File.Exists(run.ModelFile) ? run.ModelFile : run.CheckpointFile;
            sizes = new Sizes(new FileInfo(old).Length, Packed(old), new FileInfo(made.ModelFile).Length, Packed(made.ModelFile));
        }

        long predictions = heldOut.PredictionsOf(model), pruned = layers.Sum(layer => layer.Pruned);
        if (json)
        {
            JsonOutput.Print(new
            {
                Run = run.Folder, Out = to is null ? null : Path.GetFullPath(to), By = options.Order, options.Share, pruning.Edges, Pruned = pruned, options.KeepMeans, LossBefore = before, LossAfter = after,
                Rise = after - before, Predictions = predictions, TokensPerSecondBefore = predictions / secondsBefore, TokensPerSecondAfter = predictions / secondsAfter, Sizes = sizes,
                Layers = layers, Sweep = sweep?.Curves.Select(curve => new { curve.Order, curve.Points }),
            });
            return;
        }

        foreach (PrunedLayer layer in layers)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{layer.Name}: {layer.Pruned} of {layer.Edges} edges, {100.0 * layer.Pruned / layer.Edges:0.0} %"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"pruned          {pruned} of {pruning.Edges} edges by {options.Order.ToString().ToLowerInvariant()}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"held-out loss   {before:0.0000} before, {after:0.0000} after ({after - before:+0.0000;-0.0000}), {predictions} predictions"));
        Console.WriteLine($"speed           {HumanText.Count((long)(predictions / secondsBefore))} tokens/s before, {HumanText.Count((long)(predictions / secondsAfter))} after");
        if (sizes is not null)
        {
            Console.WriteLine($"weights         {HumanText.Bytes(sizes.Before)} before, {HumanText.Bytes(sizes.After)} after; packed by gzip {HumanText.Bytes(sizes.PackedBefore)} and {HumanText.Bytes(sizes.PackedAfter)}");
            Console.WriteLine($"run             {to}; '{run.ShortName}' is as it was");
        }
    }

    /// <summary>The order of that name.</summary>
    public static PruningOrder Order(string name) => Enum.GetValues<PruningOrder>().Where(order => order.ToString().Equals(name, StringComparison.OrdinalIgnoreCase)).Select(order => (PruningOrder?)order).FirstOrDefault()
        ?? throw new UsageException($"--by is '{name}'; use attribution, deviation, magnitude or chance");

    private static PruningSweep Sweep(ModelPruning pruning, PruningOptions options, HeldOutLoss heldOut, string picture, RunFolder run)
    {
        PruningSweep sweep = PruningSweep.Measure(pruning, options, null, () => heldOut.Of(pruning.Model),
            (order, point) => LiveLine.Say(string.Create(CultureInfo.InvariantCulture, $"by {order.ToString().ToLowerInvariant()}, {point.Share * 100:0.#} %: {point.Loss:0.0000}")));
        PictureFile.Write(picture, sweep.Svg($"{Path.GetFileName(run.Folder)}: edges pruned", run.Config.Training.Objective.LossUnit));
        return sweep;
    }

    private static (double Loss, double Seconds) Timed(Func<double> loss)
    {
        long started = Stopwatch.GetTimestamp();
        return (loss(), Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    // What a program that packs files makes of one.
    private static long Packed(string path)
    {
        using FileStream file = File.OpenRead(path);
        using CountedStream counted = new();
        using (GZipStream packed = new(counted, CompressionLevel.Optimal, leaveOpen: true))
            file.CopyTo(packed);
        return counted.Count;
    }

    private sealed record Sizes(long Before, long PackedBefore, long After, long PackedAfter);

    private sealed class CountedStream : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Count;

        public override long Position { get => Count; set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Count += count;
    }
}
