using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>The architecture of a <see cref="Roberta"/>. The defaults are the preset roberta-base with linear layers, a masked language head and RoBERTa's vocabulary.</summary>
public sealed record RobertaOptions : EncoderOptions
{
    /// <summary>The sizes of bert-base, with positions for 512 tokens behind those that padding takes.</summary>
    public RobertaOptions() =>
        (Layers, Heads, Width, BlockSize, VocabularySize, Placement, PaddingId, NormEpsilon) = (12, 12, 768, 512, 50265, KanPlacement.None, 1, 1e-5);

    /// <summary>How many types of tokens there are, at least 1; the original has a single one.</summary>
    public int TokenTypes { get; init; } = 1;

    /// <summary>
    /// The position of padding, behind which those of tokens are counted; null for <see cref="EncoderOptions.PaddingId"/>, as the original has it. Of a model whose padding is one of the last
    /// ids of a vocabulary a small one spares as many rows of the table of positions, which nothing would ever learn.
    /// </summary>
    public int? PaddingPosition { get; init; }

    internal override int TypeRows => TokenTypes;

    internal override int PositionRows => checked(BlockSize + FirstPosition + 1);

    /// <summary>The position of padding.</summary>
    internal int FirstPosition => PaddingPosition ?? PaddingId!.Value;

    // Where padding of the published models stands, or in front of it.
    internal override EncoderOptions WithTokens(int vocabulary, int? padding) =>
        (RobertaOptions)base.WithTokens(vocabulary, padding) with { PaddingPosition = padding > 1 ? 1 : null };

    /// <inheritdoc/>
    public override IReadOnlyList<OptionDetail> Details() => [.. base.Details(), new OptionDetail("token_types", TokenTypes, null)];

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require(TokenTypes >= 1, "token types", TokenTypes, "at least 1");
        if (PaddingId is null)
            throw new KansformersException("padding id is null; RoBERTa counts positions from it: it must be a token of the vocabulary");
        Require(PaddingPosition is null || (PaddingPosition >= 0 && PaddingPosition <= PaddingId), "padding position", PaddingPosition ?? 0, $"0 to the padding id, {PaddingId}");
    }
}

/// <summary>
/// A BERT that was trained longer (Liu et al., "RoBERTa: A Robustly Optimized BERT Pretraining Approach", 2019): its positions count the tokens that are no padding, and
/// its heads differ. Its linear layers are KANs where <see cref="ModelOptions.Placement"/> says so.
/// </summary>
public sealed class Roberta : EncoderModel
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
    public Roberta(RobertaOptions options, Device? device = null)
        : base(nameof(Roberta), options)
    {
        EncoderParts parts = new(options, device);
        _tokens = parts.Table(options.VocabularySize);
        _positions = parts.Table(options.PositionRows);
        _types = parts.Table(options.TypeRows);
        _norm = parts.Norm();
        _dropout = nn.Dropout(options.EmbeddingDropout);
        _blocks = parts.Blocks();
        _head = parts.Head(_tokens, BaseActivation.Gelu, (BaseActivation.Tanh, DropsFirst: true)); // this GELU whatever the blocks have
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected internal override nn.Module<Tensor, Tensor>? Head => _head;

    private protected override ModuleList<PostNormBlock> Blocks => _blocks;

    private protected override Tensor Embed(Tensor idx, Tensor? types)
    {
        using var scope = NewDisposeScope();
        int padding = Encoder.PaddingId!.Value, first = ((RobertaOptions)Options).FirstPosition;
        Tensor counts = idx.ne(padding).to_type(ScalarType.Int64); // 1 for each token that is no padding
        Tensor places = counts.cumsum(1) * counts + first; // 1, 2, ... behind the padding's, which padding keeps
        Tensor tokens = PaddedEmbedding.Apply(idx, _tokens, padding), positions = PaddedEmbedding.Apply(places, _positions, first); // (B, T, C)
        Tensor kinds = _types.forward(types ?? zeros_like(idx));
        return _dropout.forward(_norm.forward(tokens + kinds + positions)).MoveToOuterDisposeScope();
    }
}

/// <summary>RoBERTas: their published sizes, one to try things with, and Hugging Face's folders of them.</summary>
internal sealed class RobertaFamily() : Family<RobertaOptions, Roberta>(
    "roberta", "a BERT trained longer, with positions that skip padding (Liu et al., 2019)", (options, device) => new Roberta(options, device))
{
    public override IReadOnlyList<ModelPreset> Presets { get; } = [new("roberta-large", 24, 16, 1024), new("roberta-base", 12, 12, 768), new("roberta-tiny", 2, 2, 128)];

    internal override HuggingFaceLayout HuggingFace { get; } = new RobertaLayout();
}
