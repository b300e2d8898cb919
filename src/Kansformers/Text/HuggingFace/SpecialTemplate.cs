namespace Kansformers.Text;

/// <summary>A text, or a pair, as a model takes it.</summary>
/// <param name="Ids">The token ids, special ones included.</param>
/// <param name="TypeIds">For each token the part that it belongs to, as the tokenizer's template numbers them.</param>
public sealed record ModelInput(IReadOnlyList<int> Ids, IReadOnlyList<int> TypeIds);

/// <summary>One part of a template: special tokens, or the first or second text.</summary>
internal readonly record struct TemplatePart(int[]? Ids, bool Second, int TypeId);

/// <summary>Where special tokens stand around one text or a pair.</summary>
internal sealed record SpecialTemplate(IReadOnlyList<TemplatePart> Single, IReadOnlyList<TemplatePart> Pair)
{
    /// <summary>No special tokens: the texts one after the other.</summary>
    public static SpecialTemplate None { get; } = new([new(null, false, 0)], [new(null, false, 0), new(null, true, 1)]);

    /// <summary>A single text and what stands around it.</summary>
    /// <param name="row">Gets them; as long as they are together.</param>
    /// <param name="text">The text.</param>
    public void FillRow(Span<long> row, ReadOnlySpan<long> text)
    {
        int at = 0;
        foreach (TemplatePart part in Single)
        {
            if (part.Ids is null)
            {
                text.CopyTo(row[at..]);
                at += text.Length;
            }

            foreach (int id in part.Ids ?? [])
                row[at++] = id;
        }
    }

    /// <summary>How many tokens stand before a text.</summary>
    /// <param name="isPair">Whether there are two.</param>
    /// <param name="isSecond">Whether that of the second is asked for.</param>
    /// <param name="first">The tokens of the first.</param>
    public int Before(bool isPair, bool isSecond, int first)
    {
        int before = 0;
        foreach (TemplatePart part in isPair ? Pair : Single)
        {
            if (part.Ids is null && part.Second == isSecond)
                return before;
            before += part.Ids?.Length ?? first;
        }

        return before;
    }

    public ModelInput Fill(int[] first, int[]? second)
    {
        List<int> ids = [], types = [];
        foreach (TemplatePart part in second is null ? Single : Pair)
        {
            int[] content = part.Ids ?? (part.Second ? second! : first);
            ids.AddRange(content);
            types.AddRange(Enumerable.Repeat(part.TypeId, content.Length));
        }

        return new ModelInput(ids, types);
    }
}
