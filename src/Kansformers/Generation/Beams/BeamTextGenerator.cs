using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Generation;

/// <summary>Lets an encoder-decoder write a text for each that it reads, by <see cref="BeamSearch"/>.</summary>
public sealed class BeamTextGenerator
{
    private readonly Bart _model;
    private readonly Tokenizer _tokenizer;
    private readonly EncoderTokens _tokens;
    private readonly BeamSearch _search;

    /// <summary>Makes a generator for a model, which must live as long.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The tokenizer that it was trained with.</param>
    /// <param name="options">How to search; null for the defaults. Masks, padding and ids that stand for no text are never written.</param>
    /// <exception cref="KansformersException">An option is invalid, or the tokenizer has more ids than the model.</exception>
    public BeamTextGenerator(Bart model, Tokenizer tokenizer, BeamOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (!tokenizer.Fits(model.Options.VocabularySize))
            throw new KansformersException($"the tokenizer has {tokenizer.VocabularySize} ids and the model {model.Options.VocabularySize}; use the tokenizer that the model was trained with");
        (_model, _tokenizer, _tokens) = (model, tokenizer, EncoderTokens.Of(tokenizer, model.Options.VocabularySize));
        options ??= new BeamOptions();
        IEnumerable<int> padding = Enumerable.Range(tokenizer.VocabularySize, model.Options.VocabularySize - tokenizer.VocabularySize).Where(id => !_tokens.IsSpecial(id));
        int[] unwritten = [.. new[] { _tokens.Mask, _tokens.Padding }.OfType<int>().Concat(padding).Except(options.EndOfText ?? [((BartOptions)model.Options).EndId])];
        _search = new BeamSearch(model, options with { Suppressed = [.. options.Suppressed, .. unwritten] });
    }

    /// <summary>The best text for each of some texts.</summary>
    /// <param name="texts">What the model reads; what is longer than its block is cut at the end.</param>
    /// <param name="cancellation">Ends the search with <see cref="OperationCanceledException"/> before the next token.</param>
    /// <exception cref="KansformersException">The tokenizer does not know a character, or the model's weights are broken.</exception>
    public IReadOnlyList<string> Generate(IReadOnlyList<string> texts, CancellationToken cancellation = default)
    {
        EncoderInputs inputs = new(_tokens, _model.Options.BlockSize);
        return Generate([.. texts.Select(text => inputs.Of(EncodedText.Of(_tokenizer, text, null), out _).Ids)], cancellation);
    }

    /// <summary>The best text for each of some texts that are token ids already, what stands around texts included.</summary>
    /// <param name="texts">What the model reads.</param>
    /// <param name="cancellation">Ends the search with <see cref="OperationCanceledException"/> before the next token.</param>
    /// <exception cref="KansformersException">An id is outside the vocabulary, or the model's weights are broken.</exception>
    public IReadOnlyList<string> Generate(IReadOnlyList<IReadOnlyList<int>> texts, CancellationToken cancellation = default) =>
        [.. _search.Generate(texts, cancellation).Select(found => found.Count > 0 ? Text(found[0]) : "")];

    private string Text(BeamResult found) => _tokenizer.Decode([.. found.Tokens.Where(id => id < _tokenizer.VocabularySize && !_tokens.IsSpecial(id))]);
}
