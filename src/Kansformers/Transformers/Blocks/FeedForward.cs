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
/// (<c>kan.layers.0</c>, <c>kan.layers.1</c>), which carry their own non-linearity; <see cref="ModelOptions.KanActivations"/> says what becomes of the activation.
/// </summary>
internal sealed class FeedForward : nn.Module<Tensor, Tensor>, IHasActivation
{
    [ComponentName(Name = "kan")]
    private readonly KanStack? _kan;

    [ComponentName(Name = "c_fc")]
    private readonly LinearLayer? _expand;

    [ComponentName(Name = "c_proj")]
    private readonly LinearLayer? _project;

    [ComponentName(Name = "dropout")]
    private readonly Dropout _dropout;

    [ComponentName(Name = "inner_dropout")]
    private readonly Dropout? _innerDropout;

    private readonly BaseActivation _activation;
    private readonly bool _isBetweenKan;
    private readonly int _inner;

    public FeedForward(FeedForwardOptions options, LinearLayers layers)
        : base(nameof(FeedForward))
    {
        (_activation, _inner) = (options.Activation, options.Inner);
        if (layers.IsKan(KanPlacement.Mlp))
        {
            _kan = layers.KanPair(new LinearShape(options.Width, options.Inner), options.Activation);
            _isBetweenKan = layers.KeepsActivation(mayBeInside: true);
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

    /// <inheritdoc/>
    public BaseActivation Between => _kan is null || _isBetweenKan ? _activation : BaseActivation.Identity;

    /// <inheritdoc/>
    public bool IsKan => _kan is not null;

    /// <inheritdoc/>
    public (string First, string? Second) Names => ("c_fc", "c_proj");

    /// <summary>This part for single tokens, or null where that is not possible.</summary>
    public ITokenLayer? OpenTokens(long largest) => _kan is null ? TokenLayers.Open([_expand!.OpenTokens, OpenActivation, _project!.OpenTokens])
        : !_isBetweenKan ? _kan.OpenTokens(largest)
        : TokenLayers.Open([() => _kan.Layers[0].OpenTokens(largest), OpenActivation, () => _kan.Layers[1].OpenTokens(largest)]);

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor y = _kan is null ? _project!.forward(Inner(_expand!, x)) : _isBetweenKan ? _kan.Layers[1].forward(Inner(_kan.Layers[0], x)) : _kan.forward(x);
        return _dropout.forward(y).MoveToOuterDisposeScope();
    }

    // (B, T, inner).
    private Tensor Inner(nn.Module<Tensor, Tensor> expand, Tensor x)
    {
        Tensor y = BaseActivations.Apply(_activation, expand.forward(x));
        return _innerDropout?.forward(y) ?? y;
    }

    // Models that go on token by token have GELUs.
    private GeluTokens? OpenActivation() => _activation switch
    {
        BaseActivation.Gelu => new GeluTokens(_inner, GeluForm.Exact),
        BaseActivation.GeluTanh => new GeluTokens(_inner, GeluForm.Tanh),
        _ => null,
    };
}
