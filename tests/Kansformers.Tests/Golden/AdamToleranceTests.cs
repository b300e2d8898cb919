using Kansformers.Golden;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Kansformers.Tests.Golden;

/// <summary>The tolerance of weights after AdamW's steps lets gradients' rounding pass, and nothing else.</summary>
public class AdamToleranceTests
{
    private const int Steps = 5;
    private const double LearningRate = 3e-4;
    private static readonly AdamWOptions Original = new();

    [Theory]
    [InlineData(KanPlacement.None)]
    [InlineData(KanPlacement.All)]
    public void GradientsWithinTheirToleranceGiveWeightsWithinTheirs(KanPlacement placement) =>
        Assert.InRange(Worst(placement, Original, gradient => gradient.add_((rand_like(gradient) - 0.5).sign() * gradient.abs().max(), alpha: Comparison.Float32)), 0, 1);

    public static TheoryData<AdamWOptions> OtherOptimizers => [Original with { Beta1 = 0.89 }, Original with { Beta2 = 0.96 }, Original with { WeightDecay = 0.5 }];

    [Theory]
    [MemberData(nameof(OtherOptimizers))]
    public void WeightsOfAnotherOptimizerAreToldApart(AdamWOptions other) => Assert.InRange(Worst(KanPlacement.All, other, _ => { }), 1, double.MaxValue);

    [Fact]
    public void WeightsOfOtherGradientsAreToldApart() =>
        Assert.InRange(Worst(KanPlacement.All, Original, gradient => gradient.add_(gradient.abs().max(), alpha: 1e-2)), 1, double.MaxValue);

    // The largest difference of any weight between the twin and a model that took the same steps in float32, in units of what is allowed.
    private static double Worst(KanPlacement placement, AdamWOptions settings, Action<Tensor> change)
    {
        using var scope = NewDisposeScope();
        using Gpt model = TinyGpt.Make(placement), original = TinyGpt.Make(placement);
        ModelOptions options = model.Options;
        model.eval();
        original.eval();
        manual_seed(5);
        using AdamTolerance tolerance = new(original, Original, 1);
        Steppable ours = new(model, settings), exact = new(original, Original);
        for (int step = 0; step < Steps; step++)
        {
            Tensor ids = randint(options.VocabularySize, [2, options.BlockSize], dtype: ScalarType.Int64);
            tolerance.Step(ids, ids, LearningRate);
            ours.Step(ids, change);
            exact.Step(ids, _ => { });
        }

        double worst = 0;
        foreach (((string name, Parameter found), Parameter expected) in model.named_parameters().Zip(original.parameters()))
        {
            Tensor allowed = tolerance.Of(name) + expected.abs().max() * Comparison.Float32;
            worst = Math.Max(worst, ((found - expected).abs() / allowed).max().item<double>());
        }

        return worst;
    }

    private sealed class Steppable(Gpt model, AdamWOptions settings)
    {
        private readonly IReadOnlyList<ParameterGroup> _groups = ParameterGroups.Of(model, settings.WeightDecay);
        private Optimizer? _optimizer;

        public void Step(Tensor ids, Action<Tensor> change)
        {
            _optimizer ??= new Optimizer(settings, _groups);
            model.Loss(ids, ids).backward();
            using (no_grad())
            {
                foreach (Parameter parameter in model.parameters())
                    change(parameter.grad!);
            }

            _optimizer.Step(LearningRate, new GradientClipping(_groups, 1).Measure().Scale);
        }
    }
}
