using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>Shows how far a corpus is, on standard error: one line that rewrites itself on a terminal, a line every ten seconds when piped.</summary>
internal sealed class EncodingDisplay : IProgress<EncodeProgress>
{
    private readonly ByteProgress _progress = new();
    private readonly LineRate _rate = new();

    public void Report(EncodeProgress value)
    {
        if (value.Notice is string notice)
        {
            LiveLine.Say(notice);
            return;
        }

        string line = Line(_progress, value);
        if (value.BytesDone >= value.BytesTotal)
            LiveLine.Clear();
        else
            _rate.Show(() => line);
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
