using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>Shows how far a corpus is, on standard error: one line that rewrites itself on a terminal, a line every ten seconds when piped.</summary>
internal sealed class EncodingDisplay : IProgress<EncodeProgress>
{
    private static readonly bool Live = !Console.IsErrorRedirected;
    private readonly ByteProgress _progress = new();
    private long _last = Environment.TickCount64;

    public void Report(EncodeProgress value)
    {
        string line = Line(_progress, value);
        long now = Environment.TickCount64;
        bool done = value.BytesDone >= value.BytesTotal;
        if (now - _last < (Live ? 200 : 10_000) && !(done && Live))
            return;
        _last = now;
        if (Live)
            Console.Error.Write($"\r\u001b[K{(done ? "" : line)}");
        else
            Console.Error.WriteLine(line);
    }

    public static string Line(ByteProgress progress, EncodeProgress value) => progress.Line(
        value.Stage switch
        {
            PrepareStage.Downloading => "downloading the corpus",
            PrepareStage.Hashing => "looking for changes in the corpus",
            PrepareStage.CollectingCharacters => "collecting characters",
            _ => "tokenizing",
        },
        value.BytesDone,
        value.BytesTotal);
}
