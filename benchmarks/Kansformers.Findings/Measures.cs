using System.Text.RegularExpressions;
using Kansformers.Evaluation;
using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Findings;

/// <summary>What several experiments ask of a model.</summary>
internal static partial class Measures
{
    /// <summary>The loss over the beginning of the held-out text, in nats per token.</summary>
    public static double ValidationLoss(CausalModel model, TokenizedCorpus corpus, long tokens) =>
        new CorpusEvaluator(model, new EvaluationOptions {
            MaxTokens = Math.Min(tokens, corpus.Validation.Count - 1) }).Evaluate(corpus.Validation).Loss;

    /// <summary>Windows of a text, one behind another: tokens and those that follow, both (windows, block); fewer windows where the text has no
    /// more.</summary>
    /// <exception cref="KansformersException">The text is shorter than one.</exception>
    public static TokenBatch Windows(TokenSpan text, int block, int windows, long from = 0)
    {
        windows = (int)Math.Min(windows, (text.Count - from - 1) / block);
        if (windows < 1)
            throw new KansformersException($"a part of the text has {text.Count} tokens, and the experiments need {block + 1}: give a longer text");
        long[] read = new long[windows * block + 1];
        text.Read(from, read);
        using Tensor all = tensor(read);
        return new TokenBatch(all[..^1].reshape(windows, block).clone(), all[1..].reshape(windows, block).clone());
    }

    /// <summary>The gradients of a batch's loss, in <see cref="Tensor.grad"/> of the parameters, without dropout.</summary>
    public static void Backward(CausalModel model, TokenBatch batch)
    {
        using var scope = NewDisposeScope();
        model.eval();
        model.zero_grad();
        BackwardPass.Run(() => model.Loss(batch).backward());
    }

    /// <summary>Runs a model on tokens, without gradients and dropout, and shows the input of every KAN layer.</summary>
    public static void Watch(CausalModel model, Tensor tokens, Action<string, KanLinear, Tensor> seen)
    {
        using var scope = NewDisposeScope();
        model.eval();
        KanInputs.Watch(model, () => model.forward(tokens), seen);
    }

    /// <summary>What a layer computes of an input by its base branch and by its splines, each (tokens, out).</summary>
    public static (Tensor Base, Tensor Splines) Branches(KanLinear layer, Tensor input)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor whole = layer.forward(input), kept = layer.Coefficients.clone();
        layer.Coefficients.zero_();
        Tensor plain = layer.forward(input);
        layer.Coefficients.copy_(kept);
        return (plain.MoveToOuterDisposeScope(), (whole - plain).MoveToOuterDisposeScope());
    }

    /// <summary>The root of the mean square.</summary>
    public static double Rms(Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.detach().to_type(ScalarType.Float64).pow(2).mean().sqrt().item<double>();
    }

    /// <summary>The place of a KAN layer in words, such as <c>block 1, attention out</c>.</summary>
    public static string Place(string layer)
    {
        if (layer.StartsWith("lm_head", StringComparison.Ordinal))
            return "head";
        Match match = LayerName().Match(layer);
        string part = match.Groups[2].Value switch
        {
            "attn.c_attn" => "queries, keys, values",
            "attn.c_proj" => "attention out",
            _ => match.Groups[3].Value == "0" ? "feed-forward in" : "feed-forward out",
        };
        return match.Success ? FormattableString.Invariant($"block {int.Parse(match.Groups[1].Value) + 1}, {part}") : layer;
    }

    /// <summary>The mean of seeds, number by number.</summary>
    public static double[] Mean(IReadOnlyList<double[]> seeds) =>
        [.. Enumerable.Range(0, seeds[0].Length).Select(i => seeds.Average(values => values[i]))];

    [GeneratedRegex(@"\.h\.(\d+)\.(attn\.c_attn|attn\.c_proj|mlp\.kan)\.layers\.(\d)")]
    private static partial Regex LayerName();
}
