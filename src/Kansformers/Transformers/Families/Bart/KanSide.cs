namespace Kansformers.Transformers;

/// <summary>Which half of an encoder-decoder has KAN layers, where the placement puts any.</summary>
public enum KanSide
{
    /// <summary>Encoder and decoder.</summary>
    Both,

    /// <summary>The encoder alone.</summary>
    Encoder,

    /// <summary>The decoder alone, and the head, which is behind it.</summary>
    Decoder,
}
