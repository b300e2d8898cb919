using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A feed-forward part of any form of <see cref="FeedForwards"/>: y = W2 f(W1 x), without biases; W1 and W2 may be KAN layers.</summary>
internal sealed class GatedFeedForward : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "up")]
    private readonly nn.Module<Tensor, Tensor> _up;

    [ComponentName(Name = "function")]
    private readonly nn.Module<Tensor, Tensor>? _function;

    [ComponentName(Name = "down")]
    private readonly nn.Module<Tensor, Tensor> _down;

    private readonly RmsNorm? _norm;
    private readonly Dropout _dropout;

    /// <param name="options">The model.</param>
    /// <param name="layers">Makes linear layers.</param>
    /// <param name="device">Where parameters are made; null is the CPU.</param>
    public GatedFeedForward(KansformerOptions options, LinearLayers layers, Device? device)
        : base(nameof(GatedFeedForward))
    {
        FeedForwardForm form = FeedForwards.Named(options.FeedForward);
        int inner = options.InnerWidth;
        _up = layers.For(KanPlacement.Mlp, new LinearShape(options.Width, (long)form.Parts * inner) { Bias = false, RowParts = form.Parts });
        _function = form.Make?.Invoke(inner, options.Activation, device);
        _norm = options.InnerNorm ? new RmsNorm(inner) : null;
        _down = layers.For(KanPlacement.Mlp, new LinearShape(inner, options.Width) { Bias = false, Residual = true });
        _dropout = nn.Dropout(options.ResidualDropout);
        RegisterComponents();
    }

    /// <summary>This part for single tokens, or null where that is not possible.</summary>
    public ITokenLayer? OpenTokens(long largest)
    {
        List<Func<ITokenLayer?>> parts = [() => TokenDecoders.Open(_up, largest)];
        if (_function is not null)
            parts.Add(() => TokenDecoders.Open(_function, largest));
        if (_norm is not null)
            parts.Add(_norm.OpenTokens);
        parts.Add(() => TokenDecoders.Open(_down, largest));
        return TokenLayers.Open(parts);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor h = _up.forward(x); // (B, T, parts · inner)
        if (_function is not null)
            h = _function.forward(h); // (B, T, inner)
        if (_norm is not null)
            h = _norm.forward(h);
        return _dropout.forward(_down.forward(h)).MoveToOuterDisposeScope();
    }
}
