using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>Texts as ids, with what is wanted of each.</summary>
/// <param name="Texts">The texts.</param>
/// <param name="Labels">For each its label, or its number, as it is written.</param>
internal sealed record LabelledExamples(IReadOnlyList<EncodedText> Texts, IReadOnlyList<string> Labels)
{
    public int Count => Texts.Count;

    /// <summary>Some of them, in their order.</summary>
    public LabelledExamples Where(Func<int, bool> wanted)
    {
        int[] chosen = [.. Enumerable.Range(0, Count).Where(wanted)];
        return new LabelledExamples([.. chosen.Select(i => Texts[i])], [.. chosen.Select(i => Labels[i])]);
    }
}
