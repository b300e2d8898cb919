using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>
/// How likely a model that continues text holds tokens after others: the one place where such models are scored, on corpora and on benchmark tasks. Requests go through
/// the model in batches; logits are made for the positions alone that are asked for, once for each different beginning, and never kept.
/// </summary>
/// <param name="model">The model; while it scores it is in evaluation mode.</param>
/// <param name="options">How requests are put together; null for the defaults.</param>
public sealed class LikelihoodScorer(CausalModel model, ScoringOptions? options = null)
{
    private readonly ScoringOptions _options = options ?? new ScoringOptions();

    /// <summary>Scores requests; equal ones are computed once, and get the same score to the last bit.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches.</param>
    /// <returns>A score for each request.</returns>
    /// <exception cref="KansformersException">A request is empty, longer than the block or holds ids that the model does not have; or an option is invalid.</exception>
    public IReadOnlyList<RequestScore> Score(IReadOnlyList<ScoringRequest> requests, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        Dictionary<UInt128, RequestScore> known = [];
        foreach ((ScoringBatch batch, RequestScore[] scores) in ScoreAll(requests, cancellation))
        {
            for (int i = 0; i < scores.Length; i++)
                known[batch.Requests[i].Key] = scores[i];
        }

        return [.. requests.Select(request => request.Scored == 0 ? new RequestScore(0, 0, 1) : known[request.Key])];
    }

    /// <summary>The batches of different requests of which something is asked, in an order that hangs on the requests alone.</summary>
    internal IReadOnlyList<ScoringBatch> Plan(IEnumerable<ScoringRequest> requests)
    {
        ArgumentNullException.ThrowIfNull(model);
        _options.Validate();
        ScoringRequest[] different = [.. requests.Where(request => request.Scored > 0).DistinctBy(request => request.Key)];
        foreach (ScoringRequest request in different)
            Require(request);
        return [.. new BatchPlanner(model.Options, _options.BatchSize).Plan(different)];
    }

    /// <summary>Scores one batch after another.</summary>
    internal IEnumerable<(ScoringBatch Batch, RequestScore[] Scores)> ScoreAll(IEnumerable<ScoringRequest> requests, CancellationToken cancellation) => Run(Plan(requests), cancellation);

    /// <summary>Scores batches.</summary>
    internal IEnumerable<(ScoringBatch Batch, RequestScore[] Scores)> Run(IEnumerable<ScoringBatch> batches, CancellationToken cancellation)
    {
        using EvaluationMode mode = new(model);
        foreach (ScoringBatch batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return (batch, Run(batch));
        }
    }

    private RequestScore[] Run(ScoringBatch batch)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        IReadOnlyList<ScoringStage> stages = batch.Stages();
        AskedPositions asked = new(batch, stages);
        using KeyValueCache? cache = stages.Count == 1 ? null
            : new KeyValueCache(model.Options.Layers, (model.Options.Heads, batch.Length, model.Options.Width / model.Options.Heads), stages[0].Rows.Length, model.Device);
        List<Tensor> hidden = [];
        foreach (ScoringStage stage in stages)
        {
            if (stage.From > 0)
                cache!.Select(tensor(stage.Parents.Select(row => (long)row).ToArray(), device: model.Device));
            using var inner = NewDisposeScope();
            Tensor x = model.LastHidden(tensor(stage.Ids(batch.Requests), [stage.Rows.Length, stage.To - stage.From], device: model.Device), cache); // (B, T, C)
            if (asked.Of(stage) is { Length: > 0 } places)
                hidden.Add(x.reshape(-1, x.shape[^1]).index_select(0, tensor(places, device: model.Device)).MoveToOuterDisposeScope());
        }

        LikelihoodRows rows = asked.Rows();
        HeadLoss.Read(model.TokenHead!, cat(hidden, 0), rows); // (different beginnings, C)
        return asked.Scores(rows);
    }

    private void Require(ScoringRequest request)
    {
        int block = model.Options.BlockSize, vocabulary = model.Options.VocabularySize;
        if (request.Tokens.Length - 1 > block || request.Given < 1)
            throw new KansformersException($"a request of {request.Tokens.Length} tokens, {request.Scored} of them asked for, cannot be scored by a model of block size {block}; give at least one token before those, and at most {block + 1} in all");
        foreach (int id in request.Tokens)
        {
            if ((uint)id >= (uint)vocabulary)
                throw new KansformersException($"a request holds token id {id}, which is outside the model's vocabulary (0 to {vocabulary - 1}); use the tokenizer that the model was trained with");
        }
    }
}
