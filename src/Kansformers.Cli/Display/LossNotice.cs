using Kansformers.Text;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>Says what of a text has no token and is left out.</summary>
internal static class LossNotice
{
    /// <summary>What stands where the bytes of a text are not known, or there are none.</summary>
    public const string Untold = "unknown: these tokens do not tell how much text they stand for";

    /// <summary>Of a corpus and the text that it is validated on, together.</summary>
    public static LostText Of(TokenizedCorpus corpus) => corpus.Lost.Plus(corpus.ValidationLost);

    /// <summary>Of what a run learns from.</summary>
    public static LostText Of(TrainingMaterial material) => material.Lost.Plus(material.ValidationLost);

    /// <summary>The lines that say it of what a run learns from.</summary>
    public static IEnumerable<string> Lines(TrainingMaterial material)
    {
        if (material.Lost.Characters > 0)
            yield return Line($"the corpus {material.Description}", material.Lost);
        if (material.ValidationLost.Characters > 0)
            yield return Line($"the corpus {material.ValidationDescription ?? material.Description}", material.ValidationLost);
    }

    /// <summary>Says it of a corpus, if anything is left out.</summary>
    public static void Say(TokenizedCorpus corpus)
    {
        foreach (string line in Lines(corpus))
            LiveLine.Say(line);
    }

    /// <summary>The lines that say it.</summary>
    public static IEnumerable<string> Lines(TokenizedCorpus corpus)
    {
        if (corpus.Lost.Characters > 0)
            yield return Line($"the corpus {corpus.Description}", corpus.Lost);
        if (corpus.ValidationLost.Characters > 0)
            yield return Line($"the corpus {corpus.ValidationDescription}", corpus.ValidationLost);
    }

    /// <summary>Says it of the texts of rows, if anything is left out.</summary>
    public static void Say(IEnumerable<string> texts, Tokenizer tokenizer)
    {
        LostText lost = texts.Aggregate(default(LostText), (sum, text) => sum.Plus(tokenizer.LostIn(text)));
        if (lost.Characters > 0)
            LiveLine.Say(Line("the texts", lost));
    }

    /// <summary>Says it of a short text, if anything is left out.</summary>
    public static LostText Say(string what, string text, Tokenizer tokenizer)
    {
        LostText lost = tokenizer.LostIn(text);
        if (lost.Characters > 0)
            LiveLine.Say(Line(what, lost));
        return lost;
    }

    public static string Line(string what, LostText lost) => $"{what}: {lost}; left out";
}
