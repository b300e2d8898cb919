namespace Kansformers.Training;

/// <summary>Writes what happens in a run to its log and its TensorBoard events.</summary>
internal sealed class RunRecorder : IDisposable
{
    private readonly RunLog _log;
    private readonly TensorBoardWriter _board;

    /// <summary>Goes on after the given number of steps; anything later in the log is cut away.</summary>
    public RunRecorder(RunFolder run, long steps)
    {
        _log = steps == 0 ? RunLog.Create(run.LogFile) : RunLog.Resume(run.LogFile, steps, keepTrain: true);
        _board = new TensorBoardWriter(run.Folder, steps == 0 ? null : steps + 1);
    }

    public void Add(TrainingStep step)
    {
        Add(new TrainRecord
        {
            Step = step.Step,
            Loss = step.Loss,
            LearningRate = step.LearningRate,
            GradNorm = step.GradNorm,
            Tokens = step.Tokens,
            TokensPerSecond = step.TokensPerSecond,
            Seconds = step.Seconds,
        });
    }

    public void Add(ValidationReport report)
    {
        double? outside = report.OutsideGrid.Count > 0 ? report.OutsideGrid.Average(entry => entry.Share) : null;
        Add(new ValidationRecord
        {
            Step = report.Step,
            Loss = report.Loss,
            Best = report.IsBest,
            Tokens = report.Tokens,
            Seconds = report.Seconds,
            OutsideGrid = outside,
            Measures = report.Measures,
        });
        foreach ((string layer, double share) in report.OutsideGrid)
            _board.Add($"outside_grid/{layer}", share, report.Step);
    }

    private void Add(LogEntry entry)
    {
        _log.Add(entry);
        _board.Add(entry);
    }

    /// <summary>Brings the log to the disk before a checkpoint that counts on it.</summary>
    public void Sync() => _log.Sync();

    public void Dispose()
    {
        _log.Dispose();
        _board.Dispose();
    }
}
