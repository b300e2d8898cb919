using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// Logits of the vocabulary from hidden states: a layer of the model's width, an activation and a norm, then the product with the token embedding, or a layer of its
/// own. A first layer that is a KAN has no activation behind it, unless the model keeps those: it brings its functions.
/// </summary>
internal sealed class MaskedLanguageHead : nn.Module<Tensor, Tensor>, ILossHead, IHasActivation
{
    [ComponentName(Name = "dense")]
    private readonly nn.Module<Tensor, Tensor> _dense;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "decoder")]
    private readonly nn.Module<Tensor, Tensor> _decoder;

    private readonly BaseActivation _activation;

    /// <param name="options">The model.</param>
    /// <param name="layers">Makes linear layers and norms.</param>
    /// <param name="tokens">The token embedding.</param>
    /// <param name="activation">What stands behind a first layer that is linear.</param>
    public MaskedLanguageHead(EncoderOptions options, LinearLayers layers, Embedding tokens, BaseActivation activation)
        : base(nameof(MaskedLanguageHead))
    {
        _dense = layers.For(KanPlacement.Head, new LinearShape(options.Width, options.Width));
        _norm = layers.Norm(options.Width);
        _decoder = options.TiedHead ? new TiedHead(tokens, hasBias: true) : layers.For(KanPlacement.Head, new LinearShape(options.Width, options.VocabularySize));
        _activation = layers.IsKan(KanPlacement.Head) && !layers.KeepsActivation(mayBeInside: false) ? BaseActivation.Identity : activation;
        RegisterComponents();
    }

    /// <inheritdoc/>
    public BaseActivation Between => _activation;

    /// <inheritdoc/>
    public bool IsKan => _dense is KanStack;

    /// <inheritdoc/>
    public (string First, string? Second) Names => ("dense", null);

    /// <summary>The head as its loss takes it.</summary>
    public LossHead OfTokens => new(_decoder) { Before = Transform };

    /// <param name="hidden">(..., width).</param>
    /// <returns>(..., vocabulary).</returns>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return _decoder.forward(Transform(hidden)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Loss(Tensor hidden, TokenBatch batch, double share) => HeadLoss.Compute(OfTokens, hidden, batch.Targets, share);

    private Tensor Transform(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return _norm.forward(BaseActivations.Apply(_activation, _dense.forward(hidden))).MoveToOuterDisposeScope();
    }
}
