using System.CommandLine;
using System.Globalization;
using Kansformers.Inspection;

namespace Kansformers.Cli.Networks;

/// <summary>The options of <c>kan fit</c>, and what they ask for.</summary>
internal sealed class KanFitOptions
{
    private static readonly string[] Optimizers = ["lbfgs", "adam"], Scalings = ["range", "standard", "none"], Tasks = ["regression", "classification"];
    private static readonly (string Word, EdgeMeasure Measure)[] Measures =
        [("curve-over-input", EdgeMeasure.CurveOverInput), ("edge", EdgeMeasure.Edge), ("edge-over-input", EdgeMeasure.EdgeOverInput), ("edge-score", EdgeMeasure.EdgeScore), ("node-score", EdgeMeasure.NodeScore)];

    public readonly Option<string?> Data = new("--data") { Description = "the table, a .csv, .tsv, .jsonl or .parquet file whose columns have names [default with --from: the network's]" };
    public readonly Option<string?> From = new("--from") { Description = "go on with this network, its columns and its held-out rows" };
    public readonly Option<string?> Out = new("--out") { Description = "the network's file [default: NAME-TARGET.safetensors, with --from the file itself]" };
    public readonly Option<bool> Overwrite = new("--overwrite") { Description = "let --out replace a file" };
    public readonly Option<string?> Picture = new("--picture") { Description = "draw both losses by step into this .svg or .png [default: beside the network, NAME.loss.svg]" };
    public readonly Option<bool> Json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };

    private readonly Option<string?> _target = new("--target") { Description = "the column to learn: a number, or a class where it holds words" };
    private readonly Option<string?> _columns = new("--columns") { Description = "the columns to learn from, joined by commas [default: all others that hold numbers]" };
    private readonly Option<string?> _task = new("--task") { Description = "regression or classification [default: classification where the target holds words]" };
    private readonly Option<string?> _scale = new("--scale") { Description = "range (inputs to -1 to 1, the target to deviation 1), standard (all to mean 0 and deviation 1) or none [default: range]" };
    private readonly Option<double?> _test = new("--test") { Description = "the share of the rows that is held out [default: 0.2]" };
    private readonly Option<string?> _width = new("--width") { Description = "the nodes of each level, inputs and outputs too, as in 2,5,1; 3+2 are 3 sums and 2 products of two, 3+2x4 products of four [default: one inner level of twice the inputs and 1, at most 10]" };
    private readonly Option<int?> _grid = new("--grid") { Description = "the intervals of each curve's grid [default: 5]" };
    private readonly Option<int?> _order = new("--order") { Description = "the order of the splines [default: 3]" };
    private readonly Option<double?> _margin = new("--grid-margin") { Description = "how far a moved grid goes on beyond its samples, as a share of their range [default: 0.05]" };
    private readonly Option<int> _steps = new("--steps") { Description = "steps; one of L-BFGS is up to 20 iterations", DefaultValueFactory = _ => 50 };
    private readonly Option<string> _optimizer = new("--optimizer") { Description = "lbfgs or adam", DefaultValueFactory = _ => Optimizers[0] };
    private readonly Option<double?> _rate = new("--learning-rate") { Description = "the learning rate [default: 1 with lbfgs, 0.01 with adam]" };
    private readonly Option<int?> _batch = new("--batch") { Description = "rows of a step, another choice each time [default: all]" };
    private readonly Option<int?> _patience = new("--patience") { Description = "end after so many steps without a better loss of the held-out rows" };
    private readonly Option<int?> _updateGrid = new("--update-grid") { Description = "move the grids to their samples every so many steps; 0 for never [default: 5, with --from 0]" };
    private readonly Option<int> _updateUntil = new("--update-grid-until") { Description = "the step from which grids stay", DefaultValueFactory = _ => 50 };
    private readonly Option<double> _penalty = new("--penalty") { Description = "the weight of the penalty on edges, which makes networks sparse, as in 0.01", DefaultValueFactory = _ => 0 };
    private readonly Option<string> _measure = new("--penalty-measure") { Description = $"how large an edge is: {string.Join(", ", Measures.Select(measure => measure.Word))}", DefaultValueFactory = _ => Measures[0].Word };
    private readonly Option<double> _l1 = new("--l1") { Description = "the penalty's weight of sizes", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _entropy = new("--entropy") { Description = "the penalty's weight of entropies", DefaultValueFactory = _ => 2 };
    private readonly Option<double> _coefficients = new("--coefficients") { Description = "the penalty's weight of coefficients", DefaultValueFactory = _ => 0 };
    private readonly Option<double> _smoothness = new("--smoothness") { Description = "the penalty's weight of steps between neighbouring coefficients", DefaultValueFactory = _ => 0 };
    private readonly Option<long?> _seed = new("--seed") { Description = "the seed of first curves, batches and held-out rows [default: 1]" };

    // What a network that goes on has already.
    private Option[] OfNew => [_target, _columns, _task, _scale, _test, _width, _grid, _order, _margin, _seed];

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Data, .. OfNew, From, _steps, _optimizer, _rate, _batch, _patience, _updateGrid, _updateUntil, _penalty, _measure, _l1, _entropy, _coefficients, _smoothness, Out, Overwrite, Picture, Json])
            command.Add(option);
        _optimizer.AcceptOnlyFromAmong(Optimizers);
        _measure.AcceptOnlyFromAmong([.. Measures.Select(measure => measure.Word)]);
        _scale.AcceptOnlyFromAmong(Scalings);
        _task.AcceptOnlyFromAmong(Tasks);
        OptionRules.Picture(Picture);
        OptionRules.NotEmpty(Data, From, Out, _target, _columns, _width);
    }

    /// <summary>The options that say what a new network is to be, refused where one goes on.</summary>
    public void Check(ParseResult parsed)
    {
        if (parsed.GetValue(From) is not null)
            OptionRules.RequireUnused(parsed, "a network that goes on (--from)", OfNew);
        else if (parsed.GetValue(Data) is null || parsed.GetValue(_target) is null)
            throw new UsageException("kan fit needs --data with a table and --target with the column to learn, or --from with a network");
    }

    public TableOptions Table(ParseResult parsed) => new()
    {
        Target = parsed.GetValue(_target)!,
        Inputs = parsed.GetValue(_columns)?.Split(',', StringSplitOptions.TrimEntries),
        IsClass = parsed.GetValue(_task) is string task ? task == Tasks[1] : null,
        Scaling = (TableScaling)Math.Max(0, Array.IndexOf(Scalings, parsed.GetValue(_scale))),
        TestFraction = parsed.GetValue(_test) ?? 0.2,
        Seed = parsed.GetValue(_seed) ?? 1,
    };

    /// <summary>A network for so many inputs and outputs.</summary>
    public KanNetwork Network(ParseResult parsed, TableSource source)
    {
        int inputs = source.Inputs.Count, outputs = Math.Max(1, source.Classes.Count);
        string? text = parsed.GetValue(_width);
        KanWidth[] widths = text is null ? [inputs, Math.Min(10, 2 * inputs + 1), outputs] : [.. text.Split(',').Select(Level)];
        if (text is not null && (widths.Length < 2 || widths[0] != inputs || widths[^1].Nodes != outputs))
            throw new UsageException($"--width {text} does not fit: the table has {inputs} inputs ({string.Join(", ", source.Inputs)}) and {outputs} outputs, as in --width {inputs},5,{outputs}");
        return new KanNetwork(new KanNetworkOptions
        {
            Widths = widths, GridSize = parsed.GetValue(_grid) ?? 5, SplineOrder = parsed.GetValue(_order) ?? 3, GridMargin = parsed.GetValue(_margin) ?? 0.05, Seed = parsed.GetValue(_seed) ?? 1,
        });

        KanWidth Level(string level)
        {
            string[] parts = level.Trim().Split('+'), products = parts.Length == 2 ? parts[1].Split('x') : ["0"];
            return parts.Length <= 2 && products.Length <= 2 && Whole(parts[0]) is int sums && Whole(products[0]) is int count && Whole(products.Length == 2 ? products[1] : "2") is int factors
                ? new KanWidth(sums, [.. Enumerable.Repeat(factors, count)]) : throw new UsageException($"--width '{text}' must be counts of nodes joined by commas, as in 2,5,1 or 2,3+2,1");
        }
    }

    public FitOptions Fit(ParseResult parsed, FitLoss loss)
    {
        int every = parsed.GetValue(_updateGrid) ?? (parsed.GetValue(From) is null ? 5 : 0), until = parsed.GetValue(_updateUntil);
        if (every < 0 || until < 0)
            throw new UsageException("--update-grid and --update-grid-until are 0 or more");
        int updates = every == 0 ? 0 : (until + every - 1) / every;
        double penalty = parsed.GetValue(_penalty);
        int steps = parsed.GetValue(_steps);
        FitOptions options = new()
        {
            Steps = steps, Loss = loss, LearningRate = parsed.GetValue(_rate), BatchSize = parsed.GetValue(_batch), GridUpdates = updates, GridUpdatesEnd = updates * every,
            Optimizer = parsed.GetValue(_optimizer) == Optimizers[1] ? FitOptimizer.Adam : FitOptimizer.Lbfgs,

            // Without a penalty the best step is kept; with one the loss alone does not say which is best.
            Patience = parsed.GetValue(_patience) ?? (penalty == 0 ? Math.Max(1, steps) : null),
            PenaltyWeight = penalty,
            Penalty = new PenaltyOptions
            {
                Measure = Measures.First(measure => measure.Word == parsed.GetValue(_measure)).Measure,
                L1 = parsed.GetValue(_l1), Entropy = parsed.GetValue(_entropy), Coefficients = parsed.GetValue(_coefficients), Smoothness = parsed.GetValue(_smoothness),
            },
            Seed = parsed.GetValue(_seed) ?? 1,
        };
        return Checked(() => options.Validate(), options);
    }

    private static int? Whole(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 10_000 ? number : null;

    /// <summary>What the library refuses of options is bad usage.</summary>
    public static T Checked<T>(Action validate, T value)
    {
        try
        {
            validate();
            return value;
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }
}
