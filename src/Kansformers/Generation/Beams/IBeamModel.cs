using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Generation;

/// <summary>What beam search needs of a model that is at work on some texts.</summary>
internal interface IBeamModel : IDisposable
{
    /// <summary>The logits behind the last token of each row.</summary>
    /// <param name="tokens">The next tokens of each row, int64, (rows, T).</param>
    /// <returns>(rows, vocabulary).</returns>
    Tensor Next(Tensor tokens);

    /// <summary>Goes on with some of the rows.</summary>
    /// <param name="rows">Which rows, int64: as many for each text, those of the first text first.</param>
    /// <param name="texts">Which texts, int64; null for all of them.</param>
    void Select(Tensor rows, Tensor? texts);
}

/// <summary>An encoder-decoder that has read its texts.</summary>
internal sealed class BartBeams(Bart model, DecoderCache cache) : IBeamModel
{
    public Tensor Next(Tensor tokens) => model.Next(tokens, cache);

    public void Select(Tensor rows, Tensor? texts) => cache.Select(rows, texts);

    public void Dispose() => cache.Dispose();
}

/// <summary>A model that continues text.</summary>
/// <param name="model">The model.</param>
/// <param name="room">How many tokens it will read at most.</param>
internal sealed class CausalBeams(CausalModel model, int room) : IBeamModel
{
    private readonly KeyValueCache _cache = new(model.Options.Layers, (model.Options.Heads, room, model.Options.Width / model.Options.Heads), 1, model.Device);

    public Tensor Next(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return model.forward(tokens, _cache, lastOnly: true).select(1, 0).MoveToOuterDisposeScope();
    }

    public void Select(Tensor rows, Tensor? texts) => _cache.Select(rows);

    public void Dispose() => _cache.Dispose();
}
