using Kansformers.Text;

namespace Kansformers.Evaluation;

/// <summary>A text, and another of which a model is asked how likely it is after the first.</summary>
/// <param name="Context">What is given; may be empty.</param>
/// <param name="Continuation">What is asked for.</param>
public sealed record TextRequest(string Context, string Continuation);

/// <summary>
/// Makes requests of tokens of requests of text, by the rules of the lm-evaluation-harness: white space at the end of the context moves to the continuation; both
/// are encoded together, and the continuation is what follows as many tokens as the context has alone; an empty context is the token that ends texts; what the block has no
/// room for is left out at the beginning.
/// </summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="blockSize">The model's block size.</param>
public sealed class RequestEncoder(Tokenizer tokenizer, int blockSize)
{
    private static readonly string[] StartNames = ["<s>", "<|startoftext|>", "[CLS]"];

    private readonly Dictionary<string, int[]> _contexts = new(StringComparer.Ordinal);

    /// <summary>
    /// What stands for an empty context: the end-of-text token; where the tokenizer has none, its token of the beginning of a text; else its line feed. Null where it has
    /// none of these: then the first token of a text is given, and not asked for.
    /// </summary>
    public int? Start { get; } = StartOf(tokenizer ?? throw new ArgumentNullException(nameof(tokenizer)));

    /// <summary>What a user should know of <see cref="Start"/>; null where it is the end-of-text token.</summary>
    public string? StartNote => tokenizer.EndOfText is not null ? null
        : Start is not int start ? $"the {tokenizer.Kind} tokenizer has no end-of-text token and no line feed: of a text without a context the first token is given, and not scored"
        : $"the {tokenizer.Kind} tokenizer has no end-of-text token: {(tokenizer.BytesOf(start) is [(byte)'\n'] ? "a line feed" : "its token of the beginning of a text")} stands for an empty context";

    /// <summary>Encodes a request.</summary>
    /// <param name="request">The texts.</param>
    /// <returns>Its tokens, as many as a block and one more at most.</returns>
    /// <exception cref="KansformersException">A text holds a character that the tokenizer does not know.</exception>
    public ScoringRequest Encode(TextRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        int end = request.Context.Length;
        while (end > 0 && IsWhiteSpace(request.Context[end - 1]))
            end--;
        int[] context = Context(request.Context[..end]);
        if (context.Length == 0)
            return Rest(tokenizer.Encode(request.Context[end..] + request.Continuation));
        int[] whole = tokenizer.Encode(request.Context + request.Continuation);
        return Fitting(whole, Math.Max(0, whole.Length - context.Length));
    }

    /// <summary>
    /// Divides a text into requests, each token of which is asked for once, in windows side by side: the first token after <see cref="Start"/>, the others of the first window
    /// after those before them; of each window behind it the first after the last token of the one before, and of the last, which would be shorter, after as many tokens as
    /// the block has room for.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="KansformersException">The text holds a character that the tokenizer does not know.</exception>
    public IReadOnlyList<ScoringRequest> Roll(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int[] tokens = WithStart(tokenizer.Encode(text));
        List<ScoringRequest> windows = [];
        for (int done = 1; done < tokens.Length;)
        {
            int end = Math.Min(tokens.Length, done + blockSize);
            windows.Add(new ScoringRequest(tokens[Math.Max(0, end - blockSize - 1)..end], end - done));
            done = end;
        }

        return windows;
    }

    private ScoringRequest Rest(int[] tokens) => Fitting(WithStart(tokens), Start is null ? Math.Max(0, tokens.Length - 1) : tokens.Length);

    private int[] WithStart(int[] tokens) => Start is int start ? [start, .. tokens] : tokens;

    private ScoringRequest Fitting(int[] tokens, int scored)
    {
        int cut = Math.Max(0, tokens.Length - blockSize - 1), kept = Math.Min(scored, blockSize);
        return new ScoringRequest(cut == 0 ? tokens : tokens[cut..], kept) { ContinuationCut = scored - kept, ContextCut = cut - (scored - kept) };
    }

    // The choices of a row follow one context after the other.
    private int[] Context(string text)
    {
        if (_contexts.TryGetValue(text, out int[]? known))
            return known;
        if (_contexts.Count > 64)
            _contexts.Clear();
        return _contexts[text] = tokenizer.Encode(text);
    }

    // As Python's rstrip has it.
    private static bool IsWhiteSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1c' and <= '\x1f';

    private static int? StartOf(Tokenizer tokenizer)
    {
        if (tokenizer.EndOfText is int end)
            return end;
        if (StartNames.Select(tokenizer.SpecialIdOf).FirstOrDefault(id => id is not null) is int start)
            return start;
        try
        {
            return tokenizer.Encode("\n") is [int lineFeed] && tokenizer.BytesOf(lineFeed) is [(byte)'\n'] ? lineFeed : null;
        }
        catch (KansformersException)
        {
            return null; // no such character
        }
    }
}
