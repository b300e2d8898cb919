using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Comparisons;

/// <summary>What a training takes in floating-point operations.</summary>
internal static class TrainingCost
{
    /// <summary>
    /// Operations of training for one token: 6 for each weight that it is multiplied with, forward and backward, and 12 · layers · width · block size for the
    /// products of attention (Kaplan et al., "Scaling Laws for Neural Language Models", 2020; Chowdhery et al., "PaLM", 2022). KAN layers count as the product
    /// of their expanded inputs and what expanding them takes (<c>docs/scaling.md</c>). Embeddings, which are looked up, norms and fixed activations are not counted.
    /// </summary>
    public static double FlopsPerToken(ModelOptions options)
    {
        ModelDescription description = ModelDescription.Of(options);
        double weights = description.Products.Sum(product => (double)product.Width * product.Outputs);
        if (IsTied(options))
            weights += (double)options.Width * options.VocabularySize;
        return (6 * weights) + description.Layers.Sum(layer => layer.FunctionOperations) + (12.0 * options.Layers * options.Width * options.BlockSize);
    }

    /// <summary>The tokens of an optimizer step.</summary>
    public static long TokensPerStep(ModelOptions model, TrainingOptions training) => (long)training.BatchSize * training.GradAccum * model.BlockSize;

    // A tied head multiplies by the embedding and has no weights of its own.
    private static bool IsTied(ModelOptions options)
    {
        using var scope = NewDisposeScope();
        Tensor chance = random.get_rng_state();
        try
        {
            using TransformerModel model = options.Family.Create(options, META);
            return model.Head is TiedHead;
        }
        finally
        {
            random.set_rng_state(chance);
        }
    }
}
