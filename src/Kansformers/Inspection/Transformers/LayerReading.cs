using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>What a layer's functions do on a corpus: what enters them, how much each moves, and how much the loss hangs on it. The layer is read as it was when this was made.</summary>
public sealed class LayerReading
{
    private const int FormulaPoints = 256;

    private readonly LayerFacts _facts;
    private readonly IReadOnlyList<ValueHistogram> _histograms;
    private readonly double[] _outside;
    private readonly FunctionScores _scores;
    private readonly double[] _weights; // behind shared functions: for each input Σ_o w² and Σ_o w² · squared gradient

    internal LayerReading(FunctionLayer layer, LayerFacts facts, IReadOnlyList<ValueHistogram> histograms, double[] outside)
    {
        (Layer, _facts, _histograms, _outside) = (layer, facts, histograms, outside);
        _scores = FunctionScores.Of(layer.Tensors, facts);
        _weights = MatrixWeights(layer, facts);
    }

    /// <summary>The layer.</summary>
    public FunctionLayer Layer { get; }

    /// <summary>How many tokens went through it.</summary>
    public long Tokens => _facts.Tokens;

    /// <summary>Whether gradients of the loss were measured, so that there are attributions.</summary>
    public bool HasAttribution => _facts.GradientSquares is not null;

    /// <summary>What enters the layer, all inputs together.</summary>
    public InputReading Inputs => Together(0, Layer.Inputs);

    /// <summary>How much of the variance of what the functions give is the basis', and not the base activation's: 0 to 1.</summary>
    public double SplineShare
    {
        get
        {
            (double spline, double all) = (0, 0);
            for (long at = 0; at < _scores.Variances.LongLength; at++)
            {
                spline += _scores.Variances[at] * (1 - _scores.Base[at]);
                all += _scores.Variances[at];
            }

            return all > 0 ? spline / all : 0;
        }
    }

    /// <summary>What enters a function.</summary>
    /// <param name="place">Which function.</param>
    /// <exception cref="ArgumentOutOfRangeException">The layer has no such function.</exception>
    public InputReading Input(FunctionPlace place)
    {
        (int first, int count) = Layer.InputsOf(place);
        return Together(first, count);
    }

    /// <summary>How much a function does.</summary>
    /// <param name="place">Which function.</param>
    /// <exception cref="ArgumentOutOfRangeException">The layer has no such function.</exception>
    public FunctionReading Of(FunctionPlace place)
    {
        (int first, int count) = Layer.InputsOf(place);
        if (place.Output is int output)
            return OfEdge(place, output);
        (double mean, double variance, double given, double all, double lost, double spline) = (0, 0, 0, 0, 0, 0);
        for (int input = first; input < first + count; input++)
        {
            double one = _scores.Variances[input];
            mean += _scores.Means[input] / count;
            variance += one / count;
            spline += one * (1 - _scores.Base[input]) / count;
            given += one * _weights[2 * input];
            lost += one * _weights[2 * input + 1];
        }

        for (int at = Layer.HasMatrix ? 0 : first; at < (Layer.HasMatrix ? Layer.Outputs : first + count); at++)
            all += _facts.OutputVariances[at];
        return new FunctionReading(place)
        {
            Mean = mean,
            Deviation = Math.Sqrt(variance),
            Share = all > 0 ? Math.Sqrt(given / all) : 0,
            Attribution = HasAttribution ? lost / 2 : double.NaN,
            Magnitude = MagnitudeOf(place),
            SplineShare = variance > 0 ? spline / variance : 0,
        };
    }

    /// <summary>Formulas c f(a x + b) + d that come near to a function where its inputs are, the best first (<see cref="CurveFit.Suggest"/>).</summary>
    /// <param name="place">Which function.</param>
    /// <param name="options">Which functions are tried; null for the usual ones.</param>
    /// <returns>The fits; r2 is over the values that enter, as often as they do.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The layer has no such function.</exception>
    public IReadOnlyList<EdgeFit> Formulas(FunctionPlace place, CurveFitOptions? options = null)
    {
        double[] x = Input(place).Quantiles(FormulaPoints);
        return CurveFit.Suggest(x, Layer.Values(place, x), options);
    }

