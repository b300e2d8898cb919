using System.Diagnostics;

namespace Kansformers.Inspection;

/// <summary>A search at work: its clock, and the best formula so far.</summary>
internal sealed class SearchRun : IDisposable
{
    private const double Exact = 1e-11, SmallestShare = 0.6;
    private const int MostReduced = 2;

    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly double[][] _columns;
    private readonly double[] _values;
    private readonly string[] _names;
    private readonly (TimeSpan Limit, IProgress<FormulaSearchStep>? Progress, CancellationToken Cancellation) _course;
    private readonly double _deviation;
    private readonly CancellationTokenSource _ends;
    private Formula? _best;
    private string _how = "";
    private int _tried;
    private double _share = 1; // of the time that may be over, so that one problem leaves some for the next

    public SearchRun(double[][] columns, double[] values, string[] names, (TimeSpan Limit, IProgress<FormulaSearchStep>? Progress, CancellationToken Cancellation) course)
    {
        (_columns, _values, _names, _course) = (columns, values, names, course);
        double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        _deviation = deviation > 0 ? deviation : 1;
        _ends = CancellationTokenSource.CreateLinkedTokenSource(course.Cancellation);
        _ends.CancelAfter((int)Math.Min(int.MaxValue, Math.Ceiling(course.Limit.TotalMilliseconds)));
    }

    /// <summary>The best formula's error, as a share of the values' deviation.</summary>
    public double Error { get; private set; } = double.PositiveInfinity;

    /// <summary>Whether there is nothing left to gain, or no time.</summary>
    public bool IsOver => Error < Exact || _course.Cancellation.IsCancellationRequested || Stopwatch.GetElapsedTime(_begin) > _share * _course.Limit;

    /// <summary>Ends what is being fitted when the time is over or the search is asked to end.</summary>
    public CancellationToken Token => _ends.Token;

    private double Seconds => Stopwatch.GetElapsedTime(_begin).TotalSeconds;

    public FormulaSearchResult Run()
    {
        SearchProblem table = new(_columns, _values, [.. _names.Select(name => new Variable(name))], expression => expression, "");
        if (_values.All(value => value == _values[0]))
            Offer(table, _values[0], "a constant");
        new SeparableSearch(this, table).Run(first: true);
        IReadOnlyList<SearchProblem> reduced = IsOver ? [] : Reduction.Of(this, table);
        _share = SmallestShare;
        foreach (SearchProblem problem in reduced.Reverse().Take(MostReduced).Append(table))
        {
            new RationalSearch(this, problem).Run();
            new SeparableSearch(this, problem).Run(first: true);
            foreach (SearchProblem scaled in problem.Scaled())
                new SeparableSearch(this, scaled).Run(first: true);
            new SeparableSearch(this, problem).Run(first: false);
            _share = Math.Min(1, _share + (1 - SmallestShare) / MostReduced);
        }

        _share = 1;
        FormulaSearchEnd end = Error < Exact ? FormulaSearchEnd.Exact : _course.Cancellation.IsCancellationRequested ? FormulaSearchEnd.Cancelled
            : Stopwatch.GetElapsedTime(_begin) > _course.Limit ? FormulaSearchEnd.Seconds : FormulaSearchEnd.Tried;
        return new FormulaSearchResult(_best, _how, Error, end, Seconds);
    }

    public void Dispose() => _ends.Dispose();

    /// <summary>Tells what is tried.</summary>
    public void Tell(string what) => _course.Progress?.Report(new FormulaSearchStep(++_tried, what, Seconds, _best, Error));

    /// <summary>Takes a formula of a problem's columns, where it is better than what there is.</summary>
    public void Offer(SearchProblem problem, Expression expression, string how)
    {
        Formula formula = new(problem.Whole(expression), _names);
        double error = formula.ErrorOn(_columns, _values).Rmse / _deviation;
        if (!(error < Error))
            return;
        formula = FormulaTidy.Run(formula, _columns, _values);
        (_best, _how, Error) = (formula, how, Math.Min(error, formula.ErrorOn(_columns, _values).Rmse / _deviation));
    }
}
