using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The sizes of a feed-forward part.</summary>
internal sealed record FeedForwardOptions
{
    /// <summary>The size of the hidden state.</summary>
    public required int Width { get; init; }

    /// <summary>The size between the two layers.</summary>
    public required int Inner { get; init; }

    /// <summary>What stands between two linear layers.</summary>
    public BaseActivation Activation { get; init; } = BaseActivation.GeluTanh;

    /// <summary>The share of output values dropped in training.</summary>
    public double Dropout { get; init; }

    /// <summary>The share of values dropped behind the activation between two linear layers in training.</summary>
    public double InnerDropout { get; init; }

    /// <summary>Whether linear layers have biases.</summary>
    public bool Bias { get; init; } = true;
}

/// <summary>
/// A block's feed-forward part: two linear layers with an activation between them (<c>c_fc</c>, <c>c_proj</c>), or two KAN layers
/// (<c>kan.layers.0</c>, <c>kan.layers.1</c>), which carry their own non-linearity.
/// </summary>
internal sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "kan")]
    private readonly KanNetwork? _kan;

    [ComponentName(Name = "c_fc")]
    private readonly LinearLayer? _expand;

    [ComponentName(Name = "c_proj")]
    private readonly LinearLayer? _project;

    [ComponentName(Name = "dropout")]
    private readonly Dropout _dropout;

    [ComponentName(Name = "inner_dropout")]
    private readonly Dropout? _innerDropout;

    private readonly BaseActivation _activation;

    public FeedForward(FeedForwardOptions options, LinearLayers layers)
        : base(nameof(FeedForward))
    {
        _activation = options.Activation;
        if (layers.IsKan(KanPlacement.Mlp))
        {
            _kan = layers.Kan(options.Width, options.Inner, options.Width);
        }
        else
        {
            _expand = layers.Linear(new LinearShape(options.Width, options.Inner) { Bias = options.Bias });
            _project = layers.Linear(new LinearShape(options.Inner, options.Width) { Bias = options.Bias, Residual = true });
        }

        _dropout = nn.Dropout(options.Dropout);
        _innerDropout = options.InnerDropout > 0 ? nn.Dropout(options.InnerDropout) : null;
        RegisterComponents();
    }

    /// <summary>This part for single tokens, or null where that is not possible.</summary>
    public ITokenLayer? OpenTokens(long largest) => _kan is not null ? _kan.OpenTokens(largest)
        : TokenLayers.Open([_expand!.OpenTokens, OpenActivation, _project!.OpenTokens]);

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor y = _kan is not null ? _kan.forward(x) : _project!.forward(Inner(x));
        return _dropout.forward(y).MoveToOuterDisposeScope();
    }

    // (B, T, inner).
    private Tensor Inner(Tensor x)
    {
        Tensor y = BaseActivations.Apply(_activation, _expand!.forward(x));
        return _innerDropout?.forward(y) ?? y;
    }

    // Models that go on token by token have GELUs.
    private GeluTokens? OpenActivation() => _activation switch
    {
        BaseActivation.Gelu => new GeluTokens((int)_expand!.Weight.shape[0], GeluForm.Exact),
        BaseActivation.GeluTanh => new GeluTokens((int)_expand!.Weight.shape[0], GeluForm.Tanh),
        _ => null,
    };
}
