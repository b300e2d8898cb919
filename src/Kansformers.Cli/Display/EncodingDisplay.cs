using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>Shows how far an encoding is, on standard error: one line that rewrites itself on a terminal, a line every ten seconds when piped.</summary>
internal sealed class EncodingDisplay : IProgress<EncodeProgress>
{
    private static readonly bool Live = !Console.IsErrorRedirected;
    private long _last = Environment.TickCount64;

    public void Report(EncodeProgress value)
    {
        long now = Environment.TickCount64;
        bool done = value.BytesDone >= value.BytesTotal;
        if (now - _last < (Live ? 200 : 10_000) && !(done && Live))
            return;
        _last = now;
        string what = value.Stage switch { PrepareStage.Downloading => "downloading", PrepareStage.Hashing => "reading", PrepareStage.CollectingCharacters => "collecting characters", _ => "encoding" };
        string line = FormattableString.Invariant($"{what}: {value.BytesDone / 1e6:0} of {value.BytesTotal / 1e6:0} MB");
        if (Live)
            Console.Error.Write($"\r\u001b[K{(done ? "" : line)}");
        else
            Console.Error.WriteLine(line);
    }
}
