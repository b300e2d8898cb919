using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// A decoder of today's parts whose feed-forward parts are gated by learned functions: rotary positions, RMS norm, QK-norm, short causal convolutions before
/// attention and feed-forward, a gate for each head, no biases. Linear layers are KANs where <see cref="ModelOptions.Placement"/> says so.
/// </summary>
public sealed class Kansformer : CausalModel
{
    // Initial weights are normal with this over the root of their inputs.
    private const double Gain = 0.577;

    [ComponentName(Name = "embedding")]
    private readonly Embedding _embedding;

    [ComponentName(Name = "blocks")]
    private readonly ModuleList<Block> _blocks;

    [ComponentName(Name = "head")]
    private readonly nn.Module<Tensor, Tensor> _head;

    private readonly Dropout _dropout;
    private readonly RmsNorm _norm;
    private readonly bool _hasEmbeddingNorm;

    /// <summary>Creates a model with random weights from torch's global generator. What is added to the hidden state, and the head, starts as zeros.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    public Kansformer(KansformerOptions options, Device? device = null)
        : base(nameof(Kansformer), options)
    {
        LinearLayers layers = new(options, device) { Deviation = shape => shape.Residual ? 0 : Gain / Math.Sqrt(shape.From) };
        _embedding = layers.Embedding(options.VocabularySize, options.Width);
        _dropout = nn.Dropout(options.EmbeddingDropout);
        _blocks = nn.ModuleList([.. Enumerable.Range(0, options.Layers).Select(layer => new Block(options, layers, layer, device))]);
        _norm = new RmsNorm(options.Width);
        _hasEmbeddingNorm = options.EmbeddingNorm;
        _head = layers.For(KanPlacement.Head, new LinearShape(options.Width, options.VocabularySize) { Bias = false, Residual = true });
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected internal override nn.Module<Tensor, Tensor> Head => _head;

    /// <inheritdoc/>
    protected override Tensor Hidden(Tensor idx, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        Tensor x = EmbeddingFunction.Apply(idx, _embedding.weight!); // (B, T, C)
        if (_hasEmbeddingNorm)
            x = _norm.forward(x);
        x = _dropout.forward(x);
        foreach (Block block in _blocks)
            x = block.forward(x, cache);
        return _norm.forward(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override TokenDecoder? OpenTokens(KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        Tensor embedding = _embedding.weight!;
        if (!cache.IsPlain || embedding.dtype != ScalarType.Float32 || embedding.device_type != DeviceType.CPU)
            return null;
        long largest = TokenDecoders.LargestCopy();
        ITokenLayer? layers = TokenLayers.Open(
            [
                .. _hasEmbeddingNorm ? (Func<ITokenLayer?>[])[_norm.OpenTokens] : [],
                .. _blocks.Select(block => (Func<ITokenLayer?>)(() => block.OpenTokens(cache, largest))),
                _norm.OpenTokens,
                () => TokenDecoders.Open(_head, largest),
            ]);
        return layers is null ? null : new TokenDecoder(embedding, null, layers, cache);
    }

    /// <summary>Attention, then feed-forward, each behind a norm and a convolution and added to what came in.</summary>
    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "attention_convolution")]
        private readonly CausalConvolution? _convolution1;

        [ComponentName(Name = "attention")]
        private readonly RotaryAttention _attention;

        [ComponentName(Name = "feed_forward_convolution")]
        private readonly CausalConvolution? _convolution2;

        [ComponentName(Name = "feed_forward")]
        private readonly GatedFeedForward _feedForward;

        private readonly RmsNorm _norm;

        public Block(KansformerOptions options, LinearLayers layers, int layer, Device? device)
            : base(nameof(Block))
        {
            _norm = new RmsNorm(options.Width);
            _convolution1 = Convolution(slot: 0);
            _attention = new RotaryAttention(options, layers, layer);
            _convolution2 = Convolution(slot: 1);
            _feedForward = new GatedFeedForward(options, layers, device);
            RegisterComponents();

            CausalConvolution? Convolution(int slot) =>
                options.ConvolutionKernel == 0 ? null : new CausalConvolution(options.Width, options.ConvolutionKernel, (layer, slot), device);
        }

        public BlockTokens? OpenTokens(KeyValueCache cache, long largest)
        {
            return BlockTokens.Of([Seen(_convolution1), _attention.OpenTokens(cache, largest), Seen(_convolution2), _feedForward.OpenTokens(largest)]);

            ITokenLayer? Seen(CausalConvolution? convolution) =>
                convolution is null ? _norm.OpenTokens() : TokenLayers.Open([_norm.OpenTokens, () => convolution.OpenTokens(cache)]);
        }

        public override Tensor forward(Tensor x) => forward(x, null);

        public Tensor forward(Tensor x, KeyValueCache? cache)
        {
            using var scope = NewDisposeScope();
            Tensor h = x + _attention.forward(Seen(x, _convolution1, cache), cache); // (B, T, C)
            return (h + _feedForward.forward(Seen(h, _convolution2, cache))).MoveToOuterDisposeScope();
        }

        private Tensor Seen(Tensor x, CausalConvolution? convolution, KeyValueCache? cache) =>
            convolution is null ? _norm.forward(x) : convolution.Normed(x, cache);
    }
}
