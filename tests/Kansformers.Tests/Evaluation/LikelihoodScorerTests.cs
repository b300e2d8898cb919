using Kansformers.Evaluation;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests.Evaluation;

public class LikelihoodScorerTests
{
    /// <summary>Models of every family that continues text, and heads that are computed in chunks and otherwise.</summary>
    public static TheoryData<string> Models() => ["none", "all", "head", "tied", "kansformer", "constant"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Scores_are_those_of_one_request_at_a_time(string kind)
    {
        using CausalModel model = Make(kind);
        ScoringRequest[] requests = [.. Requests(model.Options.VocabularySize)];
        foreach (int? batch in (int?[])[null, 1, 3])
        {
            model.train();
            IReadOnlyList<RequestScore> scores = new LikelihoodScorer(model, new ScoringOptions { BatchSize = batch }).Score(requests);
            Assert.True(model.training);
            model.eval();
            for (int i = 0; i < requests.Length; i++)
            {
                RequestScore plain = PlainLikelihood.Of(model, requests[i].Tokens[..requests[i].Given], requests[i].Tokens[requests[i].Given..]);
                Assert.Equal(plain.LogLikelihood, scores[i].LogLikelihood, 2e-5 * (1 + Math.Abs(plain.LogLikelihood)));
                Assert.Equal((plain.Tokens, plain.Greedy), (scores[i].Tokens, scores[i].Greedy));
            }
        }
    }

    [Fact]
    public void Contexts_that_are_shared_are_computed_once()
    {
        int[] examples = [.. Enumerable.Range(0, 400).Select(i => i % 7)];
        ScoringRequest[] requests =
        [
            .. from row in Enumerable.Range(0, 6)
               from choice in Enumerable.Range(0, 4)
               select new ScoringRequest([.. examples, .. Enumerable.Repeat(row, 90 + row), choice, choice], 2),
        ];
        using Gpt model = TinyGpt.Make(KanPlacement.None, block: 512);
        IReadOnlyList<ScoringBatch> batches = new LikelihoodScorer(model).Plan(requests);
        ScoringBatch batch = Assert.Single(batches);
        Assert.Equal([400, 490], batch.Cuts);
        Assert.Equal([1, 6, 24], batch.Stages().Select(stage => stage.Rows.Length));
        Assert.Equal(24, new LikelihoodScorer(model, new ScoringOptions { BatchSize = 1 }).Plan(requests).Count);
        Assert.All(new LikelihoodScorer(model, new ScoringOptions { BatchSize = 5 }).Plan(requests), part => Assert.InRange(part.Requests.Count, 1, 5));
    }

    [Fact]
    public void Each_beginning_asks_for_logits_once()
    {
        ScoringRequest[] requests = [new([1, 2, 3, 4], 3), new([1, 2, 3, 5], 3), new([1, 2, 6], 2)];
        ScoringBatch batch = new(requests, []);
        IReadOnlyList<ScoringStage> stages = batch.Stages();
        AskedPositions asked = new(batch, stages);
        Assert.Equal([0, 1, 2], asked.Of(Assert.Single(stages))); // 1, 1 2, and 1 2 3: of the first request alone
        Assert.Equal([2, 2, 2, 3, 3, 6, 4, 5], asked.Rows().Targets);
    }

    [Fact]
    public void Log_probabilities_are_the_same_by_kernel_and_by_torch()
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor logits = torch.randn(5, 37) * 4;
        (logits[1, 3], logits[1, 8]) = (torch.tensor(50f), torch.tensor(50f)); // two largest
        long[] targets = [0, 36, 3, 8, 1, 2, 5, logits[4].argmax().item<long>()];
        int[] starts = [0, 2, 5, 5, 6, 8]; // of the third row nothing is asked
        LikelihoodRows whole = new(targets, starts), kernel = new(targets, starts), other = new(targets, starts);
        whole.Run(logits, 0, new double[5], null);
        kernel.Run(logits[..2].contiguous(), 0, new double[5], null);
        kernel.Run(logits[2..].contiguous(), 2, new double[5], null);
        other.Run(logits[..3].to(torch.ScalarType.Float64), 0, new double[5], null);
        other.Run(logits[3..].to(torch.ScalarType.Float64), 3, new double[5], null);
        Assert.Equal(whole.LogProbabilities, kernel.LogProbabilities);
        Assert.All(whole.LogProbabilities.Zip(other.LogProbabilities), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.Equal(whole.Greedy, other.Greedy);
        Assert.Equal([0.5, 0.5, 1], [whole.Greedy[2], whole.Greedy[3], whole.Greedy[7]]);
    }

    [Fact]
    public void Requests_that_cannot_be_scored_are_refused_and_nothing_is_asked_of_empty_ones()
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        LikelihoodScorer scorer = new(model);
        Assert.Equal([new RequestScore(0, 0, 1)], scorer.Score([new ScoringRequest([1, 2], 0)]));
        Assert.Empty(scorer.Score([]));
        foreach ((ScoringRequest request, string words) in new[] { (new ScoringRequest([1, 2], 2), "at least one token"), (new ScoringRequest(new int[10], 1), "block size 8"), (new ScoringRequest([1, 17], 1), "outside the model's vocabulary"), (new ScoringRequest([-1, 1], 1), "token id -1") })
            Assert.Contains(words, Assert.Throws<KansformersException>(() => scorer.Score([request])).Message, StringComparison.Ordinal);
        Assert.Contains("batch size is 0", Assert.Throws<KansformersException>(() => new LikelihoodScorer(model, new ScoringOptions { BatchSize = 0 }).Score([])).Message, StringComparison.Ordinal);
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => scorer.Score([new ScoringRequest([1, 2], 1)], source.Token));
    }

    [Fact]
    public void Tensors_do_not_pile_up()
    {
        using CausalModel model = Make("kansformer");
        ScoringRequest[] requests = [.. Requests(model.Options.VocabularySize)];
        new LikelihoodScorer(model).Score(requests); // the first pass makes what a model keeps, such as its tables of angles
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (int pass = 0; pass < 3; pass++)
            new LikelihoodScorer(model).Score(requests);
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    internal static CausalModel Make(string kind)
    {
        if (kind == "kansformer")
        {
            torch.random.manual_seed(3);
            Kansformer kansformer = new(new KansformerOptions { Layers = 2, Heads = 2, Width = 16, BlockSize = 64, VocabularySize = 17 });
            using var guard = torch.no_grad();
            foreach (TorchSharp.Modules.Parameter parameter in kansformer.parameters())
                parameter.add_(torch.randn_like(parameter) * 0.3);
            return kansformer;
        }

        if (kind == "tied")
        {
            torch.random.manual_seed(3);
            return new Gpt(new GptOptions { Layers = 2, Heads = 2, Width = 8, BlockSize = 64, VocabularySize = 17, TiedHead = true, Placement = KanPlacement.None });
        }

        Gpt model = TinyGpt.Make(kind == "all" ? KanPlacement.All : kind == "head" ? KanPlacement.Head : KanPlacement.None, block: 64);
        if (kind == "constant")
        {
            using var guard = torch.no_grad();
            model.Head.parameters().First().zero_();
        }

        return model;
    }

    // Contexts that are shared by all, by some and by none; of many lengths; some requests twice; from one token to a whole block.
    private static IEnumerable<ScoringRequest> Requests(int vocabulary)
    {
        Random random = new(5);
        int[] examples = Ids(30);
        for (int row = 0; row < 12; row++)
        {
            int[] context = [.. examples, .. Ids(random.Next(1, 12))];
            for (int choice = 0; choice < 4; choice++)
                yield return Request(context, Ids(random.Next(1, 9)));
        }

        for (int i = 0; i < 10; i++)
            yield return Request(Ids(random.Next(1, 30)), Ids(random.Next(1, 30)));
        yield return Request([1], Ids(64));
        yield return Request(Ids(64), [2]);
        yield return Request([1], [2]);
        yield return Request([1], [2]);

        ScoringRequest Request(int[] context, int[] continuation) => new([.. context, .. continuation], continuation.Length);
        int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
    }
}