    /// <summary>The functions that matter most, in order.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="ranking">By what they are put in order; where attribution was not measured, by deviation instead.</param>
    public IReadOnlyList<FunctionReading> Top(int count, FunctionRanking ranking = FunctionRanking.Attribution)
    {
        FunctionRanking by = Known(ranking);
        if (!Layer.IsEdge)
            return [.. Layer.Places(0).Select(Of).OrderByDescending(function => function.Score(by)).Take(count)];
        double[] scores = EdgeScores(by);
        PriorityQueue<long, double> best = new();
        for (long at = 0; at < scores.LongLength; at++)
        {
            best.Enqueue(at, scores[at]);
            if (best.Count > count)
                best.Dequeue();
        }

        List<FunctionReading> top = [];
        while (best.TryDequeue(out long at, out _))
            top.Add(Of(new FunctionPlace((int)(at / Layer.Outputs), (int)(at % Layer.Outputs))));
        top.Reverse();
        return top;
    }

    /// <summary>The score of every edge, (in, out).</summary>
    /// <summary>The ranking, or the one that stands for it where attribution was not measured.</summary>
    internal FunctionRanking Known(FunctionRanking ranking) => ranking == FunctionRanking.Attribution && !HasAttribution ? FunctionRanking.Deviation : ranking;

    internal double[] EdgeScores(FunctionRanking ranking)
    {
        double[] scores = new double[_scores.Variances.LongLength];
        for (long at = 0; at < scores.LongLength; at++)
        {
            int output = (int)(at % Layer.Outputs);
            scores[at] = ranking switch
            {
                FunctionRanking.Attribution => _facts.GradientSquares is double[] squares ? _scores.Variances[at] * squares[output] / 2 : double.NaN,
                FunctionRanking.Deviation => ShareOf(_scores.Variances[at], output),
                _ => Math.Sqrt(_scores.Squares[at]),
            };
        }

        return scores;
    }

    /// <summary>The mean of every edge, (in, out).</summary>
    internal double[] EdgeMeans => _scores.Means;

    /// <summary>The moments of the columns.</summary>
    internal LayerFacts Facts => _facts;

    private FunctionReading OfEdge(FunctionPlace place, int output)
    {
        long at = (long)place.Index * Layer.Outputs + output;
        double variance = _scores.Variances[at];
        return new FunctionReading(place)
        {
            Mean = _scores.Means[at],
            Deviation = Math.Sqrt(variance),
            Share = ShareOf(variance, output),
            Attribution = _facts.GradientSquares is double[] squares ? variance * squares[output] / 2 : double.NaN,
            Magnitude = Math.Sqrt(_scores.Squares[at]),
            SplineShare = variance > 0 ? 1 - _scores.Base[at] : 0,
        };
    }

    private double ShareOf(double variance, int output) => _facts.OutputVariances[output] > 0 ? Math.Sqrt(variance / _facts.OutputVariances[output]) : 0;

    private double MagnitudeOf(FunctionPlace place)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        double squares = 0;
        foreach (KanRole role in (KanRole[])[KanRole.FunctionCoefficients, KanRole.FunctionBase, KanRole.Numerator])
            squares += Layer.Tensors.Find(role)?[place.Index].to_type(ScalarType.Float64).square().sum().item<double>() ?? 0;
        return Math.Sqrt(squares);
    }

    private InputReading Together(int first, int count)
    {
        ValueHistogram together = new();
        IEnumerable<ValueHistogram> some = _histograms.Skip(first).Take(count);
        if (count == 1)
            together = _histograms[first];
        else
            together.Begin(some.Min(one => one.Lowest), some.Max(one => one.Highest));
        foreach (ValueHistogram one in count == 1 ? [] : some)
            together.Add(one);
        double outside = 0;
        for (int input = first; input < first + count; input++)
            outside += _outside[input] / count;
        return new InputReading(together.Lowest, together.Highest, outside, new InputHistogram(together.Low, together.Width, [.. together.Counts]));
    }

    private static double[] MatrixWeights(FunctionLayer layer, LayerFacts facts)
    {
        double[] weights = new double[layer.IsEdge ? 0 : 2 * layer.Inputs];
        if (layer.IsEdge)
            return weights;
        if (!layer.HasMatrix)
        {
            for (int input = 0; input < layer.Inputs; input++)
                weights[2 * input] = 1;
            return weights;
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor squares = layer.Tensors[KanRole.Coefficients].detach().cpu().to_type(ScalarType.Float64).square(); // (out, in)
        Tensor gradients = facts.GradientSquares is double[] known ? tensor(known) : zeros(layer.Outputs, dtype: ScalarType.Float64);
        return stack([squares.sum([0L]), gradients.matmul(squares)], -1).contiguous().data<double>().ToArray();
    }
}
