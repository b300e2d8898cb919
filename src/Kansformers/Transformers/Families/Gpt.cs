using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// A decoder-only transformer language model (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019) whose linear
/// layers are KANs where <see cref="ModelOptions.Placement"/> says so. Module and parameter names are those of minGPT and the original Kansformers.
/// </summary>
public sealed class Gpt : CausalModel
{
    [ComponentName(Name = "transformer")]
    private readonly Body _transformer;

    [ComponentName(Name = "lm_head")]
    private readonly nn.Module<Tensor, Tensor> _head;

    /// <summary>Creates a model with random weights from torch's global generator.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    public Gpt(GptOptions options, Device? device = null)
        : base(nameof(Gpt), options)
    {
        LinearLayers layers = new(options, device);
        _transformer = new Body(options, layers);
        _head = options.TiedHead ? new TiedHead(_transformer.wte)
            : layers.For(KanPlacement.Head, new LinearShape(options.Width, options.VocabularySize) { Bias = false });
        RegisterComponents();
    }

    /// <inheritdoc/>
    protected internal override nn.Module<Tensor, Tensor> Head => _head;

    /// <inheritdoc/>
    protected override Tensor Hidden(Tensor idx, KeyValueCache? cache) => _transformer.forward(idx, cache);

    /// <inheritdoc/>
    internal override TokenDecoder? OpenTokens(KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        return cache.IsPlain && _transformer.OpenTokens(cache, _head) is ITokenLayer layers
            ? new TokenDecoder(_transformer.wte.weight!, _transformer.wpe.weight!, layers, cache) : null;
    }

    /// <summary>Everything before the head: embeddings, blocks, the last norm. It exists for its name, <c>transformer</c>.</summary>
    private sealed class Body : nn.Module<Tensor, Tensor>
    {
        internal readonly Embedding wte;
        internal readonly Embedding wpe;
        private readonly Dropout drop;
        private readonly ModuleList<Block> h;
        private readonly LayerNorm ln_f;

        public Body(GptOptions options, LinearLayers layers)
            : base("transformer")
        {
            AttentionOptions attention = new()
            {
                Width = options.Width,
                Heads = options.Heads,
                Dropout = options.AttentionDropout,
                OutputDropout = options.ResidualDropout,
                Bias = options.Biases,
            };
            FeedForwardOptions feedForward = new()
            {
                Width = options.Width,
                Inner = 4 * options.Width,
                Activation = options.Gelu == GeluForm.Exact ? BaseActivation.Gelu : BaseActivation.GeluTanh,
                Dropout = options.ResidualDropout,
                Bias = options.Biases,
            };
            wte = layers.Embedding(options.VocabularySize, options.Width);
            wpe = layers.Embedding(options.BlockSize, options.Width);
            drop = nn.Dropout(options.EmbeddingDropout);
            h = nn.ModuleList([.. Enumerable.Range(0, options.Layers).Select(layer => new Block(attention, feedForward, layers, layer))]);
            ln_f = layers.Norm(options.Width, options.Biases);
            RegisterComponents();
        }

        public ITokenLayer? OpenTokens(KeyValueCache cache, nn.Module head)
        {
            long largest = TokenDecoders.LargestCopy();
            if (wte.weight!.dtype != ScalarType.Float32 || wte.weight.device_type != DeviceType.CPU)
                return null;
            return TokenLayers.Open([.. h.Select(block => (Func<ITokenLayer?>)(() => block.OpenTokens(cache, largest))), () => NormTokens.Open(ln_f), () => TokenDecoders.Open(head, largest)]);
        }

        public override Tensor forward(Tensor idx) => forward(idx, null);

        public Tensor forward(Tensor idx, KeyValueCache? cache)
        {
            using var scope = NewDisposeScope();
            int past = cache?.Length ?? 0;
            Tensor positions = arange(past, past + idx.shape[1], dtype: ScalarType.Int64, device: idx.device).unsqueeze(0);
            Tensor x = drop.forward(EmbeddingFunction.Apply(idx, wte.weight!) + wpe.forward(positions)); // (B, T, C)
            foreach (Block block in h)
                x = block.forward(x, cache);
            return ln_f.forward(x).MoveToOuterDisposeScope();
        }
    }
}
