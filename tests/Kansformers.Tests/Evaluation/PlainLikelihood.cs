using Kansformers.Evaluation;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests.Evaluation;

/// <summary>The plain second implementation that scores are compared with: one request at a time, all logits, log-softmax in double.</summary>
internal static class PlainLikelihood
{
    public static RequestScore Of(CausalModel model, IReadOnlyList<int> context, IReadOnlyList<int> continuation)
    {
        using var guard = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        long[] all = [.. context.Concat(continuation).Select(id => (long)id)];
        long[] kept = all[Math.Max(0, all.Length - model.Options.BlockSize - 1)..];
        torch.Tensor logits = model.forward(torch.tensor(kept[..^1]).unsqueeze(0))[0].to(torch.ScalarType.Float64); // (T, V)
        torch.Tensor logProbabilities = torch.nn.functional.log_softmax(logits, 1);
        double sum = 0, greedy = 1;
        int scored = Math.Min(continuation.Count, kept.Length - 1);
        for (int at = kept.Length - 1 - scored; at < kept.Length - 1; at++)
        {
            sum += logProbabilities[at, kept[at + 1]].item<double>();
            double largest = logits[at].max().item<double>();
            greedy *= logits[at, kept[at + 1]].item<double>() == largest ? 1.0 / logits[at].eq(largest).sum().item<long>() : 0;
        }

        return new RequestScore(sum, scored, greedy);
    }
}
