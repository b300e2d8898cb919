using System.Runtime.InteropServices;
using Kansformers.Runtime;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Generation;

/// <summary>
/// Continues a sequence of tokens, one token at a time. Up to the block size past tokens cost nothing anew, thanks to a key/value cache.
/// Beyond it the model sees the last block of tokens; their positions shift with each token, so that nothing cached is valid
/// and every token costs a pass over the block, as in the original.
/// </summary>
public sealed class TokenGenerator
{
    private readonly CausalModel _model;
    private readonly int _vocabulary;

    /// <summary>Makes a generator for a model, which must live as long.</summary>
    /// <param name="model">The model; while tokens are generated it is in evaluation mode.</param>
    /// <param name="vocabularySize">How many ids may be drawn, when fewer than the model has (a vocabulary padded to a round number).</param>
    /// <exception cref="KansformersException">The model has fewer ids.</exception>
    public TokenGenerator(CausalModel model, int? vocabularySize = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _vocabulary = vocabularySize ?? model.Options.VocabularySize;
        if (_vocabulary > model.Options.VocabularySize)
            throw new KansformersException($"the tokenizer has {_vocabulary} ids and the model {model.Options.VocabularySize}; use the tokenizer that the model was trained with");
        ArgumentOutOfRangeException.ThrowIfLessThan(_vocabulary, 1, nameof(vocabularySize));
    }

    /// <summary>Generates tokens as they are asked for, <see cref="SamplingOptions.MaxNewTokens"/> of them; the caller may stop earlier.</summary>
    /// <param name="prompt">At least one token; of a prompt longer than the block size the end counts.</param>
    /// <param name="options">How to draw. Stop strings and end of text are not looked at here.</param>
    /// <param name="sample">The number of the sample; each has draws of its own.</param>
    /// <param name="cancellation">Ends the generation with <see cref="OperationCanceledException"/> before the next token.</param>
    /// <returns>The new tokens. No other use of the model may come between two of them, except by other generators in evaluation mode.</returns>
    /// <exception cref="ArgumentException">The prompt is empty.</exception>
    /// <exception cref="KansformersException">An option is invalid, the prompt holds an id that the model does not have, or the model's weights are broken.</exception>
    public IEnumerable<int> Generate(IReadOnlyCollection<int> prompt, SamplingOptions options, int sample = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.Count == 0)
            throw new ArgumentException("the prompt holds no token", nameof(prompt));
        foreach (int id in prompt)
        {
            if ((uint)id >= (uint)_model.Options.VocabularySize)
                throw new KansformersException($"token id {id} of the prompt is outside the model's vocabulary (0 to {_model.Options.VocabularySize - 1}); use the tokenizer that the model was trained with");
        }

        return Generate([.. prompt], options, new LogitSampler(options, sample), cancellation);
    }

    private IEnumerable<int> Generate(List<int> sequence, SamplingOptions options, LogitSampler sampler, CancellationToken cancellation)
    {
        using EvaluationMode mode = new(_model);
        using KeyValueCache? cache = options.UseCache && sequence.Count < _model.Options.BlockSize
            ? new KeyValueCache(_model.Options, 1, _model.Device) : null;
        for (int count = 0; count < options.MaxNewTokens; count++)
        {
            cancellation.ThrowIfCancellationRequested();
            int next = Next(sequence, sampler, cache);
            sequence.Add(next);
            yield return next;
        }
    }

    private int Next(List<int> sequence, LogitSampler sampler, KeyValueCache? cache)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        ReadOnlySpan<int> tokens = CollectionsMarshal.AsSpan(sequence);
        int block = _model.Options.BlockSize;
        if (tokens.Length > block)
            cache = null;
        ReadOnlySpan<int> fed = tokens[(cache?.Length ?? Math.Max(0, tokens.Length - block))..];
        long[] ids = new long[fed.Length];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = fed[i];

        Tensor idx = tensor(ids, [1, ids.Length], device: _model.Device);
        Tensor logits = _model.forward(idx, cache, lastOnly: true); // (1, 1, V)
        Tensor row = logits.to(ScalarType.Float32).cpu().contiguous();
        return sampler.Next(RawMemory.Span<float>(row)[.._vocabulary], tokens);
    }
}
