namespace Kansformers.Evaluation;

/// <summary>How <see cref="CorpusEvaluator"/> walks over a corpus.</summary>
public sealed record EvaluationOptions
{
    /// <summary>
    /// How many tokens each window lies behind the one before, 1 to the model's block size. Null is the block size: disjoint windows,
    /// one pass over the corpus. Smaller strides give every token a longer past and cost block size / stride times as much.
    /// </summary>
    public int? Stride { get; init; }

    /// <summary>How many windows go through the model at once; null chooses by the size of the logits.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The most tokens to score, from the start of the corpus; null scores all.</summary>
    public long? MaxTokens { get; init; }

    /// <summary>Checks every option for a model.</summary>
    /// <param name="blockSize">The model's block size.</param>
    /// <exception cref="KansformersException">The message names the option, its value and what is allowed.</exception>
    public void Validate(int blockSize)
    {
        if (Stride is int stride && (stride < 1 || stride > blockSize))
            throw new KansformersException($"stride is {stride}; it must be 1 to the model's block size, {blockSize}, so that no token is left out");
        if (BatchSize < 1)
            throw new KansformersException($"batch size is {BatchSize}; it must be at least 1");
        if (MaxTokens < 1)
            throw new KansformersException($"max tokens is {MaxTokens}; it must be at least 1");
    }
}
