using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Findings;

/// <summary>A model and how it is trained.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Tokenizer">As <c>--tokenizer</c> takes it.</param>
/// <param name="Model">The architecture; the tokenizer gives the vocabulary.</param>
/// <param name="Training">The training; its seed is set for each trial.</param>
internal sealed record Setup(string Name, string Tokenizer, ModelOptions Model, TrainingOptions Training)
{
    public BSplineOptions Splines => (BSplineOptions)Model.Kan;

    /// <summary>
    /// The original's settings: every linear layer and the head per-edge splines of grid 5 over -1 to 1 and order 3, dropout 0.1, AdamW at a
    /// constant 3e-4 with decay
    /// of everything that is a matrix or a spline.
    /// </summary>
    public static Setup Original(Scale scale) => new(
        "original",
        "char",
        new GptOptions { Layers = scale.Layers, Heads = scale.Heads, Width = scale.Width, BlockSize = scale.Block, Placement = KanPlacement.All,
            Kan = new BSplineOptions() },
        new TrainingOptions { MaxIters = scale.Steps, BatchSize = scale.Batch, LearningRate = 3e-4,
            EvalInterval = Math.Max(1, scale.Steps / scale.Looks), EvalWindows = 32 });

    /// <summary>The original's model under a rate at which it learns: what each choice is worth then is measured by taking it back, or making it
    /// otherwise.</summary>
    public static Setup Good(Scale scale) => Changes.ToGood.Aggregate(Original(scale), (setup, change) => change.Apply(setup)) with {
        Name = "good settings" };

    /// <summary>The same with the large vocabulary, narrower.</summary>
    public Setup Words(Scale scale) => this with
    {
        Tokenizer = scale.WordTokenizer,
        Model = Model with { Width = scale.WordWidth, Heads = 2 },
        Training = Training with { MaxIters = scale.WordSteps, BatchSize = scale.WordBatch,
            EvalInterval = Math.Max(1, scale.WordSteps / scale.Looks), EvalWindows = 8 },
    };

    public Setup With(Func<BSplineOptions, BSplineOptions> change) => this with { Model = Model with { Kan = change(Splines) } };

    public Setup Trained(Func<TrainingOptions, TrainingOptions> change) => this with { Training = change(Training) };
}
