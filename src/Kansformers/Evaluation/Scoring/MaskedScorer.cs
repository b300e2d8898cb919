using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>
/// Pseudo-log-likelihoods of texts by a model that guesses hidden tokens: of each token the log-probability when it is hidden, together with the tokens behind it in the same
/// word, so that a word of several tokens is not told by its own rest (PLL-word-l2r: Kauf and Ivanova, "A Better Way to Do Masked Language Model Scoring", 2023). Every
/// token is a pass over its text; texts of one length go together.
/// </summary>
internal sealed class MaskedScorer : RequestScorer
{
    /// <summary>The most tokens that go through the model at once, of texts that are no longer.</summary>
    internal const int TokensPerBatch = 4096;

    private readonly EncoderModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly ScoringOptions _options;
    private readonly EncoderTokens _tokens;
    private readonly bool[]? _starts;
    private readonly int _mask, _most;

    /// <param name="model">The model, with a masked language head.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="options">How requests are put together.</param>
    /// <exception cref="KansformersException">There is no mask, or no room for text in a block.</exception>
    public MaskedScorer(EncoderModel model, Tokenizer tokenizer, ScoringOptions options)
    {
        options.Validate();
        (_model, _tokenizer, _options) = (model, tokenizer, options);
        if (!tokenizer.Fits(model.Options.VocabularySize))
            throw new KansformersException($"the tokenizer has {tokenizer.VocabularySize} ids, the model {model.Options.VocabularySize}; they do not belong together");
        _tokens = EncoderTokens.Of(tokenizer, model.Options.VocabularySize);
        _mask = _tokens.Mask ?? throw new KansformersException($"the {tokenizer.Kind} tokenizer has no mask token, and the model's ids leave no room for one; give the tokenizer that the model was trained with");
        _most = model.Options.BlockSize - _tokens.AroundText;
        if (_most < 1)
            throw new KansformersException($"block size is {model.Options.BlockSize}, of which {_tokens.AroundText} tokens stand around each text; it must be larger");
        _starts = tokenizer.WordStarts();
    }

    /// <inheritdoc/>
    public override string Note => $"pseudo-log-likelihood: each token is guessed from all others but those behind it in its word ({(_starts is null ? "words end at white space" : "words are the tokenizer's")})";

    /// <inheritdoc/>
    public override bool Answers(TaskKind kind) => kind == TaskKind.MinimalPairs;

    /// <inheritdoc/>
    public override ScoringRequest Encode(TextRequest request)
    {
        if (request.Context.Length > 0)
            throw new KansformersException("a model that guesses hidden tokens scores texts without a context");
        int[] tokens = _tokenizer.Encode(request.Continuation);
        int cut = Math.Max(0, tokens.Length - _most);
        return new ScoringRequest(tokens[cut..], tokens.Length - cut) { ContinuationCut = cut };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ScoringRequest> Roll(string text) => throw new KansformersException("a model that guesses hidden tokens has no perplexity of a text");

    /// <inheritdoc/>
    public override IReadOnlyList<ScoringBatch> Plan(IEnumerable<ScoringRequest> requests)
    {
        ScoringRequest[] different = [.. requests.Where(request => request.Scored > 0).DistinctBy(request => request.Key)];
        return
        [
            .. different.GroupBy(request => request.Tokens.Length).OrderByDescending(group => group.Key)
                .SelectMany(group => group.Chunk(Math.Min(_options.BatchSize ?? int.MaxValue, Math.Max(1, TokensPerBatch / (group.Key * (group.Key + _tokens.AroundText))))))
                .Select(chunk => new ScoringBatch(chunk, [])),
        ];
    }

    /// <inheritdoc/>
    public override IEnumerable<(ScoringBatch Batch, RequestScore[] Scores)> Run(IEnumerable<ScoringBatch> batches, CancellationToken cancellation)
    {
        using EvaluationMode mode = new(_model);
        foreach (ScoringBatch batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return (batch, Run(batch));
        }
    }

    /// <summary>Of each token of a text, the token behind the last of its word.</summary>
    internal int[] WordEnds(ReadOnlySpan<int> tokens)
    {
        int[] ends = new int[tokens.Length];
        for (int at = tokens.Length - 1, end = tokens.Length; at >= 0; at--)
        {
            ends[at] = end;
            if (Begins(tokens, at))
                end = at;
        }

        return ends;
    }

    private bool Begins(ReadOnlySpan<int> tokens, int at)
    {
        if (_starts is not null)
            return _tokens.IsSpecial(tokens[at]) || _starts[tokens[at]];
        return IsSpace(_tokenizer.BytesOf(tokens[at])) || (at > 0 && IsSpace(_tokenizer.BytesOf(tokens[at - 1])));

        static bool IsSpace(ReadOnlySpan<byte> bytes) => bytes is [(byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..];
    }

    // A row for each token of each text, all of one length; so many rows go through the model at once as a batch has tokens for, however long the texts.
    private RequestScore[] Run(ScoringBatch batch)
    {
        int length = batch.Requests[0].Tokens.Length;
        double[] sums = new double[batch.Requests.Count];
        int[][] ends = [.. batch.Requests.Select(request => WordEnds(request.Tokens))];
        foreach ((int Text, int At)[] rows in Passes(sums.Length, length, length + _tokens.AroundText))
        {
            double[] found = Run(batch, rows, ends);
            for (int row = 0; row < rows.Length; row++)
                sums[rows[row].Text] += found[row];
        }

        return [.. sums.Select(sum => new RequestScore(sum, length, 0))];
    }

    /// <summary>Which tokens of which texts are guessed in each pass.</summary>
    /// <param name="texts">How many texts.</param>
    /// <param name="length">The tokens of each.</param>
    /// <param name="width">The same with those that stand around a text.</param>
    internal static IEnumerable<(int Text, int At)[]> Passes(int texts, int length, int width) =>
        Enumerable.Range(0, texts).SelectMany(text => Enumerable.Range(0, length).Select(at => (text, at))).Chunk(Math.Max(1, TokensPerBatch / width));

    private double[] Run(ScoringBatch batch, (int Text, int At)[] rows, int[][] ends)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        int length = batch.Requests[0].Tokens.Length, width = length + _tokens.AroundText, before = _tokens.Template.Before(false, false, 0);
        long[] ids = new long[rows.Length * width], places = new long[rows.Length], targets = new long[rows.Length], text = new long[length];
        for (int row = 0; row < rows.Length; row++)
        {
            (int one, int at) = rows[row];
            int[] tokens = batch.Requests[one].Tokens;
            for (int other = 0; other < length; other++)
                text[other] = other >= at && other < ends[one][at] ? _mask : tokens[other];
            _tokens.Template.FillRow(ids.AsSpan(row * width, width), text);
            places[row] = ((long)row * width) + before + at;
            targets[row] = tokens[at];
        }

        Tensor hidden = _model.Hidden(tensor(ids, [rows.Length, width], device: _model.Device)); // (rows, T, C)
        LikelihoodRows read = new(targets, [.. Enumerable.Range(0, targets.Length + 1)]);
        HeadLoss.Read(_model.TokenHead!, hidden.reshape(-1, hidden.shape[^1]).index_select(0, tensor(places, device: _model.Device)), read);
        return read.LogProbabilities;
    }
}
