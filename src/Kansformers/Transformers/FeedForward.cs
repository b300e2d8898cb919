using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// A block's feed-forward part: two linear layers with a GELU between them (<c>c_fc</c>, <c>c_proj</c>), or two KAN layers
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

    private readonly GeluForm _form;
    private readonly GELU.Approximate _gelu;

    public FeedForward(GptOptions options, LinearLayers layers)
        : base(nameof(FeedForward))
    {
        long width = options.Width;
        _form = options.Gelu;
        _gelu = options.Gelu == GeluForm.Exact ? GELU.Approximate.none : GELU.Approximate.tanh;
        if (layers.IsKan(KanPlacement.Mlp))
        {
            _kan = layers.Kan(width, 4 * width, width);
        }
        else
        {
            _expand = layers.Linear(width, 4 * width);
            _project = layers.Linear(4 * width, width, residual: true);
        }

        _dropout = nn.Dropout(options.ResidualDropout);
        RegisterComponents();
    }

    /// <summary>This part for single tokens, or null where that is not possible.</summary>
    public ITokenLayer? OpenTokens(long largest) => _kan is not null ? _kan.OpenTokens(largest)
        : TokenLayers.Open([_expand!.OpenTokens, () => new GeluTokens((int)_expand.Weight.shape[0], _form), _project!.OpenTokens]);

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor y = _kan is not null ? _kan.forward(x)
            : _project!.forward(nn.functional.gelu(_expand!.forward(x), _gelu)); // (B, T, 4 C) inside
        return _dropout.forward(y).MoveToOuterDisposeScope();
    }
}
