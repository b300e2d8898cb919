using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The architecture of a <see cref="Bert"/>. The defaults are the preset bert-tiny with linear layers, a masked language head and the vocabulary of BERT's uncased models.</summary>
public sealed record BertOptions : EncoderOptions
{
    /// <summary>Two layers of width 128, as the smallest of BERT's published sizes.</summary>
    public BertOptions() => (Layers, Heads, Width, BlockSize, VocabularySize, Placement) = (2, 2, 128, 512, 30522, KanPlacement.None);

    /// <summary>How many types of tokens there are, such as those of the first and of the second of two texts; at least 1.</summary>
    public int TokenTypes { get; init; } = 2;

    internal override int TypeRows => TokenTypes;

    /// <inheritdoc/>
    public override IReadOnlyList<OptionDetail> Details() => [.. base.Details(), new OptionDetail("token_types", TokenTypes, null)];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(TokenTypes >= 1, "token types", TokenTypes, "at least 1");
    }
}

/// <summary>
/// A bidirectional encoder of text (Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", 2019) whose linear layers are
/// KANs where <see cref="ModelOptions.Placement"/> says so.
/// </summary>
public sealed class Bert : EncoderModel
{
    [ComponentName(Name = "tokens")]
    private readonly Embedding _tokens;

    [ComponentName(Name = "positions")]
    private readonly Embedding _positions;

    [ComponentName(Name = "types")]
    private readonly Embedding _types;

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
    public Bert(BertOptions options, Device? device = null)
        : base(nameof(Bert), options)
    {
        EncoderParts parts = new(options, device);
        _tokens = parts.Table(options.VocabularySize);
        _positions = parts.Table(options.PositionRows);
        _types = parts.Table(options.TypeRows);
        _norm = parts.Norm();
        _dropout = nn.Dropout(options.EmbeddingDropout);
        _blocks = parts.Blocks();
        _head = parts.Head(_tokens, options.Activation, (BaseActivation.Tanh, DropsFirst: false));
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
        Tensor kinds = _types.forward(types ?? zeros_like(idx));
        return _dropout.forward(_norm.forward(tokens + kinds + positions)).MoveToOuterDisposeScope();
    }
}

/// <summary>BERTs: their published sizes, and Hugging Face's folders of them.</summary>
internal sealed class BertFamily() : Family<BertOptions, Bert>("bert", "a bidirectional encoder: masked words and labels of texts (Devlin et al., 2019)", (options, device) => new Bert(options, device))
{
    public override IReadOnlyList<ModelPreset> Presets { get; } =
    [
        new("bert-large", 24, 16, 1024),
        new("bert-base", 12, 12, 768),
        new("bert-medium", 8, 8, 512),
        new("bert-small", 4, 8, 512),
        new("bert-mini", 4, 4, 256),
        new("bert-tiny", 2, 2, 128),
    ];

    internal override HuggingFaceLayout HuggingFace { get; } = new BertLayout();
}
