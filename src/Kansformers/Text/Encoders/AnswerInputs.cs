namespace Kansformers.Text;

/// <summary>A question and its context as tokens, without special ones.</summary>
/// <param name="Question">The ids of the question.</param>
/// <param name="Context">The tokens of the context.</param>
internal sealed record QuestionTokens(int[] Question, PlacedTokens Context)
{
    /// <summary>Encodes a row.</summary>
    /// <exception cref="KansformersException">The tokenizer refuses a character; the message names the row.</exception>
    public static QuestionTokens Of(Tokenizer tokenizer, QuestionRow row)
    {
        try
        {
            return new QuestionTokens(tokenizer.Encode(row.Question), PlacedTokens.Of(tokenizer, row.Context));
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"{row.Place}: {failure.Message}", failure);
        }
    }

    /// <summary>The first and the last token of the context in which something of an answer stands; null where none does.</summary>
    public (int First, int Last)? Span(ContextAnswer answer)
    {
        int end = answer.Start + answer.Text.Length;
        bool IsIn((int Start, int End) place) => place.End > place.Start && place.End > answer.Start && place.Start < end;
        int first = Array.FindIndex(Context.Places, IsIn);
        return first < 0 ? null : (first, Array.FindLastIndex(Context.Places, IsIn));
    }
}

/// <summary>A question with a part of its context, as a model takes it.</summary>
/// <param name="Input">The tokens.</param>
/// <param name="From">The first token of the context that is in it.</param>
/// <param name="Count">How many tokens of the context are in it.</param>
/// <param name="Before">How many tokens stand before these.</param>
internal sealed record AnswerWindow(ModelInput Input, int From, int Count, int Before)
{
    /// <summary>The places of an answer's first and last token; 0 and 0, the token for the whole, where it is not in the window as a whole, or there is none.</summary>
    public (int First, int Last) Target((int First, int Last)? span) =>
        span is (int first, int last) && first >= From && last < From + Count ? (Before + first - From, Before + last - From) : (0, 0);
}

/// <summary>Divides contexts into windows that overlap, each with the question and special tokens around.</summary>
/// <param name="tokens">The special tokens.</param>
/// <param name="blockSize">The most tokens of a sequence.</param>
internal sealed class AnswerInputs(EncoderTokens tokens, int blockSize)
{
    private const int MostShared = 128;

    private readonly int _room = blockSize - tokens.Template.Fill([], []).Ids.Count;

    /// <summary>What fills up short sequences; an id that is there, whatever it is, where nothing is meant for that.</summary>
    public int Padding => tokens.Padding ?? 0;

    /// <summary>
    /// The windows of a context. They share 128 tokens, or a quarter of the block, or half of what is left for the context, whichever is least. A question has at
    /// most half of the room.
    /// </summary>
    /// <param name="text">Question and context.</param>
    /// <param name="cut">Whether the question was cut at its end.</param>
    /// <exception cref="KansformersException">The block has no room for a question and a context.</exception>
    public IReadOnlyList<AnswerWindow> Of(QuestionTokens text, out bool cut)
    {
        if (_room < 2)
            throw new KansformersException($"block size is {blockSize}, which leaves no room for a question and a context; it must be larger");
        int[] question = text.Question[..Math.Min(text.Question.Length, _room / 2)], context = text.Context.Ids;
        cut = question.Length < text.Question.Length;
        int room = _room - question.Length, shared = Math.Min(Math.Min(MostShared, blockSize / 4), room / 2);
        int before = tokens.Template.Before(isPair: true, isSecond: true, question.Length);
        List<AnswerWindow> windows = [];
        for (int from = 0; windows.Count == 0 || from + shared < context.Length; from += room - shared)
        {
            int count = Math.Min(room, context.Length - from);
            windows.Add(new AnswerWindow(tokens.Template.Fill(question, context[from..(from + count)]), from, count, before));
        }

        return windows;
    }
}
