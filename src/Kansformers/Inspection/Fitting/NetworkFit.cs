using Kansformers.Numerics;
using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>A fit at work.</summary>
internal sealed class NetworkFit
{
    private readonly KanNetwork _network;
    private readonly FitData _data;
    private readonly FitOptions _options;
    private readonly FitObjective _objective;
    private readonly Lbfgs _lbfgs;
    private readonly AdamSteps _adam;
    private readonly double[] _x, _kept;
    private readonly int _batch;
    private readonly int[] _order;
    private readonly List<FitStep> _steps = [];
    private double _best = double.PositiveInfinity;
    private int _bestStep = -1;
    private KanNetworkLayer[]? _bestLayers;

    public NetworkFit(KanNetwork network, FitData data, FitOptions options)
    {
        (_network, _data, _options) = (network, data, options);
        _batch = Math.Min(options.BatchSize ?? int.MaxValue, data.Inputs.Rows);
        _order = [.. Enumerable.Range(0, data.Inputs.Rows)];
        _objective = new FitObjective(network, options, data.Inputs, data.Targets);
        (_x, _kept) = (new double[_objective.Parameters.Count], new double[_objective.Parameters.Count]);
        (_lbfgs, _adam) = (new Lbfgs(_x.Length), new AdamSteps(_x.Length));
    }

    public FitResult Run(IProgress<FitStep>? progress, CancellationToken cancellation)
    {
        FitEnd end = FitEnd.Steps;
        for (int step = 0; step < _options.Steps && end == FitEnd.Steps; step++)
        {
            if (cancellation.IsCancellationRequested)
            {
                end = FitEnd.Cancelled;
                break;
            }

            if (_options.MovesGrids(step))
                MoveGrids();
            if (_batch < _order.Length)
                Draw(step);
            if (!Step(cancellation) || !Measure(step))
            {
                end = FitEnd.NoNumber;
                break;
            }

            progress?.Report(_steps[^1]);
            if (_options.Patience is int patience && step - _bestStep >= patience)
                end = FitEnd.Patience;
            else if (cancellation.IsCancellationRequested)
                end = FitEnd.Cancelled;
        }

        if (_bestLayers is not null)
        {
            foreach ((KanNetworkLayer layer, KanNetworkLayer best) in _network.Layers.Zip(_bestLayers))
                layer.CopyFrom(best);
        }

        return new FitResult(_steps, end);
    }

    // What the optimizer knows of curvature is of the old coefficients.
    private void MoveGrids()
    {
        _network.Regrid(_data.Inputs);
        _objective.Forget();
        _lbfgs.Restart();
    }

    private void Draw(int step)
    {
        // The first of a shuffle (Fisher and Yates), which depends on seed and step alone.
        KeyedDraws draws = new(KeyedDraws.Key(_options.Seed, step));
        for (int at = 0; at < _order.Length; at++)
            _order[at] = at;
        for (int at = 0; at < _batch; at++)
        {
            int other = at + draws.Next(_order.Length - at);
            (_order[at], _order[other]) = (_order[other], _order[at]);
        }

        ReadOnlySpan<int> rows = _order.AsSpan(0, _batch);
        _objective.Take(_data.Inputs.Take(rows), _data.Targets.Take(rows));
        _lbfgs.Restart(); // another function
    }

    private bool Step(CancellationToken cancellation)
    {
        _objective.Parameters.Read(_x);
        _x.CopyTo(_kept, 0);
        bool taken = _options.Optimizer == FitOptimizer.Adam ? _adam.Step(_objective.Evaluate, _x, _options.LearningRate ?? 0.01)
            : double.IsFinite(_lbfgs.Step(_objective.Evaluate, _x, _options.LearningRate ?? 1, () => cancellation.IsCancellationRequested));
        _objective.Parameters.Write(taken && DoubleVectors.AllFinite(_x) ? _x : _kept);
        return taken && DoubleVectors.AllFinite(_x);
    }

    // Records the step; undoes one that led where the loss is no number.
    private bool Measure(int step)
    {
        _objective.Measure();
        double loss = _objective.Loss;
        if (!double.IsFinite(loss))
        {
            _objective.Parameters.Write(_kept);
            return false;
        }

        double? heldOut = _data.HeldOutInputs is null ? null : _network.Loss(_data.HeldOutInputs, _data.HeldOutTargets!, _options.Loss);
        _steps.Add(new FitStep(step, loss, heldOut, _objective.Penalty));
        double judged = heldOut ?? loss;
        if (judged < _best || _bestStep < 0)
        {
            (_best, _bestStep) = (judged, step);
            if (_options.Patience is not null)
                _bestLayers = [.. _network.Layers.Select(layer => layer.Clone())];
        }

        return true;
    }
}
