namespace Kansformers.Findings;

/// <summary>How large the experiments are: as told in <c>docs/findings.md</c>, or so small that a test runs them all.</summary>
internal sealed record Scale
{
    public int Layers { get; init; } = 2;

    public int Heads { get; init; } = 3;

    public int Width { get; init; } = 48;

    public int Block { get; init; } = 48;

    public int Batch { get; init; } = 8;

    public int Steps { get; init; } = 200;

    /// <summary>Trainings of each setting, which differ in initial weights, batches and dropout.</summary>
    public int Seeds { get; init; } = 2;

    /// <summary>How often a training is looked at besides the start.</summary>
    public int Looks { get; init; } = 5;

    /// <summary>The last validation reads so many tokens.</summary>
    public int Validation { get; init; } = 12000;

    /// <summary>The blocks of the model whose scales are measured by depth.</summary>
    public int Depth { get; init; } = 6;

    /// <summary>The width of models with a large vocabulary, whose heads cost the most.</summary>
    public int WordWidth { get; init; } = 32;

    /// <summary>The sequences of their batches; those that learn as the original did have half as many, for the cost of a KAN head.</summary>
    public int WordBatch { get; init; } = 4;

    public int WordSteps { get; init; } = 250;

    /// <summary>The tokens on which a large vocabulary's predictions are looked at.</summary>
    public int WordTokens { get; init; } = 2048;

    /// <summary>The tokens that are sampled at each temperature.</summary>
    public int SampleTokens { get; init; } = 400;

    public string WordTokenizer { get; init; } = "gpt2";

    /// <summary>The steps of which the quickest tells the time of a step.</summary>
    public int TimedSteps { get; init; } = 24;

    /// <summary>Whether ladders are those of <c>benchmarks/scale</c>, whose outcomes are committed, or of three tiny sizes and one to three
    /// steps.</summary>
    public bool CommittedLadders { get; init; } = true;

    public static Scale Full { get; } = new();

    public static Scale Tiny { get; } = new()
    {
        Layers = 1, Heads = 2, Width = 8, Block = 8, Batch = 2, Steps = 4, Looks = 2, Validation = 64, Depth = 2,
        WordWidth = 4, WordBatch = 1, WordSteps = 4, WordTokens = 32, SampleTokens = 20, WordTokenizer = "byte",
        TimedSteps = 2, CommittedLadders = false,
    };
}
