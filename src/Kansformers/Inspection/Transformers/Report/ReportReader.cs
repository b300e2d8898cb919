using Kansformers.Kan;

namespace Kansformers.Inspection;

/// <summary>Chooses the functions of a layer that are shown, and gathers what is shown of each.</summary>
internal sealed class ReportReader
{
    /// <summary>The points of a curve.</summary>
    public const int Points = 121;

    private const double Shown = 0.998; // of what enters; rare values far out would press the rest together
    private const double WidestGrid = 2.5; // as often as what enters is wide

    private readonly LayerReading _layer;
    private readonly ModelReportOptions _options;
    private readonly List<(FunctionReading Function, long Rank)> _functions;
    private readonly double _score;

    public ReportReader(LayerReading layer, ModelReportOptions options)
    {
        (_layer, _options) = (layer, options);
        Ranking = layer.Known(FunctionRanking.Attribution);
        long all = layer.Layer.Functions;
        IReadOnlyList<FunctionReading> top = layer.Top((int)Math.Min(all, layer.Layer.IsEdge ? options.Top : int.MaxValue), Ranking);
        _functions = [.. top.Select((function, at) => (function, at + 1L))];
        if (!layer.Layer.IsEdge)
        {
            _score = top.Sum(function => function.Score(Ranking));
            return;
        }

        double[] scores = layer.EdgeScores(Ranking);
        _score = scores.Sum();
        int least = (int)Math.Min(options.Least, all - top.Count);
        _functions.AddRange(Least(scores, least).Select((at, i) => (layer.Of(new FunctionPlace((int)(at / layer.Layer.Outputs), (int)(at % layer.Layer.Outputs))), all - least + 1 + i)));
    }

    /// <summary>By what functions are put in order.</summary>
    public FunctionRanking Ranking { get; }

    /// <summary>How many functions are shown.</summary>
    public int Count => _functions.Count;

    /// <summary>Gathers.</summary>
    /// <param name="removal">Measures losses; null for none.</param>
    /// <param name="step">Is called after each function.</param>
    /// <param name="cancellation">Ends the work.</param>
    public ReportLayer Read(RemovalLoss? removal, Action step, CancellationToken cancellation)
    {
        FunctionLayer layer = _layer.Layer;
        InputReading inputs = _layer.Inputs;
        int fromEnd = Math.Min(_options.Without, Count) == Count ? 0 : _options.Without / 4, fromTop = _options.Without - fromEnd;
        List<ReportFunction> shown = [];
        foreach ((FunctionReading function, long rank) in _functions)
        {
            bool isMeasured = removal is not null && (shown.Count < fromTop || shown.Count >= Count - fromEnd);
            shown.Add(Of(function, rank, isMeasured ? removal!.Of(layer, function.Place, cancellation) : null));
            step();
        }

        return new ReportLayer(layer.Name, layer.Options.Summary(), layer.Functions)
        {
            Inputs = layer.Inputs,
            Outputs = layer.Outputs,
            IsEdge = layer.IsEdge,
            IsNormed = layer.IsNormed,
            Pruned = layer.PrunedEdges,
            Ranking = Ranking,
            Score = _score,
            Low = inputs.Low,
            High = inputs.High,
            Outside = inputs.Outside,
            SplineShare = _layer.SplineShare,
            Shown = shown,
        };
    }

    private ReportFunction Of(FunctionReading function, long rank, FunctionRemoval? removal)
    {
        FunctionPlace place = function.Place;
        FunctionLayer layer = _layer.Layer;
        InputReading input = _layer.Input(place);
        (double Low, double High)? grid = layer.Options is GridOptions ? layer.GridOf(place) : null;
        (double low, double high) = Range(input, grid);
        double[] x = [.. Enumerable.Range(0, Points).Select(i => low + (high - low) * i / (Points - 1))];
        string id = place.Output is int output ? FormattableString.Invariant($"{place.Index}-{output}") : FormattableString.Invariant($"{place.Index}");
        return new ReportFunction(id, layer.Describe(place), rank, function, input)
        {
            Name = layer.ShortName(place),
            Grid = grid,
            X = x,
            Y = layer.Values(place, x),
            Formula = layer.IsPruned(place) ? null : _layer.Formulas(place).FirstOrDefault(fit => fit.R2 >= _options.LeastR2),
            Removal = removal,
        };
    }

    // The grid's ends are within the picture where that does not make the curve small.
    private static (double Low, double High) Range(InputReading input, (double Low, double High)? grid)
    {
        (double low, double high) = input.Histogram.Middle(Shown);
        (low, high) = (Math.Max(low, input.Low), Math.Min(high, input.High));
        if (!(high > low))
            (low, high) = (low - 0.5, low + 0.5);
        if (grid is not (double first, double last))
            return (low, high);
        double span = high - low, from = Math.Min(low, first - span * 0.02), to = Math.Max(high, last + span * 0.02);
        return to - from <= WidestGrid * span ? (from, to) : (low, high);
    }

    // In the order of all: the very least last.
    private static List<long> Least(double[] scores, int count)
    {
        PriorityQueue<long, double> least = new();
        for (long at = 0; at < scores.LongLength && count > 0; at++)
        {
            least.Enqueue(at, -scores[at]);
            if (least.Count > count)
                least.Dequeue();
        }

        List<long> order = [];
        while (least.TryDequeue(out long at, out _))
            order.Add(at);
        return order;
    }
}
