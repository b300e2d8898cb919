namespace Kansformers.Text;

/// <summary>
/// The ids that play a part of their own in an encoder: the mask, the padding, and what stands in front of a text and behind it. What a tokenizer lacks, as one of
/// characters lacks all of them, are ids beyond its vocabulary, in a fixed order: a model made for one objective finds them in the same places for the next.
/// </summary>
internal sealed class EncoderTokens
{
    private static readonly string[] MaskNames = ["[MASK]", "<mask>", "<|mask|>"], PaddingNames = ["[PAD]", "<pad>", "<|pad|>"],
        StartNames = ["[CLS]", "<s>", "<cls>", "<|startoftext|>"], SeparatorNames = ["[SEP]", "</s>", "<sep>", Tokenizer.EndOfTextMark];

    private readonly HashSet<long> _special;

    private EncoderTokens(Tokenizer tokenizer, int? model)
    {
        Ids = tokenizer.VocabularySize;
        int next = Ids;
        Mask = Known(MaskNames) ?? Beyond();
        Padding = Known(PaddingNames) ?? Beyond();
        int? start = Known(StartNames) ?? Beyond(), separator = Known(SeparatorNames) ?? Beyond();
        Vocabulary = model ?? next;
        _special = [.. tokenizer.SpecialIds.Select(id => (long)id), .. Enumerable.Range(Ids, next - Ids).Select(id => (long)id)];
        End = tokenizer.Template is { } own && own.Single[^1].Ids is [.., int behind] ? behind : separator;
        Template = tokenizer.Template ?? (start is int first && separator is int last ? Around(first, last) : SpecialTemplate.None);

        int? Known(string[] names) => names.Select(tokenizer.SpecialIdOf).FirstOrDefault(id => id is not null);

        // A model that was made elsewhere has no more ids than it has.
        int? Beyond() => model is int most && next >= most ? null : next++;
    }

    /// <summary>The ids of the tokenizer.</summary>
    public int Ids { get; }

    /// <summary>The ids that a model needs, or has.</summary>
    public int Vocabulary { get; }

    /// <summary>What stands for a token that is to be guessed; null where the model has no room for it.</summary>
    public int? Mask { get; }

    /// <summary>What fills up short sequences; null where the model has no room for it.</summary>
    public int? Padding { get; }

    /// <summary>What ends a text; null where the model has no room for it.</summary>
    public int? End { get; }

    /// <summary>What stands around a text, or a pair of texts.</summary>
    public SpecialTemplate Template { get; }

    /// <summary>How many tokens the template puts around a text.</summary>
    public int AroundText => Template.Fill([], null).Ids.Count;

    /// <summary>The ids of a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="model">The ids of a model that is there already; null for one that will have as many as it needs.</param>
    public static EncoderTokens Of(Tokenizer tokenizer, int? model = null) => new(tokenizer, model);

    /// <summary>Whether an id is no text.</summary>
    public bool IsSpecial(long id) => _special.Contains(id);

    private static SpecialTemplate Around(int start, int separator)
    {
        TemplatePart first = new([start], false, 0), text = new(null, false, 0), end = new([separator], false, 0);
        return new SpecialTemplate([first, text, end], [first, text, end, new(null, true, 1), new([separator], false, 1)]);
    }
}
