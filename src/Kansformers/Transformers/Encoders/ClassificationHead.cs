using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Transformers;

/// <summary>
/// Logits of labels from the hidden state of the first token: a layer of the model's width with an activation, then one to the labels. A first layer that is a KAN
/// has no activation behind it, unless the model keeps those: it brings its functions.
/// </summary>
internal sealed class ClassificationHead : nn.Module<Tensor, Tensor>, ILossHead, IHasActivation
{
    [ComponentName(Name = "dense")]
    private readonly nn.Module<Tensor, Tensor> _dense;

    [ComponentName(Name = "labels")]
    private readonly nn.Module<Tensor, Tensor> _labels;

    private readonly Dropout _dropout;
    private readonly BaseActivation _activation;
    private readonly int _count;

    /// <param name="options">The model.</param>
    /// <param name="layers">Makes linear layers.</param>
    /// <param name="activation">What stands behind a first layer that is linear.</param>
    public ClassificationHead(EncoderOptions options, LinearLayers layers, BaseActivation activation)
        : base(nameof(ClassificationHead))
    {
        _dense = layers.For(KanPlacement.Head, new LinearShape(options.Width, options.Width));
        _labels = layers.For(KanPlacement.Head, new LinearShape(options.Width, options.Labels));
        _dropout = nn.Dropout(options.HeadDropout);
        _activation = layers.IsKan(KanPlacement.Head) && !layers.KeepsActivation(mayBeInside: false) ? BaseActivation.Identity : activation;
        _count = options.Labels;
        RegisterComponents();
    }

    /// <summary>Whether values are dropped before the first layer, too.</summary>
    public bool DropsFirst { get; init; }

    /// <inheritdoc/>
    public BaseActivation Between => _activation;

    /// <inheritdoc/>
    public bool IsKan => _dense is KanStack;

    /// <inheritdoc/>
    public (string First, string? Second) Names => ("dense", "labels");

    /// <param name="hidden">(B, T, width).</param>
    /// <returns>(B, labels).</returns>
    public override Tensor forward(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return _labels.forward(Transform(hidden.select(1, 0).contiguous())).MoveToOuterDisposeScope();
    }

    /// <summary>share · the mean cross-entropy of the labels in nats, or the mean squared error of a single one; 0 where no label counts.</summary>
    /// <param name="hidden">(B, T, width).</param>
    /// <param name="batch">Its targets, (B): labels, int64, of which -1 do not count, or the numbers that are wanted.</param>
    /// <param name="share">The factor of the loss.</param>
    /// <exception cref="ArgumentException">The targets are not one for each sequence, or no labels.</exception>
    public Tensor Loss(Tensor hidden, TokenBatch batch, double share)
    {
        using var scope = NewDisposeScope();
        Tensor targets = batch.Targets;
        if (targets.dim() != 1 || targets.shape[0] != hidden.shape[0])
            throw new ArgumentException($"targets of shape ({string.Join(", ", targets.shape)}) are not one for each of {hidden.shape[0]} sequences", nameof(batch));
        if (_count > 1)
            return HeadLoss.Compute(new LossHead(_labels) { Before = Transform, Noun = "labels" }, hidden.select(1, 0), targets, share).MoveToOuterDisposeScope();
        Tensor found = forward(hidden).squeeze(-1);
        return (F.mse_loss(found, targets.to_type(found.dtype)) * share).MoveToOuterDisposeScope();
    }

    // (..., width) to (..., width): all but the labels' layer.
    private Tensor Transform(Tensor first)
    {
        using var scope = NewDisposeScope();
        Tensor x = BaseActivations.Apply(_activation, _dense.forward(DropsFirst ? _dropout.forward(first) : first));
        return _dropout.forward(x).MoveToOuterDisposeScope();
    }
}
