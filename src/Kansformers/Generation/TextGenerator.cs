using System.Diagnostics;
using System.Text;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Generation;

/// <summary>Continues text: prompt in, pieces of text out as they come, never part of a character.</summary>
public sealed class TextGenerator
{
    private readonly Tokenizer _tokenizer;
    private readonly TokenGenerator _tokens;
    private readonly Lazy<int> _first;

    /// <summary>Makes a generator for a model, which must live as long.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The tokenizer that it was trained with. If the model has more ids, the rest are never drawn.</param>
    /// <exception cref="KansformersException">The tokenizer has more ids than the model.</exception>
    public TextGenerator(CausalModel model, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _tokens = new TokenGenerator(model, tokenizer.VocabularySize);
        _first = new Lazy<int>(() => tokenizer.EndOfText ?? NewLine(tokenizer));
    }

    /// <summary>Generates <see cref="SamplingOptions.Samples"/> texts, one after another as they are asked for.</summary>
    /// <param name="prompt">The text to continue. An empty one starts as a document does: after the end-of-text token (of the options, else of the tokenizer), or, where there is none, after a line break (token 0 if there is none either).</param>
    /// <param name="options">How to draw and when to stop.</param>
    /// <param name="onText">Is given the number of the sample and each new piece of its text, on the caller's thread.</param>
    /// <param name="cancellation">Ends the generation with <see cref="OperationCanceledException"/> before the next token.</param>
    /// <returns>The texts.</returns>
    /// <exception cref="KansformersException">An option is invalid, the tokenizer does not know a character of the prompt, or the model's weights are broken.</exception>
    public IEnumerable<GeneratedText> GenerateAll(string prompt, SamplingOptions options, Action<int, string>? onText = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        int[] ids = _tokenizer.Encode(prompt);
        return Enumerable.Range(0, options.Samples)
            .Select(sample => Generate(ids, options, sample, onText is null ? null : piece => onText(sample, piece), cancellation));
    }

    /// <summary>Generates one text.</summary>
    /// <param name="prompt">As for <see cref="GenerateAll"/>.</param>
    /// <param name="options">How to draw and when to stop.</param>
    /// <param name="onText">Is given each new piece of text, on the caller's thread.</param>
    /// <param name="cancellation">Ends the generation with <see cref="OperationCanceledException"/> before the next token.</param>
    /// <returns>The text of sample 0.</returns>
    /// <exception cref="KansformersException">As for <see cref="GenerateAll"/>.</exception>
    public GeneratedText Generate(string prompt, SamplingOptions options, Action<string>? onText = null, CancellationToken cancellation = default) =>
        Generate(_tokenizer.Encode(prompt), options, 0, onText, cancellation);

    private GeneratedText Generate(int[] prompt, SamplingOptions options, int sample, Action<string>? onText, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        StringBuilder text = new();
        TokenStreamDecoder decoder = new(_tokenizer, continues: prompt.Length > 0);
        StopScanner scanner = new(options.StopStrings);
        FinishReason reason = FinishReason.Length;
        int count = 0;
        long start = Stopwatch.GetTimestamp();
        double first = 0, last = 0;
        foreach (int id in _tokens.Generate(prompt.Length > 0 ? prompt : [options.EndOfText is [int end, ..] && end < _tokenizer.VocabularySize ? end : _first.Value], options, sample, cancellation))
        {
            last = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (count++ == 0)
                first = last;
            if (options.StopAtEndOfText && (options.EndOfText is null ? id == _tokenizer.EndOfText : options.EndOfText.Contains(id)))
            {
                reason = FinishReason.EndOfText;
                break;
            }

            Emit(scanner.Append(decoder.Append(id)));
            if (scanner.Stopped)
                break;
        }

        // The end completes a broken character to U+FFFD, which may complete a stop string.
        Emit(scanner.Append(decoder.Flush()));
        Emit(scanner.Flush());
        return new GeneratedText
        {
            Text = text.ToString(),
            Sample = sample,
            FinishReason = scanner.Stopped ? FinishReason.StopString : reason,
            PromptTokens = prompt.Length,
            NewTokens = count,
            Seconds = last,
            SecondsToFirstToken = first,
        };

        void Emit(string piece)
        {
            if (piece.Length == 0)
                return;
            text.Append(piece);
            onText?.Invoke(piece);
        }
    }

    private static int NewLine(Tokenizer tokenizer)
    {
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (tokenizer.BytesOf(id).SequenceEqual("\n"u8))
                return id;
        }

        return 0;
    }
}
