using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The architecture of a <see cref="DistilBert"/>. The defaults are the preset distilbert-base with linear layers, a masked language head and the vocabulary of BERT's uncased models.</summary>
public sealed record DistilBertOptions : EncoderOptions
{
    /// <summary>Half the layers of bert-base.</summary>
    public DistilBertOptions() => (Layers, Heads, Width, BlockSize, VocabularySize, Placement, HeadDropout) = (6, 12, 768, 512, 30522, KanPlacement.None, 0.2);
}

/// <summary>
/// BERT's smaller student (Sanh et al., "DistilBERT, a distilled version of BERT: smaller, faster, cheaper and lighter", 2019): no types of tokens. Its linear
/// layers are KANs where <see cref="ModelOptions.Placement"/> says so.
/// </summary>
public sealed class DistilBert : EncoderModel
{
    [ComponentName(Name = "tokens")]
    private readonly Embedding _tokens;

    [ComponentName(Name = "positions")]
    private readonly Embedding _positions;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "blocks")]
    private readonly ModuleList<PostNormBlock> _blocks;

    [ComponentName(Name = "head")]
    private readonly nn.Module<Tensor, Tensor>? _head;

    private readonly Dropout _dropout;

    /// <summary>Creates a model with random weights from torch's global generator.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    public DistilBert(DistilBertOptions options, Device? device = null)
        : base(nameof(DistilBert), options)
    {
        EncoderParts parts = new(options, device);
        _tokens = parts.Table(options.VocabularySize);
        _positions = parts.Table(options.PositionRows);
        _norm = parts.Norm();
        _dropout = nn.Dropout(options.EmbeddingDropout);
        _blocks = parts.Blocks(dropsAttention: false);
        _head = parts.Head(_tokens, options.Activation, (BaseActivation.Relu, DropsFirst: false));
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected internal override nn.Module<Tensor, Tensor>? Head => _head;

    private protected override ModuleList<PostNormBlock> Blocks => _blocks;

    private protected override Tensor Embed(Tensor idx, Tensor? types)
    {
        using var scope = NewDisposeScope();
        Tensor tokens = PaddedEmbedding.Apply(idx, _tokens, Encoder.PaddingId); // (B, T, C)
        Tensor positions = _positions.forward(arange(idx.shape[1], dtype: ScalarType.Int64, device: idx.device)); // (T, C)
        return _dropout.forward(_norm.forward(tokens + positions)).MoveToOuterDisposeScope();
    }
}

/// <summary>DistilBERTs: the published size, one to try things with, and Hugging Face's folders of them.</summary>
internal sealed class DistilBertFamily() : Family<DistilBertOptions, DistilBert>(
    "distilbert", "BERT's smaller student, without types of tokens (Sanh et al., 2019)", (options, device) => new DistilBert(options, device))
{
    public override IReadOnlyList<ModelPreset> Presets { get; } = [new("distilbert-base", 6, 12, 768), new("distilbert-tiny", 2, 2, 128)];

    internal override HuggingFaceLayout HuggingFace { get; } = new DistilBertLayout();
}
