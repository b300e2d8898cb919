using System.Numerics;
using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>Adam with decoupled weight decay, the numbers of <c>torch.optim.AdamW</c>; the defaults are the original's.</summary>
/// <param name="Beta1">The decay of the mean of gradients, 0 to below 1.</param>
/// <param name="Beta2">The decay of the mean of squared gradients, 0 to below 1.</param>
/// <param name="Epsilon">Added to the denominator, above 0.</param>
/// <param name="WeightDecay">The decoupled decay of the parameters that decay, at least 0.</param>
public sealed record AdamWOptions(double Beta1 = 0.9, double Beta2 = 0.95, double Epsilon = 1e-8, double WeightDecay = 0.1)
    : OptimizerOptions("adamw", "Adam with decoupled weight decay (Loshchilov and Hutter, 2019)", WeightDecay)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Setting<OptimizerOptions>> Settings() =>
    [
        .. base.Settings(),
        new("beta1", "AdamW's decay of gradient means", Beta1, value => this with { Beta1 = value }),
        new("beta2", "AdamW's decay of squared gradient means", Beta2, value => this with { Beta2 = value }),
    ];

    /// <inheritdoc/>
    public override void Validate()
    {
        Allowed.Require(Beta1 is >= 0 and < 1, "beta1", Beta1, "0 to below 1");
        Allowed.Require(Beta2 is >= 0 and < 1, "beta2", Beta2, "0 to below 1");
        Allowed.Require(Epsilon > 0 && double.IsFinite(Epsilon), "epsilon", Epsilon, "a finite number above 0");
        base.Validate();
    }

    /// <inheritdoc/>
    public override ParameterUpdate CreateUpdate(ParameterRole role, Parameter parameter, int rowParts) => new AdamW(this, parameter);
}

/// <summary>AdamW's moments of one parameter. On the CPU one pass over memory updates parameter and moments together.</summary>
internal sealed class AdamW(AdamWOptions options, Parameter parameter) : ParameterUpdate
{
    // A multiple of every vector's width, so that no value moves to the end of a span, where a scalar loop computes it.
    private const int Block = 1024;

    private readonly Tensor _mean = zeros_like(parameter, requires_grad: false).DetachFromDisposeScope();
    private readonly Tensor _square = zeros_like(parameter, requires_grad: false).DetachFromDisposeScope();

    public override IEnumerable<(string Name, Tensor Tensor)> State => [("exp_avg", _mean), ("exp_avg_sq", _square)];

    public override void Apply(Parameter parameter, Tensor gradient, UpdateStep current)
    {
        Coefficients c = new(options, current);
        if (FloatChunks.Fit(parameter) && FloatChunks.Fit(gradient))
            InOnePass(parameter, gradient, c);
        else
            ByOperations(parameter, gradient, current, c);
    }

    // Coefficients of a refined grid: means go as gradients do, squares as those of sums over tokens, and no first step is longer than the learning rate. Learned centres have no
    // such map: their direction is forgotten, and their scale kept.
    internal override void Adopt(ParameterUpdate before, GradientMap? gradients)
    {
        if (before is not AdamW old || _mean.shape.AsSpan().SequenceEqual(old._mean.shape))
        {
            base.Adopt(before, gradients);
            return;
        }

        if (gradients is null)
        {
            _square.fill_(old._square.mean().item<float>());
            return;
        }

        _square.copy_(gradients.OfSquares(old._square));
        Tensor largest = _square.sqrt();
        _mean.copy_(gradients.OfMeans(old._mean).minimum(largest).maximum(-largest));
    }

    private void InOnePass(Parameter parameter, Tensor gradient, Coefficients c)
    {
        (nint p, nint g, nint m, nint v) = (RawMemory.Pointer(parameter), RawMemory.Pointer(gradient), RawMemory.Pointer(_mean), RawMemory.Pointer(_square));
        FloatChunks.ForEach((int)parameter.numel(), (_, from, length) => Update(
            FloatChunks.At(p, from, length), FloatChunks.At(g, from, length), FloatChunks.At(m, from, length), FloatChunks.At(v, from, length), c));
    }

