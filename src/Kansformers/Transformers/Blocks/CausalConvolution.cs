using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// A short causal convolution of each channel by itself, beside a residual: y[t, c] = x[t, c] + Σ_k weight[c, k] · x[t - k, c], with zeros before the first token
/// (Allen-Zhu, "Physics of Language Models: Part 4.1, Canon Layers", 2025). It starts as the identity.
/// </summary>
internal sealed class CausalConvolution : nn.Module<Tensor, Tensor>, IConvolution
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    private readonly int _layer, _slot;
    private readonly long _width, _kernel;

    /// <param name="width">Channels.</param>
    /// <param name="kernel">Tokens that a token sees, itself included.</param>
    /// <param name="place">Its place in a cache: the block, and which of its states.</param>
    /// <param name="device">Where the weight is made; null is the CPU.</param>
    public CausalConvolution(long width, long kernel, (int Layer, int Slot) place, Device? device)
        : base(nameof(CausalConvolution))
    {
        (_width, _kernel, _layer, _slot) = (width, kernel, place.Layer, place.Slot);
        using var scope = NewDisposeScope();
        _weight = new Parameter(zeros(width, kernel, device: device));
        RegisterComponents();
        scope.Detach(_weight);
    }

    /// <summary>(channels, kernel): the factors of a token itself, of the one before it, and so on.</summary>
    public Parameter Weight => _weight;

    /// <summary>The convolution for single tokens, or null where that is not possible.</summary>
    public ITokenLayer? OpenTokens(KeyValueCache cache) => ConvolutionTokens.Open(_weight, State(cache));

    /// <inheritdoc/>
    /// <param name="input">(B, T, channels).</param>
    public override Tensor forward(Tensor input) => forward(input, null);

    /// <summary>The convolution of the tokens that follow those of a cache, which takes their last rows.</summary>
    /// <param name="input">(B, T, channels).</param>
    /// <param name="cache">The tokens before; null for none.</param>
    public Tensor forward(Tensor input, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        Tensor? state = cache is null ? null : State(cache);
        Tensor before = state ?? zeros([input.shape[0], _kernel - 1, _width], dtype: input.dtype, device: input.device);
        Tensor y = Apply(input, before, _weight);
        if (state is not null)
        {
            using var guard = no_grad();
            state.copy_(cat([state, input], 1).narrow(1, input.shape[1], _kernel - 1));
        }

        return y.MoveToOuterDisposeScope();
    }

    /// <summary>The RMS norm of each token (<see cref="RmsNorm"/>) and the convolution of what it gives, in one pass where that is possible.</summary>
    /// <param name="input">(B, T, channels).</param>
    /// <param name="cache">The tokens before; null for none.</param>
    public Tensor Normed(Tensor input, KeyValueCache? cache)
    {
        if (cache is null && NormFunction.Fits(input, _weight))
            return NormFunction.Convolution(input, _weight, norm: true);
        using var scope = NewDisposeScope();
        return forward(NormFunction.Fits(input) ? NormFunction.Norm(input) : RmsNorm.Apply(input), cache).MoveToOuterDisposeScope();
    }

    /// <summary>The convolution by torch's operations.</summary>
    /// <param name="x">(B, T, channels).</param>
    /// <param name="before">(B, kernel - 1, channels): the rows before the first, the last of them last.</param>
    /// <param name="weight">(channels, kernel).</param>
    public static Tensor Apply(Tensor x, Tensor before, Tensor weight)
    {
        using var scope = NewDisposeScope();
        Tensor rows = cat([before, x], 1), y = x;
        long last = weight.shape[1] - 1;
        for (long k = 0; k <= last; k++)
            y = y + weight.select(1, k) * rows.narrow(1, last - k, x.shape[1]);
        return y.MoveToOuterDisposeScope();
    }

    private Tensor State(KeyValueCache cache) => cache.State(_layer, _slot, _kernel - 1, _width);
}
