using Kansformers.Kan;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests;

/// <summary>Small GPTs with weights large enough that each token matters.</summary>
internal static class TinyGpt
{
    public static Gpt Make(KanPlacement placement, int seed = 1, int vocabulary = 17, int block = 8)
    {
        torch.random.manual_seed(seed);
        Gpt model = new(new GptOptions
        {
            Layers = 2,
            Heads = 2,
            Width = 8,
            BlockSize = block,
            VocabularySize = vocabulary,
            Placement = placement,
            Kan = new BSplineOptions(),
        });
        using var guard = torch.no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
        {
            if (parameter.dim() == 2)
                parameter.mul_(8);
        }

        return model;
    }
}
