namespace Kansformers.Cli;

/// <summary>
/// Rate and time left of a loop with a known number of steps. Recent steps count more than old ones
/// (an exponentially weighted mean of the seconds per step), so the estimate follows a machine that slows down.
/// </summary>
/// <remarks>Not for use from several threads at once.</remarks>
internal sealed class ProgressEstimate
{
    private readonly TimeProvider _clock;
    private readonly double _decay;
    private readonly long _start;
    private long _last;
    private double _weightedSeconds;
    private double _weight;

    /// <summary>Starts the clock.</summary>
    /// <param name="total">How many steps the loop has in all.</param>
    /// <param name="done">How many were done before now, as in a run that is resumed.</param>
    /// <param name="memory">After that many steps a step's share in the rate has fallen to 1/e.</param>
    /// <param name="clock">Where the time comes from; the system's clock when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative or <paramref name="memory"/> is not positive.</exception>
    public ProgressEstimate(long total, long done = 0, double memory = 50, TimeProvider? clock = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        ArgumentOutOfRangeException.ThrowIfNegative(done);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(memory);
        (Total, Done) = (total, done);
        _decay = Math.Exp(-1 / memory);
        _clock = clock ?? TimeProvider.System;
        _start = _last = _clock.GetTimestamp();
    }

    /// <summary>How many steps the loop has in all.</summary>
    public long Total { get; }

    /// <summary>How many steps are done.</summary>
    public long Done { get; private set; }

    /// <summary>The share of the steps that is done, 0 to 1.</summary>
    public double Fraction => Total == 0 ? 1 : Math.Min(1, (double)Done / Total);

    /// <summary>The time since this object was made, pauses included.</summary>
    public TimeSpan Elapsed => _clock.GetElapsedTime(_start);

    /// <summary>Seconds per step of late; null before the first step.</summary>
    public double? SecondsPerStep => _weight > 0 ? _weightedSeconds / _weight : null;

    /// <summary>Steps per second of late; null before the first step or where no time has passed.</summary>
    public double? StepsPerSecond => SecondsPerStep is > 0 and double seconds ? 1 / seconds : null;

    /// <summary>The time that the remaining steps will take at the present rate; null before the first step.</summary>
    public TimeSpan? TimeLeft
    {
        get
        {
            if (SecondsPerStep is not double seconds)
                return null;
            double left = seconds * Math.Max(0, Total - Done);
            return left < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(left) : TimeSpan.MaxValue;
        }
    }

    /// <summary>Says that the loop has come to a step; all steps since the last call share the time since then.</summary>
    /// <param name="done">How many steps are done now in all.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="done"/> is less than before.</exception>
    public void Advance(long done)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(done, Done);
        if (done == Done)
            return;
        long now = _clock.GetTimestamp();
        double seconds = _clock.GetElapsedTime(_last, now).TotalSeconds;
        double kept = Math.Pow(_decay, done - Done);
        _weightedSeconds = (kept * _weightedSeconds) + ((1 - kept) * seconds / (done - Done));
        _weight = (kept * _weight) + (1 - kept);
        (_last, Done) = (now, done);
    }

    /// <summary>Leaves the time since the last call out of the rate: a validation, a checkpoint.</summary>
    public void SkipPause() => _last = _clock.GetTimestamp();
}
