using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>The family kansformer by its formulas, in plain float64 operations that share nothing with the library: two heads, convolutions of any length.</summary>
internal static class StraightLine
{
    private const int Heads = 2, Intervals = 12;
    private const double Low = -3, High = 3, Step = (High - Low) / Intervals, Epsilon = 1e-6;

    /// <summary>The logits of every position.</summary>
    /// <param name="ids">(B, T).</param>
    /// <param name="p">The model's state in float64.</param>
    /// <param name="form">swiglu or ring.</param>
    /// <param name="norms">Whether a norm stands before the feed-forward's second matrix, and behind the embedding.</param>
    public static Tensor Logits(Tensor ids, Dictionary<string, Tensor> p, string form, (bool Inner, bool Embedding) norms)
    {
        Tensor x = p["embedding.weight"].index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], -1);
        if (norms.Embedding)
            x = Normed(x);
        for (int layer = 0; p.ContainsKey($"blocks.{layer}.attention.output.weight"); layer++)
        {
            string block = $"blocks.{layer}.";
            Tensor h = Convolved(Normed(x), p[block + "attention_convolution.weight"]), found = Attention(h, p[block + "attention.query_key_value.weight"]);
            if (p.TryGetValue(block + "attention.gates.weight", out Tensor? gates))
                found = found * (2 / (1 + (-h.matmul(gates.t())).exp())).repeat_interleave(found.shape[2] / Heads, dim: 2);
            x = x + found.matmul(p[block + "attention.output.weight"].t());
            h = Convolved(Normed(x), p[block + "feed_forward_convolution.weight"]).matmul(p[block + "feed_forward.up.weight"].t());
            h = form == "ring" ? Ring(h, p[block + "feed_forward.function.phi.function_weight"], p[block + "feed_forward.function.psi.function_weight"]) : SwiGlu(h);
            x = x + (norms.Inner ? Normed(h) : h).matmul(p[block + "feed_forward.down.weight"].t());
        }

        return Normed(x).matmul(p["head.weight"].t());
    }

    private static Tensor Normed(Tensor x) => x / ((x * x).sum([-1L], keepdim: true) / x.shape[^1] + Epsilon).sqrt();

    // y[t] = x[t] + Σ_k w[k] x[t - k], a token at a time.
    private static Tensor Convolved(Tensor x, Tensor w)
    {
        List<Tensor> rows = [];
        for (int t = 0; t < x.shape[1]; t++)
        {
            Tensor y = x.select(1, t);
            for (int k = 0; k < w.shape[1] && k <= t; k++)
                y = y + w.select(1, k) * x.select(1, t - k);
            rows.Add(y);
        }

        return stack(rows, 1);
    }

    private static Tensor Attention(Tensor x, Tensor weight)
    {
        Tensor packed = x.matmul(weight.t()); // (B, T, 3C)
        long time = x.shape[1], width = x.shape[2], size = width / Heads;
        List<Tensor> heads = [];
        for (int head = 0; head < Heads; head++)
        {
            Tensor q = Turned(Normed(packed.narrow(2, head * size, size))), k = Turned(Normed(packed.narrow(2, width + head * size, size)));
            Tensor scores = q.matmul(k.transpose(1, 2)) / Math.Sqrt(size);
            Tensor future = ones(time, time, dtype: ScalarType.Float64).triu(1) * -1e30;
            heads.Add((scores + future).softmax(-1).matmul(packed.narrow(2, 2 * width + head * size, size)));
        }

        return cat(heads, 2);
    }

    // Each pair (i, i + half) as a complex number times exp(i · t · 10000^(-2i / size)).
    private static Tensor Turned(Tensor x)
    {
        long size = x.shape[2], half = size / 2;
        Tensor[] columns = new Tensor[size];
        for (int i = 0; i < half; i++)
        {
            double[] angles = [.. Enumerable.Range(0, (int)x.shape[1]).Select(t => t / Math.Pow(10000, 2.0 * i / size))];
            Tensor cos = tensor(angles.Select(Math.Cos).ToArray()), sin = tensor(angles.Select(Math.Sin).ToArray()), a = x.select(2, i), b = x.select(2, i + half);
            (columns[i], columns[i + half]) = (a * cos - b * sin, a * sin + b * cos);
        }

        return stack(columns, 2);
    }

    private static Tensor SwiGlu(Tensor h)
    {
        long half = h.shape[2] / 2;
        Tensor a = h.narrow(2, 0, half);
        return a / (1 + (-a).exp()) * h.narrow(2, half, half);
    }

    private static Tensor Ring(Tensor h, Tensor phi, Tensor psi)
    {
        Tensor left = Splines(h, phi), right = Splines(h, psi);
        long width = h.shape[2];
        return stack([.. Enumerable.Range(0, (int)width).Select(j => left.select(2, j) * right.select(2, (j + width - 1) % width))], 2);
    }

    // Cubic splines of neighbouring channels' groups, continued as straight lines.
    private static Tensor Splines(Tensor x, Tensor coefficients)
    {
        Tensor at = x.clamp(Low, High), weight = coefficients.repeat_interleave(x.shape[2] / coefficients.shape[0], dim: 0); // (inner, coefficients)
        Tensor value = zeros_like(x), slope = zeros_like(x);
        for (int c = 0; c < Intervals + 3; c++)
        {
            value = value + weight.select(1, c) * Basis(at, c, 3);
            slope = slope + weight.select(1, c) * (Basis(at, c, 2) - Basis(at, c + 1, 2)) / Step;
        }

        return value + slope * (x - at);
    }

    // Cox and de Boor's recursion on the knots Low + (i - 3) · Step.
    private static Tensor Basis(Tensor x, int i, int order)
    {
        double from = Low + (i - 3) * Step, to = from + (order + 1) * Step;
        return order == 0 ? x.ge(from).logical_and(x.lt(to)).to_type(ScalarType.Float64)
            : ((x - from) * Basis(x, i, order - 1) + (to - x) * Basis(x, i + 1, order - 1)) / (order * Step);
    }
}
