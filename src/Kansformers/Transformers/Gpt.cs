using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// A decoder-only transformer language model (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019) whose linear
/// layers are KANs where <see cref="GptOptions.Placement"/> says so. Module and parameter names are those of minGPT and the original Kansformers.
/// </summary>
public sealed class Gpt : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "transformer")]
    private readonly Body _transformer;

    [ComponentName(Name = "lm_head")]
    private readonly nn.Module<Tensor, Tensor> _head;

    private Precision _precision;

    /// <summary>Creates a model with random weights from torch's global generator.</summary>
    /// <param name="options">The architecture.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    public Gpt(GptOptions options, Device? device = null)
        : base(nameof(Gpt))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        LinearLayers layers = new(options, device);
        _transformer = new Body(options, layers);
        _head = options.TiedHead ? new TiedHead(_transformer.wte) : layers.For(KanPlacement.Head, options.Width, options.VocabularySize, hasBias: false);
        RegisterComponents();
    }

    /// <summary>The architecture.</summary>
    public GptOptions Options { get; }

    /// <summary>The number of learned values.</summary>
    public long ParameterCount => parameters().Sum(parameter => parameter.numel());

    /// <summary>The number of learned values that belong to KAN layers.</summary>
    public long KanParameterCount => KanLayers().Sum(layer => layer.Layer.parameters().Sum(parameter => parameter.numel()));

    /// <summary>The device of the parameters.</summary>
    public Device Device
    {
        get
        {
            using var scope = NewDisposeScope(); // the embedding makes a new handle of its weight at every call
            return _transformer.wte.weight!.device;
        }
    }

    /// <summary>What makes logits of the last hidden state.</summary>
    internal nn.Module Head => _head;

    /// <summary>Every KAN layer with its name.</summary>
    public IEnumerable<(string Name, KanLinear Layer)> KanLayers() =>
        named_modules().Where(entry => entry.module is KanLinear).Select(entry => (entry.name, (KanLinear)entry.module));

    /// <summary>The logits of the next token at every position.</summary>
    /// <param name="idx">Token ids, int64, (B, T) with T at most the block size.</param>
    /// <returns>(B, T, vocabulary).</returns>
    /// <exception cref="ArgumentException">The sequence is longer than the block size, or not (B, T).</exception>
    public override Tensor forward(Tensor idx) => forward(idx, null);

    /// <summary>The logits of the next token at every new position, after those that a cache holds.</summary>
    /// <param name="idx">The new token ids, int64, (B, T).</param>
    /// <param name="cache">The tokens before them; it takes the new ones too. Null when there are none to keep.</param>
    /// <param name="lastOnly">Whether only the last position's logits are wanted.</param>
    /// <returns>(B, T, vocabulary), or (B, 1, vocabulary).</returns>
    /// <exception cref="ArgumentException">The tokens, with those in the cache, are more than the block size, or not (B, T).</exception>
    public Tensor forward(Tensor idx, KeyValueCache? cache, bool lastOnly = false)
    {
        ArgumentNullException.ThrowIfNull(idx);
        using var scope = NewDisposeScope();
        Tensor x = _transformer.forward(idx, cache); // (B, T, C)
        return _head.forward(lastOnly ? x[.., ^1..] : x).MoveToOuterDisposeScope();
    }

    /// <summary>The model, opened to go on from a cache token after token while its parameters stay as they are; null where that is not possible.</summary>
    /// <param name="cache">A single sequence.</param>
    internal TokenDecoder? OpenTokens(KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        return cache.IsPlain && _transformer.OpenTokens(cache, _head) is ITokenLayer layers
            ? new TokenDecoder(_transformer.wte.weight!, _transformer.wpe.weight!, layers, cache) : null;
    }

    /// <summary>How the products of linear and KAN layers are computed on the CPU: float32 unless set.</summary>
    public Precision Precision
    {
        get => _precision;
        set
        {
            _precision = value;
            foreach (nn.Module module in modules())
            {
                if (module is KanLinear kan)
                    kan.Precision = value;
                else if (module is LinearLayer linear)
                    linear.Precision = value;
                else if (module is TiedHead tied)
                    tied.Precision = value;
            }
        }
    }

    /// <summary>The mean cross-entropy of the targets, in nats per token. On the CPU the logits are made, used and dropped in chunks.</summary>
    /// <param name="idx">Token ids, int64, (B, T).</param>
    /// <param name="targets">The token that follows each, int64, (B, T); positions with -1 do not count.</param>
    /// <param name="share">Multiplies the loss and so all gradients: 1 / n for each of n batches that make up a step.</param>
    /// <returns>A scalar, differentiable in the parameters.</returns>
    /// <exception cref="ArgumentException">The targets are not as many as the tokens, or not in the vocabulary; or the tokens do not fit the block size.</exception>
    public Tensor Loss(Tensor idx, Tensor targets, double share = 1)
    {
        ArgumentNullException.ThrowIfNull(targets);
        using var scope = NewDisposeScope();
        return HeadLoss.Compute(_head, _transformer.forward(idx), targets, share).MoveToOuterDisposeScope();
    }

    /// <summary>Everything before the head: embeddings, blocks, the last norm. It exists for its name, <c>transformer</c>.</summary>
    private sealed class Body : nn.Module<Tensor, Tensor>
    {
        internal readonly Embedding wte;
        internal readonly Embedding wpe;
        private readonly Dropout drop;
        private readonly ModuleList<Block> h;
        private readonly LayerNorm ln_f;
        private readonly int _blockSize;

        public Body(GptOptions options, LinearLayers layers)
            : base("transformer")
        {
            _blockSize = options.BlockSize;
            wte = layers.Embedding(options.VocabularySize, options.Width);
            wpe = layers.Embedding(options.BlockSize, options.Width);
            drop = nn.Dropout(options.EmbeddingDropout);
            h = nn.ModuleList([.. Enumerable.Range(0, options.Layers).Select(layer => new Block(options, layers, layer))]);
            ln_f = layers.Norm();
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
            int past = cache?.Length ?? 0;
            if (idx.dim() != 2 || past + idx.shape[1] > _blockSize)
                throw new ArgumentException($"token ids of shape ({string.Join(", ", idx.shape)}) after {past} in the cache do not fit the block size {_blockSize}", nameof(idx));
            using var scope = NewDisposeScope();
            Tensor positions = arange(past, past + idx.shape[1], dtype: ScalarType.Int64, device: idx.device).unsqueeze(0);
            Tensor x = drop.forward(EmbeddingFunction.Apply(idx, wte.weight!) + wpe.forward(positions)); // (B, T, C)
            foreach (Block block in h)
                x = block.forward(x, cache);
            cache?.Advance(idx.shape[1]);
            return ln_f.forward(x).MoveToOuterDisposeScope();
        }
    }
}