    private static void Update(Span<float> p, ReadOnlySpan<float> g, Span<float> m, Span<float> v, in Coefficients c)
    {
        for (int from = 0; from < p.Length; from += Block)
        {
            int count = Math.Min(Block, p.Length - from);
            if (c.Decay != 1 || !AreZeros(g.Slice(from, count)) || !AreZeros(m.Slice(from, count)) || !AreZeros(v.Slice(from, count)))
                UpdateBlock(p.Slice(from, count), g.Slice(from, count), m.Slice(from, count), v.Slice(from, count), c);
        }
    }

    // What never had a gradient, as the embedding of a token that has not come yet, stays as it is: the formula gives the same at the cost of writing it.
    private static bool AreZeros(ReadOnlySpan<float> values)
    {
        int at = 0;
        for (; at <= values.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            if (new Vector<float>(values[at..]) != Vector<float>.Zero)
                return false;
        }

        for (; at < values.Length; at++)
        {
            if (values[at] != 0)
                return false;
        }

        return true;
    }

    private static void UpdateBlock(Span<float> p, ReadOnlySpan<float> g, Span<float> m, Span<float> v, in Coefficients c)
    {
        int at = 0, width = Vector<float>.Count;
        for (; at <= p.Length - width; at += width)
        {
            Vector<float> gradient = new Vector<float>(g[at..]) * c.Scale;
            Vector<float> mean = new Vector<float>(m[at..]) * c.Beta1 + gradient * c.Rest1;
            Vector<float> square = new Vector<float>(v[at..]) * c.Beta2 + gradient * gradient * c.Rest2;
            Vector<float> denominator = Vector.SquareRoot(square) / c.RootCorrection2 + new Vector<float>(c.Epsilon);
            Vector<float> updated = new Vector<float>(p[at..]) * c.Decay - mean / denominator * c.StepSize;
            mean.CopyTo(m[at..]);
            square.CopyTo(v[at..]);
            updated.CopyTo(p[at..]);
        }

        for (; at < p.Length; at++)
        {
            float gradient = g[at] * c.Scale;
            m[at] = m[at] * c.Beta1 + gradient * c.Rest1;
            v[at] = v[at] * c.Beta2 + gradient * gradient * c.Rest2;
            float denominator = MathF.Sqrt(v[at]) / c.RootCorrection2 + c.Epsilon;
            p[at] = p[at] * c.Decay - m[at] / denominator * c.StepSize;
        }
    }

    // Devices other than the CPU, and types other than float32.
    private void ByOperations(Parameter parameter, Tensor gradient, UpdateStep step, Coefficients c)
    {
        Tensor scaled = gradient * step.GradientScale;
        parameter.mul_(1 - step.LearningRate * step.WeightDecay);
        _mean.mul_(options.Beta1).add_(scaled, alpha: 1 - options.Beta1);
        _square.mul_(options.Beta2).addcmul_(scaled, scaled, value: 1 - options.Beta2);
        parameter.addcdiv_(_mean, _square.sqrt() / c.RootCorrection2 + options.Epsilon, value: -c.StepSize);
    }

    private readonly struct Coefficients(AdamWOptions options, UpdateStep step)
    {
        public readonly float Scale = (float)step.GradientScale;
        public readonly float Decay = (float)(1 - step.LearningRate * step.WeightDecay);
        public readonly float Beta1 = (float)options.Beta1;
        public readonly float Rest1 = (float)(1 - options.Beta1);
        public readonly float Beta2 = (float)options.Beta2;
        public readonly float Rest2 = (float)(1 - options.Beta2);
        public readonly float Epsilon = (float)options.Epsilon;
        public readonly float RootCorrection2 = (float)Math.Sqrt(1 - Math.Pow(options.Beta2, step.Number));
        public readonly float StepSize = (float)(step.LearningRate / (1 - Math.Pow(options.Beta1, step.Number)));
    }
}
