using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Scores requests of text by a model: what tasks see of it.</summary>
internal abstract class RequestScorer
{
    /// <summary>What a user should know of how requests are scored; null for nothing.</summary>
    public abstract string? Note { get; }

    /// <summary>Makes the scorer of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="options">How requests are put together.</param>
    /// <exception cref="KansformersException">The model scores no text.</exception>
    public static RequestScorer Of(TransformerModel model, Tokenizer tokenizer, ScoringOptions options) => model switch
    {
        CausalModel causal => new CausalScorer(causal, tokenizer, options),
        EncoderModel { Encoder.Head: EncoderHead.MaskedLanguage } encoder => new MaskedScorer(encoder, tokenizer, options),
        _ => throw new KansformersException($"this {model.Options.Family.Name} neither continues text nor guesses hidden tokens, so it cannot be asked how likely texts are; use a model that does, or evaluate it on what it was trained for"),
    };

    /// <summary>Whether such a model can be asked what a kind of task asks.</summary>
    public abstract bool Answers(TaskKind kind);

    /// <summary>The tokens of a request.</summary>
    public abstract ScoringRequest Encode(TextRequest request);

    /// <summary>The requests of a text in windows.</summary>
    public abstract IReadOnlyList<ScoringRequest> Roll(string text);

    /// <summary>The batches of different requests of which something is asked, in an order that hangs on the requests alone.</summary>
    public abstract IReadOnlyList<ScoringBatch> Plan(IEnumerable<ScoringRequest> requests);

    /// <summary>Scores batches.</summary>
    public abstract IEnumerable<(ScoringBatch Batch, RequestScore[] Scores)> Run(IEnumerable<ScoringBatch> batches, CancellationToken cancellation);

    private sealed class CausalScorer(CausalModel model, Tokenizer tokenizer, ScoringOptions options) : RequestScorer
    {
        private readonly RequestEncoder _encoder = new(tokenizer, model.Options.BlockSize);
        private readonly LikelihoodScorer _scorer = new(model, options);

        public override string? Note => _encoder.StartNote;

        public override bool Answers(TaskKind kind) => true;

        public override ScoringRequest Encode(TextRequest request) => _encoder.Encode(request);

        public override IReadOnlyList<ScoringRequest> Roll(string text) => _encoder.Roll(text);

        public override IReadOnlyList<ScoringBatch> Plan(IEnumerable<ScoringRequest> requests) => _scorer.Plan(requests);

        public override IEnumerable<(ScoringBatch Batch, RequestScore[] Scores)> Run(IEnumerable<ScoringBatch> batches, CancellationToken cancellation) => _scorer.Run(batches, cancellation);
    }
}
