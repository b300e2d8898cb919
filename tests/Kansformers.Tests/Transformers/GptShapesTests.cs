using Kansformers.Kan;
using Kansformers.Transformers;

namespace Kansformers.Tests.Transformers;

public class GptShapesTests
{
    [Theory]
    [InlineData(KanPlacement.All, 5, 3, true, false, true)]
    [InlineData(KanPlacement.None, 5, 3, true, false, true)]
    [InlineData(KanPlacement.None, 5, 3, true, true, true)]
    [InlineData(KanPlacement.Attention, 8, 2, false, true, true)]
    [InlineData(KanPlacement.Mlp | KanPlacement.Head, 4, 1, false, false, true)]
    [InlineData(KanPlacement.None, 5, 3, true, true, false)]
    [InlineData(KanPlacement.Mlp, 5, 3, true, false, false)]
    public void They_are_those_of_a_model(KanPlacement placement, int gridSize, int order, bool scaler, bool tied, bool biases)
    {
        GptOptions options = new()
        {
            Layers = 2, Heads = 2, Width = 8, BlockSize = 6, VocabularySize = 11, Placement = placement, TiedHead = tied, Biases = biases,
            Kan = new BSplineOptions { GridSize = gridSize, SplineOrder = order, StandaloneScaler = scaler },
        };
        using Gpt model = new(options);
        Assert.Equal(
            model.state_dict().Select(entry => $"{entry.Key} {string.Join('x', entry.Value.shape)}").Order(),
            GptShapes.Of(options).Select(entry => $"{entry.Key} {string.Join('x', entry.Value)}").Order());
    }
}
