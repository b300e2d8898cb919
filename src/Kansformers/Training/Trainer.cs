using System.Diagnostics;
using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// The training loop: draw, forward, backward, clip, step; validate, checkpoint and perhaps stop at intervals.
/// A run is a pure function of its configuration and text: interrupted anywhere and resumed, it comes to the same numbers.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TransformerModel _model;
    private readonly TrainingOptions _options;
    private readonly RunFolder? _run;
    private readonly IObjective _objective;
    private readonly GridUpdates _grids;
    private readonly GradientClipping _clipping;
    private readonly Optimizer _optimizer;
    private readonly GradientBuffers _gradients;
    private readonly PrunedWeights _pruned;
    private readonly LearningRateSchedule _schedule;
    private TrainingProgress _progress;
    private volatile bool _stop;

    /// <summary>Prepares a training from the start.</summary>
    /// <param name="model">The model to train, with its initial weights.</param>
    /// <param name="options">How to train.</param>
    /// <param name="data">What to learn from, and what is held out.</param>
    /// <param name="run">Where checkpoints and the log go; null keeps nothing.</param>
    /// <exception cref="KansformersException">An option is invalid, or a text is shorter than a block.</exception>
    public Trainer(TransformerModel model, TrainingOptions options, TrainingData data, RunFolder? run = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        options.Validate();
        (_model, _options, _run) = (model, options, run);
        _grids = new GridUpdates(model, options);
        _grids.Validate();
        _objective = options.Objective.Create(model, data, options);
        IReadOnlyList<ParameterGroup> groups = ParameterGroups.Of(model, options.Optimizer.WeightDecay, options.Roles);
        _clipping = new GradientClipping(groups, options.GradClip);
        _optimizer = new Optimizer(options.Optimizer, groups) { PeakLearningRate = options.LearningRate };
        _gradients = new GradientBuffers(model.parameters());
        _pruned = new PrunedWeights(model);
        _schedule = options.LearningRates;
        model.Precision = options.Precision;
        _progress = new TrainingProgress { Seed = options.Seed };
    }

    /// <summary>Raised after every optimizer step.</summary>
    public event Action<TrainingStep>? StepEnded;

    /// <summary>Raised when the grids of KAN layers have moved, before the step that follows.</summary>
    public event Action<GridUpdateSummary>? GridsUpdated;

    /// <summary>Raised after every validation.</summary>
    public event Action<ValidationReport>? Validated;

    /// <summary>Raised when a checkpoint is on the disk, with the number of steps it holds.</summary>
    public event Action<long>? CheckpointSaved;

    /// <summary>What a user should know of the objective, a line each.</summary>
    internal IReadOnlyList<string> Notes => _objective.Notes;

    /// <summary>How many steps are done.</summary>
    public long Steps => _progress.Step;

    /// <summary>Whether the numbers are not finite any more; to go on, or to begin again, comes to the same.</summary>
    internal bool HasDiverged { get; private set; }

    /// <summary>Goes on from the run folder's checkpoint, if there is one; the log is cut back to it.</summary>
    /// <returns>The number of steps that are done already.</returns>
    /// <exception cref="KansformersException">The checkpoint is damaged or not of this run, or there was one that is lost.</exception>
    public long Resume()
    {
        if (_run is null)
            throw new InvalidOperationException("a training without a run folder cannot be resumed");
        _run.Sweep();
        if (!File.Exists(_run.CheckpointFile))
            _run.RequireUnsaved();
        else
            _progress = TrainingCheckpoint.Load(_run.CheckpointFile, _model, _optimizer);
        if (_progress.Seed != _options.Seed)
            throw new KansformersException($"'{_run.CheckpointFile}' was made with seed {_progress.Seed}, the configuration says {_options.Seed}; they must agree");
        return _progress.Step;
    }

    /// <summary>Asks the loop to end after the current step, with a checkpoint. Can be called from an event or another thread.</summary>
    public void Stop() => _stop = true;

    /// <summary>Trains to the end.</summary>
    /// <param name="cancellation">Ends the loop after the current step, with a checkpoint.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="KansformersException">The loss became NaN or infinite, or the disk refused; the last checkpoint is kept.</exception>
    public TrainingResult Run(CancellationToken cancellation = default)
    {
        using RunRecorder? recorder = _run is null ? null : new RunRecorder(_run, _progress.Step);
        TrainingEnd end = _progress.Stopped ? TrainingEnd.EarlyStopped : TrainingEnd.Finished;
        long saved = _progress.Step;
        while (_progress.Step < _options.MaxIters && end != TrainingEnd.EarlyStopped)
        {
            if (_stop || cancellation.IsCancellationRequested)
            {
                end = TrainingEnd.Interrupted;
                break;
            }

            TrainingStep step = TakeStep();
            recorder?.Add(step);
            StepEnded?.Invoke(step);
            if (_progress.Step % _options.EvalInterval != 0 && _progress.Step != _options.MaxIters)
                continue;
            RequireFiniteWeights();
            if (Validate(recorder))
                end = TrainingEnd.EarlyStopped;
            Save(recorder);
            saved = _progress.Step;
        }

        if (saved != _progress.Step)
        {
            RequireFiniteWeights();
            Save(recorder);
        }

        _stop = false;
        return new TrainingResult(end, _progress.Step, _progress.Tokens, _progress.TrainLoss, _progress.BestLoss, _progress.BestStep, _progress.Seconds);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _objective.Dispose();
        _optimizer.Dispose();
        _gradients.Dispose();
        _pruned.Dispose();
    }

    private TrainingStep TakeStep()
    {
        long started = Stopwatch.GetTimestamp();
        long step = _progress.Step;
        double rate = _schedule.At(step);

        // What is random in a step (dropout, say) follows from seed and step as the batches do, so that no generator state has to outlive a step.
        random.manual_seed((long)(SplitMix.Mix((ulong)_options.Seed ^ SplitMix.Mix((ulong)step)) >> 1));
        if (_grids.AreDue(step))
        {
            GridUpdateSummary moved = _grids.Run(step, () => _objective.Loss(step * _options.GradAccum, 1).Dispose());
            GridsUpdated?.Invoke(moved);
        }

        _model.train();
        double loss = 0;
        long tokens = 0;
        for (int micro = 0; micro < _options.GradAccum; micro++)
        {
            using var scope = NewDisposeScope();
            long batch = step * _options.GradAccum + micro;
            tokens += _objective.TokensOf(batch);
            _gradients.Collect(() =>
            {
                Tensor part = _objective.Loss(batch, 1.0 / _options.GradAccum);
                loss += part.item<float>();
                if (!double.IsFinite(loss))
                    throw Diverged("the loss", loss, step + 1);
                if (_options.KanPenalty > 0)
                    part += _grids.Penalty() * (_options.KanPenalty / _options.GradAccum);
                part.backward();
            });
        }

        _gradients.Publish();
        _pruned.ClearGradients();
        (double norm, double scale) = _clipping.Measure();
        if (!double.IsFinite(norm))
        {
            _optimizer.ClearGradients();
            throw Diverged("the gradient", norm, step + 1);
        }

        _optimizer.Step(rate, scale);
        _pruned.ClearWeights();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        _progress = _progress with { Step = step + 1, Tokens = _progress.Tokens + tokens, Seconds = _progress.Seconds + seconds, TrainLoss = loss };
        return new TrainingStep(step + 1, loss, rate, norm, _progress.Tokens, _progress.Seconds, tokens / seconds);
    }

    // Whether the patience is at its end.
    private bool Validate(RunRecorder? recorder)
    {
        if (!_objective.HasValidation)
            return false;
        long started = Stopwatch.GetTimestamp();
        double loss = double.NaN;
        IReadOnlyList<(string, double)> outside = OutsideGrid.Measure(_model, () => loss = _objective.Validate());
        if (!double.IsFinite(loss))
            throw Diverged("the validation loss", loss, _progress.Step);
        bool best = double.IsNaN(_progress.BestLoss) || loss < _progress.BestLoss;
        ValidationReport report = new(_progress.Step, loss, best, _objective.ValidationTokens, Stopwatch.GetElapsedTime(started).TotalSeconds, outside) { Measures = _objective.Measures };
        _progress = best ? _progress with { BestLoss = loss, BestStep = _progress.Step, Stale = 0 } : _progress with { Stale = _progress.Stale + 1 };
        if (best)
            _run?.SaveBest(_model, _progress.Step, loss);
        recorder?.Add(report);
        Validated?.Invoke(report);
        bool stop = _options.Patience > 0 && _progress.Stale >= _options.Patience;
        _progress = _progress with { Stopped = stop };
        return stop;
    }

    private void Save(RunRecorder? recorder)
    {
        if (_run is null)
            return;
        recorder?.Sync();
        TrainingCheckpoint.Save(_run.CheckpointFile, _model, _optimizer, _progress, _run.Config);
        CheckpointSaved?.Invoke(_progress.Step);
    }

    // A step of finite loss and gradient can still overshoot. Such weights must not replace the last good checkpoint.
    private void RequireFiniteWeights()
    {
        if (FiniteWeights.Broken(_model.named_parameters().Select(entry => (entry.name, (Tensor)entry.parameter))) is (string name, Tensor weights))
            throw Diverged($"a weight of {name}", weights.sum(ScalarType.Float64).item<double>(), _progress.Step);
    }

    private KansformersException Diverged(string what, double value, long step)
    {
        HasDiverged = true;

        // Nothing was learned yet, so that the learning rate cannot be at fault.
        if (_progress.Step == 0)
        {
            return new KansformersException(FormattableString.Invariant($"{what} is {value} before the first step: ") + (_run?.Config.InitialWeights is string weights
                ? $"the weights of '{weights}' give no finite numbers on this text; give others"
                : "the model gives no finite numbers as it begins; " + (_model.Options.Kan is GridOptions
                    ? "bring GridOptions.GridLow and GridHigh and KanOptions.BaseActivation nearer to their defaults"
                    : $"bring the options of its {_model.Options.Kan.Kind} layers nearer to their defaults")));
        }

        return new KansformersException(FormattableString.Invariant($"{what} became {value} at step {step}; ")
            + (_run is not null && File.Exists(_run.CheckpointFile) ? $"the last good checkpoint is kept in '{_run.CheckpointFile}'; start a new run and " : "")
            + "lower TrainingOptions.LearningRate, lengthen TrainingOptions.Warmup or set TrainingOptions.GradClip");
    }
}
