using System.Diagnostics;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Evaluates a model on benchmark tasks, in the manner of the lm-evaluation-harness: what a task asks becomes requests, which are scored in batches.</summary>
public sealed class TaskEvaluator : IDisposable
{
    private readonly RequestScorer _scorer;
    private readonly TransformerModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly TaskOptions _options;
    private readonly ScoreStore? _store;
    private readonly TaskResultsFile? _results;
    private readonly string _weights = "";

    /// <summary>Prepares an evaluation.</summary>
    /// <param name="model">The model: one that continues text, or one that guesses hidden tokens, which answers minimal pairs alone. It is in evaluation mode while it scores.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="options">How tasks are evaluated; null for the defaults.</param>
    /// <exception cref="KansformersException">The model scores no text, an option is invalid, another evaluation uses the folder, or there are results in it that cannot be read.</exception>
    public TaskEvaluator(TransformerModel model, Tokenizer tokenizer, TaskOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        (_model, _tokenizer, _options) = (model, tokenizer, options ?? new TaskOptions());
        _options.Validate();
        _scorer = RequestScorer.Of(model, tokenizer, _options.Scoring);
        if (_options.Folder is not string folder)
            return;
        _weights = ModelDigest.Of(model);
        _store = ScoreStore.Open(folder, _weights, _options.Again);
        try
        {
            _results = TaskResultsFile.Open(folder);
        }
        catch
        {
            _store.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a task that such a model cannot be asked, before anything long begins.</summary>
    /// <param name="task">The task.</param>
    /// <exception cref="KansformersException">It cannot.</exception>
    public void Require(BenchmarkTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (!_scorer.Answers(task.Definition.Kind))
            throw new KansformersException($"the task '{task.Name}' is of the kind {TaskFile.Word(task.Definition.Kind)}, which a {_model.Options.Family.Name} cannot be asked: it guesses hidden tokens, and scores minimal pairs alone");
        if (_options.FewShot > 0 && (_model is not CausalModel || task.Definition.Kind == TaskKind.Perplexity))
            throw new KansformersException($"few-shot is {_options.FewShot}, but nothing can be shown before {(task.Definition.Kind == TaskKind.Perplexity ? $"the texts of the task '{task.Name}'" : $"what a {_model.Options.Family.Name} reads")}; leave it out");
    }

    /// <summary>Evaluates the model on a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="progress">Is told after each batch.</param>
    /// <param name="cancellation">Ends the work with <see cref="OperationCanceledException"/> between batches; with a folder, what is scored is kept.</param>
    /// <returns>What the task comes to; with a folder it is added to the <c>results.json</c> there, too.</returns>
    /// <exception cref="KansformersException">The model cannot be asked such a task, its weights are broken, or a text has no tokens.</exception>
    public TaskResult Evaluate(BenchmarkTask task, IProgress<TaskProgress>? progress = null, CancellationToken cancellation = default)
    {
        Require(task);
        long start = Stopwatch.GetTimestamp();
        TaskRequests requests = new(task.Data, _scorer, _options);
        Dictionary<UInt128, RequestScore> scores = Score(task.Name, requests.All, progress, cancellation);
        TaskDefinition definition = task.Definition;
        (IReadOnlyList<TaskMeasure> all, IReadOnlyList<TaskPart> parts) = definition.Kind == TaskKind.Perplexity
            ? Parts(requests.Texts, text => text.Text.Group, texts => TaskMeasures.Of(definition, [.. texts.Select(text => (text.Text, Of(text.Windows)))]), pooled: true)
            : Parts(requests.Rows, row => row.Example.Group,
                rows => TaskMeasures.Of(definition, [.. rows.Select(row => new ScoredExample(row.Example, Of(row.Choices), row.Unconditional is null ? null : Of(row.Unconditional)))]), pooled: definition.Kind != TaskKind.MinimalPairs && definition.Group is null);
        TaskResult result = new()
        {
            Task = task.Name,
            Kind = definition.Kind,
            Measures = all,
            Parts = parts,
            FewShot = requests.FewShot,
            Requests = scores.Count,
            ContextsCut = requests.All.Count(request => request.ContextCut > 0),
            ContinuationsCut = requests.All.Count(request => request.ContinuationCut > 0),
            WithoutTokens = requests.All.Count(request => request.Scored == 0),
            Lost = Lost(requests),
            Notes = [.. ((string?[])[_scorer.Note, task.Data.Note]).OfType<string>()],
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
        };
        _results?.Add(result, _options, _weights, requests.All);
        return result;

        // A choice without a token of its own is none that the model could write.
        IReadOnlyList<RequestScore> Of(IReadOnlyList<ScoringRequest> asked) =>
            [.. asked.Select(request => request.Scored == 0 ? new RequestScore(double.NegativeInfinity, 0, 0) : scores[request.Key])];
    }

    /// <summary>Lets go of the folder.</summary>
    public void Dispose() => _store?.Dispose();

    // Of different requests. A batch of which not all is known is computed as a whole: so the numbers do not hang on where an evaluation was interrupted.
    private Dictionary<UInt128, RequestScore> Score(string task, IReadOnlyList<ScoringRequest> requests, IProgress<TaskProgress>? progress, CancellationToken cancellation)
    {
        Dictionary<UInt128, RequestScore> scores = [];
        List<ScoringBatch> left = [];
        IReadOnlyList<ScoringBatch> batches = _scorer.Plan(requests);
        foreach (ScoringBatch batch in batches)
        {
            RequestScore?[] known = [.. batch.Requests.Select(request => _store?.Find(request.Key))];
            if (known.Contains(null))
                left.Add(batch);
            else
                Keep(batch.Requests, [.. known.Select(score => score!.Value)]);
        }

        (int kept, int total) = (scores.Count, batches.Sum(batch => batch.Requests.Count));
        progress?.Report(new TaskProgress(task, kept, total, kept));
        foreach ((ScoringBatch batch, RequestScore[] found) in _scorer.Run(left, cancellation))
        {
            if (found.Any(score => !double.IsFinite(score.LogLikelihood)))
                throw new KansformersException("the model's log-likelihoods are not numbers: its weights are broken; load another checkpoint, or train with a smaller learning rate");
            _store?.Add(batch.Requests, found);
            Keep(batch.Requests, found);
            progress?.Report(new TaskProgress(task, scores.Count, total, kept));
        }

        return scores;

        void Keep(IReadOnlyList<ScoringRequest> asked, RequestScore[] found)
        {
            for (int i = 0; i < found.Length; i++)
                scores[asked[i].Key] = found[i];
        }
    }

    private LostText Lost(TaskRequests requests) => requests.Rows.SelectMany(row => row.Example.Continuations.Prepend(row.Example.Context)).Concat(requests.Texts.Select(text => text.Text.Text))
        .Aggregate(default(LostText), (sum, text) => sum.Plus(_tokenizer.LostIn(text)));

    private static (IReadOnlyList<TaskMeasure> All, IReadOnlyList<TaskPart> Parts) Parts<T>(
        IReadOnlyList<T> rows, Func<T, string> group, Func<IReadOnlyList<T>, IReadOnlyList<TaskMeasure>> measure, bool pooled)
    {
        // Paradigms count the same; where rows merely lie in several files, or come from several sources, each row does.
        TaskPart[] parts = [.. rows.GroupBy(group).Select(part => new TaskPart(part.Key, measure([.. part])))];
        return parts.Length == 1 ? (parts[0].Measures, []) : (pooled ? measure(rows) : TaskMeasures.MeanOf(parts), parts);
    }
}
