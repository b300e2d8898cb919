using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>Words for work that goes by bytes: what, how far, how fast, how long still. Stages follow one another, each with a rate of its own.</summary>
internal sealed class ByteProgress
{
    private const double Memory = 64e6; // bytes: a few seconds of encoding or downloading

    private string _stage = "";
    private ProgressEstimate _estimate = new(0);

    public string Line(string stage, long done, long total)
    {
        if (stage != _stage || done < _estimate.Done || total != _estimate.Total)
            (_stage, _estimate) = (stage, new ProgressEstimate(total, done, Memory));
        _estimate.Advance(done);
        string rate = _estimate.StepsPerSecond is double bytes ? $", {HumanText.Bytes((long)bytes)}/s" : "";
        string left = done < total ? TimeLeft.Words(_estimate.TimeLeft) : "";
        return $"{stage}: {HumanText.Bytes(done)} of {HumanText.Bytes(total)}{rate}{left}";
    }
}
