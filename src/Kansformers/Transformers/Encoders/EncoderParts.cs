using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using BaseActivation = Kansformers.Kan.BaseActivation;

namespace Kansformers.Transformers;

/// <summary>Makes the parts that encoders share.</summary>
/// <param name="options">The model.</param>
/// <param name="device">Where parameters are made; null is the CPU.</param>
internal sealed class EncoderParts(EncoderOptions options, Device? device)
{
    // BERT's: all weights alike, at whatever depth.
    private const double InitialDeviation = 0.02;

    private readonly LinearLayers _layers = new(options, device) { NormEpsilon = options.NormEpsilon, Deviation = _ => InitialDeviation };

    /// <summary>A table of vectors of the model's width.</summary>
    public Embedding Table(int count) => _layers.Embedding(count, options.Width);

    /// <summary>A layer norm of the model's width.</summary>
    public LayerNorm Norm() => _layers.Norm(options.Width);

    /// <summary>The blocks: attention of every token to all, a norm, feed-forward, a norm.</summary>
    /// <param name="dropsAttention">Whether the residual dropout is behind attention as well as behind the feed-forward part.</param>
    public ModuleList<PostNormBlock> Blocks(bool dropsAttention = true)
    {
        AttentionOptions attention = new()
        {
            Width = options.Width,
            Heads = options.Heads,
            Causal = false,
            Dropout = options.AttentionDropout,
            OutputDropout = dropsAttention ? options.ResidualDropout : 0,
        };
        FeedForwardOptions feedForward = new()
        {
            Width = options.Width,
            Inner = options.InnerWidth,
            Activation = options.Activation,
            Dropout = options.ResidualDropout,
        };
        return nn.ModuleList([.. Enumerable.Range(0, options.Layers).Select(layer => new PostNormBlock(attention, feedForward, _layers, layer))]);
    }

    /// <summary>The head that the options ask for; null for none.</summary>
    /// <param name="tokens">The token embedding, to which logits of the vocabulary can be tied.</param>
    /// <param name="vocabulary">What stands behind the first layer of a head for tokens.</param>
    /// <param name="labels">What stands behind the first layer of a head for sequences, and whether the first token is dropped from before it as well.</param>
    public nn.Module<Tensor, Tensor>? Head(Embedding tokens, BaseActivation vocabulary, (BaseActivation Activation, bool DropsFirst) labels) => options.Head switch
    {
        EncoderHead.MaskedLanguage => new MaskedLanguageHead(options, _layers, tokens, vocabulary),
        EncoderHead.Classification => new ClassificationHead(options, _layers, labels.Activation) { DropsFirst = labels.DropsFirst },
        EncoderHead.TokenClassification => new TokenClassificationHead(options, _layers),
        EncoderHead.QuestionAnswering => new AnswerHead(options, _layers),
        _ => null,
    };
}
