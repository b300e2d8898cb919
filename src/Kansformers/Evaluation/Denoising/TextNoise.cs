using Kansformers.Runtime;
using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>Noises texts. What becomes of a text follows from it and a key alone.</summary>
internal sealed class TextNoise
{
    private readonly NoiseOptions _options;
    private readonly long _mask;
    private readonly bool[] _ends;

    /// <param name="options">How.</param>
    /// <param name="tokenizer">The tokenizer of the texts.</param>
    /// <param name="tokens">Its special tokens.</param>
    /// <exception cref="KansformersException">An option is invalid, or there is no mask.</exception>
    public TextNoise(NoiseOptions options, Tokenizer tokenizer, EncoderTokens tokens)
    {
        options.Validate();
        _options = options;
        _mask = tokens.Mask ?? throw new KansformersException($"the {tokenizer.Kind} tokenizer has no mask token, and the model's {tokens.Vocabulary} ids leave no room for one; give a tokenizer with [MASK] or <mask>, or begin from random weights");
        _ends = [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(id => EndsSentence(tokenizer.BytesOf(id)))];
    }

    /// <summary>A text as the model sees it: of no more tokens than it has.</summary>
    /// <param name="text">The text.</param>
    /// <param name="key">Decides what becomes of it.</param>
    public List<long> Apply(ReadOnlySpan<long> text, ulong key)
    {
        KeyedDraws draws = new(key);
        long[] order = draws.Next() < _options.PermuteShare ? Permuted(text, ref draws) : text.ToArray();
        List<int> spans = Spans(order.Length, ref draws);
        List<long> noised = new(order.Length);
        int at = 0, masks = 0;

        // Masks and the tokens that stay come in any order alike: each place is a mask's with the share of masks among what is left.
        for (int left = order.Length - spans.Sum() + spans.Count; left > 0; left--)
        {
            if (draws.Next(left) < spans.Count - masks)
            {
                noised.Add(_mask);
                at += spans[masks++];
            }
            else
            {
                noised.Add(order[at++]);
            }
        }

        return noised;
    }

    // How many tokens each mask stands for; no more masks than hidden tokens, so that no text becomes longer.
    private List<int> Spans(int tokens, ref KeyedDraws draws)
    {
        int hidden = Math.Min(tokens, Math.Max(1, (int)((_options.Share * tokens) + draws.Next())));
        List<int> spans = [];
        for (int left = hidden; left > 0; left -= spans[^1])
            spans.Add(_options.Kind == NoiseKind.Masking ? 1 : spans.Count + 1 >= hidden ? left : Math.Min(left, Poisson(ref draws)));
        return spans;
    }

    // The number of uniform numbers whose product stays above exp(-λ) (Knuth).
    private int Poisson(ref KeyedDraws draws)
    {
        double least = Math.Exp(-_options.SpanLength);
        int count = 0;
        for (double product = draws.Next(); product > least; product *= draws.Next())
            count++;
        return count;
    }

    private long[] Permuted(ReadOnlySpan<long> text, ref KeyedDraws draws)
    {
        List<long[]> sentences = [];
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && !(Ends(text[i]) && !Ends(text[i + 1])))
                continue;
            sentences.Add(text[start..(i + 1)].ToArray());
            start = i + 1;
        }

        for (int left = sentences.Count; left > 1; left--)
        {
            int chosen = draws.Next(left);
            (sentences[chosen], sentences[left - 1]) = (sentences[left - 1], sentences[chosen]);
        }

        return [.. sentences.SelectMany(sentence => sentence)];
    }

    private bool Ends(long id) => id < _ends.Length && _ends[id];

    private static bool EndsSentence(ReadOnlySpan<byte> bytes) =>
        bytes.Contains((byte)'\n') || bytes.TrimEnd((byte)' ') is [.., (byte)'.' or (byte)'!' or (byte)'?'];
}
