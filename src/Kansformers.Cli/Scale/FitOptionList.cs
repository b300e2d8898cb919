using System.CommandLine;
using System.Globalization;
using Kansformers.Scaling;
using Kansformers.Training;

namespace Kansformers.Cli.Scale;

/// <summary>The options of <c>scale fit</c>, and the report that they ask for.</summary>
internal sealed class FitOptionList
{
    private static readonly string[] Resamplings = ["runs", "residuals"], Optimizers = ["projection", "grid"];

    public readonly Argument<string> Runs = new("runs") { Description = "a table of runs (CSV, its first line names the columns): parameters, loss, and tokens or training operations" };
    public readonly Option<string?> Out = new("--out") { Description = "the folder for the page, scale.html and scale.md [default: fits/NAME]" };
    public readonly Option<string?> Title = new("--title") { Description = "the heading of the page" };
    public readonly Option<bool> Json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };

    private readonly Option<string?> _group = Column("--group-column", "the kind of model: each is fitted by itself");
    private readonly Option<string?> _parameters = Column("--parameters-column", "all parameters");
    private readonly Option<string?> _tokens = Column("--tokens-column", "the tokens of the training; without it, its operations by 6 for each parameter");
    private readonly Option<string?> _flops = Column("--flops-column", "the operations of the training; without it, 6 for each parameter and token");
    private readonly Option<string?> _loss = Column("--loss-column", "the held-out loss, in nats per token");
    private readonly Option<string?> _embeddings = Column("--embeddings-column", "the parameters of embeddings and positions, for a fit without them, too");
    private readonly Option<string?> _live = Column("--live-column", "the parameters that a token uses, for a fit with them, too");
    private readonly Option<string?> _seconds = Column("--seconds-column", "the seconds of the training");
    private readonly Option<string?> _seedColumn = Column("--seed-column", "the seed of the run");

    private readonly Option<int> _leaveOut = new("--leave-out") { Description = "how many runs of the highest losses of each group are left out", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _holdOut = new("--hold-out-largest") { Description = "keep the largest size of each group out of the fits, and tell how well they predict it" };
    private readonly Option<string?> _budgets = new("--budgets") { Description = "budgets of operations whose best sizes are wanted, as in 1e18,1e20 [default: 1, 10 and 100 times the largest training]" };
    private readonly Option<double> _delta = new("--delta") { Description = "where Huber's loss turns from squares to absolute values, in differences of log loss", DefaultValueFactory = _ => 1e-3 };
    private readonly Option<string> _optimizer = new("--optimizer") { Description = "projection (exponents searched, the rest by least squares) or grid (from 4500 starts, as published)", DefaultValueFactory = _ => Optimizers[0] };
    private readonly Option<int> _bootstraps = new("--bootstraps") { Description = "fits to runs drawn anew, for intervals; 0 for none", DefaultValueFactory = _ => 1000 };
    private readonly Option<string> _resample = new("--resample") { Description = "what is drawn anew: runs, each of which counts by a random weight, or residuals, where all losses scatter alike", DefaultValueFactory = _ => Resamplings[0] };
    private readonly Option<double> _confidence = new("--confidence") { Description = "the share of those fits that an interval holds", DefaultValueFactory = _ => 0.95 };
    private readonly Option<long> _seed = new("--seed") { Description = "the seed of the draws", DefaultValueFactory = _ => 1 };

    public void AddTo(Command command)
    {
        command.Add(Runs);
        Option[] columns = [_group, _parameters, _tokens, _flops, _loss, _embeddings, _live, _seconds, _seedColumn];
        foreach (Option option in columns.Concat([_leaveOut, _holdOut, _budgets, _delta, _optimizer, _bootstraps, _resample, _confidence, _seed, Out, Title, Json]))
            command.Add(option);
        _optimizer.AcceptOnlyFromAmong(Optimizers);
        _resample.AcceptOnlyFromAmong(Resamplings);
        OptionRules.NotEmpty(Runs);
        OptionRules.NotEmpty([.. columns, _budgets, Out, Title]);
    }

    /// <summary>The runs of the table.</summary>
    public IReadOnlyList<ScalingPoint> Read(ParseResult parsed) => ScalingTable.Read(parsed.GetValue(Runs)!, new ScalingColumns
    {
        Group = parsed.GetValue(_group),
        Parameters = parsed.GetValue(_parameters),
        Tokens = parsed.GetValue(_tokens),
        Flops = parsed.GetValue(_flops),
        Loss = parsed.GetValue(_loss),
        EmbeddingParameters = parsed.GetValue(_embeddings),
        LiveParameters = parsed.GetValue(_live),
        Seconds = parsed.GetValue(_seconds),
        Seed = parsed.GetValue(_seedColumn),
    });

    /// <summary>What the report is to say, checked.</summary>
    public ScalingReportOptions Report(ParseResult parsed)
    {
        FitOptions fit = new()
        {
            Delta = parsed.GetValue(_delta),
            Optimizer = parsed.GetValue(_optimizer) == Optimizers[1] ? LawOptimizer.GridOfStarts : LawOptimizer.VariableProjection,
            LeaveOutHighest = parsed.GetValue(_leaveOut),
            Bootstraps = parsed.GetValue(_bootstraps),
            Resampling = parsed.GetValue(_resample) == Resamplings[1] ? Resampling.Residuals : Resampling.Runs,
            Confidence = parsed.GetValue(_confidence),
            Seed = parsed.GetValue(_seed),
        };
        try
        {
            fit.Validate();
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }

        return new ScalingReportOptions
        {
            Title = parsed.GetValue(Title) ?? $"Scaling laws of {Path.GetFileNameWithoutExtension(parsed.GetValue(Runs))}",
            Command = CommandLineApp.CommandLine,
            Fit = fit,
            HoldOutLargest = parsed.GetValue(_holdOut),
            Budgets = parsed.GetValue(_budgets) is string text ? Numbers(text) : [],
        };
    }

    /// <summary>The folder of the page.</summary>
    public string Folder(ParseResult parsed) => parsed.GetValue(Out) ?? Path.Combine("fits", Path.GetFileNameWithoutExtension(parsed.GetValue(Runs)!));

    private static Option<string?> Column(string name, string what) => new(name) { Description = $"the column of {what} [default: found by usual names]" };

    private static double[] Numbers(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number > 0 && double.IsFinite(number) ? number
                : throw new UsageException($"--budgets '{text}' must be numbers above 0 joined by commas, as in 1e18,1e20")),
    ];
}
