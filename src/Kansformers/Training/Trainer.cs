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
    private readonly TrainingOptions _options;
    private readonly RunFolder? _run;
    private readonly LearningRateSchedule _schedule;
    private ModelInTraining _now;
    private TrainingProgress _progress;
    private volatile bool _stop;

    /// <summary>Prepares a training from the start.</summary>
    /// <param name="model">The model to train, with its initial weights. It stays the caller's; where grids are refined, <see cref="Model"/> becomes another one.</param>
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
        GridUpdates.Require(model.Options, options);
        PlannedRefinement.Require(model.Options, options);
        (_options, _run, _schedule) = (options, run, options.LearningRates);
        _now = new ModelInTraining(model, options, data);
        _progress = new TrainingProgress { Seed = options.Seed };
    }

    /// <summary>Raised after every optimizer step.</summary>
    public event Action<TrainingStep>? StepEnded;

    /// <summary>Raised when the grids of KAN layers have moved, before the step that follows.</summary>
    public event Action<GridUpdateSummary>? GridsUpdated;

    /// <summary>Raised when the grids of KAN layers have been refined, before the step that follows: <see cref="Model"/> is another one then.</summary>
    public event Action<GridRefinementSummary>? GridsRefined;

    /// <summary>Raised after every validation.</summary>
    public event Action<ValidationReport>? Validated;

    /// <summary>Raised when a checkpoint is on the disk, with the number of steps it holds.</summary>
    public event Action<long>? CheckpointSaved;

    /// <summary>The model in training: the one that was given until its grids are refined (<see cref="TrainingOptions.RefineGrid"/>), then a finer one, disposed with the trainer.</summary>
    public TransformerModel Model => _now.Model;

    /// <summary>What a user should know of the objective, a line each.</summary>
    internal IReadOnlyList<string> Notes => _now.Objective.Notes;

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
            Load(_run.CheckpointFile);
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

            if (_options.SnapshotInterval > 0 && _progress.Step % _options.SnapshotInterval == 0)
                _run?.SaveSnapshot(Model, _progress.Step);
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
    public void Dispose() => _now.Dispose();

    // A checkpoint of a run whose grids were refined since it began says how.
    private void Load(string path)
    {
        if (_options.RefineGrid.Count > 0 && TrainingCheckpoint.Architecture(path) is ModelOptions saved && saved.Kan != Model.Options.Kan)
            Become(_now.With(saved.Kan));
        _progress = TrainingCheckpoint.Load(path, Model, _now.Optimizer);
        _now.Optimizer.Resume(PlannedRefinement.StepsOfOptimizer(_options.RefineGrid, _progress.Step));
    }

    // A training that failed behind a refinement and goes on in this process has it done.
    private void RefineIfDue(long step)
    {
        if (PlannedRefinement.At(_options.RefineGrid, step) is not PlannedRefinement planned || Model.Options.Kan is not GridOptions grid || grid.GridSize >= planned.GridSize)
            return;
        (ModelInTraining finer, GridRefinementSummary refined) = _now.Refine(planned);
        Become(finer);
        GridsRefined?.Invoke(refined);
    }

    private void Become(ModelInTraining next)
    {
        _now.Dispose();
        _now = next;
    }

    private TrainingStep TakeStep()
    {
        long started = Stopwatch.GetTimestamp();
        long step = _progress.Step;
        double rate = _schedule.At(step);

        RefineIfDue(step);

        // What is random in a step (dropout, say) follows from seed and step as the batches do, so that no generator state has to outlive a step.
        random.manual_seed((long)(SplitMix.Mix((ulong)_options.Seed ^ SplitMix.Mix((ulong)step)) >> 1));
        if (_now.Grids.AreDue(step))
        {
            GridUpdateSummary moved = _now.Grids.Run(step, () => _now.Objective.Loss(step * _options.GradAccum, 1).Dispose());
            GridsUpdated?.Invoke(moved);
        }

        Model.train();
        double loss = 0;
        long tokens = 0;
        for (int micro = 0; micro < _options.GradAccum; micro++)
        {
            using var scope = NewDisposeScope();
            long batch = step * _options.GradAccum + micro;
            tokens += _now.Objective.TokensOf(batch);
            _now.Gradients.Collect(() =>
            {
                Tensor part = _now.Objective.Loss(batch, 1.0 / _options.GradAccum);
                loss += part.item<float>();
                if (!double.IsFinite(loss))
                    throw Diverged("the loss", loss, step + 1);
                if (_options.KanPenalty > 0)
                    part += _now.Grids.Penalty() * (_options.KanPenalty / _options.GradAccum);
                part.backward();
            });
        }

        _now.Gradients.Publish();
        _now.Pruned.ClearGradients();
        (double norm, double scale) = _now.Clipping.Measure();
        if (!double.IsFinite(norm))
        {
            _now.Optimizer.ClearGradients();
            throw Diverged("the gradient", norm, step + 1);
        }

        _now.Optimizer.Step(rate, scale);
        _now.Pruned.ClearWeights();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        _progress = _progress with { Step = step + 1, Tokens = _progress.Tokens + tokens, Seconds = _progress.Seconds + seconds, TrainLoss = loss };
        return new TrainingStep(step + 1, loss, rate, norm, _progress.Tokens, _progress.Seconds, tokens / seconds);
    }

    // Whether the patience is at its end.
    private bool Validate(RunRecorder? recorder)
    {
        if (!_now.Objective.HasValidation)
            return false;
        long started = Stopwatch.GetTimestamp();
        double loss = double.NaN;
        IReadOnlyList<(string, double)> outside = OutsideGrid.Measure(Model, () => loss = _now.Objective.Validate());
        if (!double.IsFinite(loss))
            throw Diverged("the validation loss", loss, _progress.Step);
        bool best = double.IsNaN(_progress.BestLoss) || loss < _progress.BestLoss;
        ValidationReport report = new(_progress.Step, loss, best, _now.Objective.ValidationTokens, Stopwatch.GetElapsedTime(started).TotalSeconds, outside) { Measures = _now.Objective.Measures };
        _progress = best ? _progress with { BestLoss = loss, BestStep = _progress.Step, Stale = 0 } : _progress with { Stale = _progress.Stale + 1 };
        if (best)
            _run?.SaveBest(Model, _progress.Step, loss);
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
        TrainingCheckpoint.Save(_run.CheckpointFile, Model, _now.Optimizer, _progress, _run.Config);
        CheckpointSaved?.Invoke(_progress.Step);
    }

    // A step of finite loss and gradient can still overshoot. Such weights must not replace the last good checkpoint.
    private void RequireFiniteWeights()
    {
        if (FiniteWeights.Broken(Model.named_parameters().Select(entry => (entry.name, (Tensor)entry.parameter))) is (string name, Tensor weights))
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
                : "the model gives no finite numbers as it begins; " + (Model.Options.Kan is GridOptions
                    ? "bring GridOptions.GridLow and GridHigh and KanOptions.BaseActivation nearer to their defaults"
                    : $"bring the options of its {Model.Options.Kan.Kind} layers nearer to their defaults")));
        }

        return new KansformersException(FormattableString.Invariant($"{what} became {value} at step {step}; ")
            + (_run is not null && File.Exists(_run.CheckpointFile) ? $"the last good checkpoint is kept in '{_run.CheckpointFile}'; start a new run and " : "")
            + "lower TrainingOptions.LearningRate, lengthen TrainingOptions.Warmup or set TrainingOptions.GradClip");
    }
}
