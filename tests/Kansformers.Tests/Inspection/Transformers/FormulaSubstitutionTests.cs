using Kansformers.Inspection;
using Kansformers.Kan;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Inspection;

/// <summary>A formula stands for a function while it is asked to.</summary>
public class FormulaSubstitutionTests
{
    [Theory]
    [InlineData("bspline")]
    [InlineData("bspline:norm=layer-norm,base-activation=none")]
    [InlineData("chebyshev:sharing=channel")]
    [InlineData("rational:sharing=group:2")]
    public void The_formula_0_takes_a_function_out_until_it_is_disposed(string kan)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(2);
        using Gpt model = new(new GptOptions { Layers = 1, Heads = 2, Width = 8, BlockSize = 8, VocabularySize = 11, Placement = KanPlacement.Mlp, Kan = KanSettings.Parse(kan) });
        model.eval();
        Tensor tokens = tensor((long[])[1, 4, 2, 9, 0, 3], 1, 6), before = model.forward(tokens);
        FunctionLayer layer = FunctionLayer.Of(model)[0];
        FunctionPlace place = layer.Places(3).First();

        // The formula 0 is what the layer is without the function.
        Tensor without;
        using (layer.Without(place))
            without = model.forward(tokens);
        Dictionary<FunctionPlace, EdgeFormula> nothing = new() { [place] = new EdgeFormula(EdgeFunction.Of("0"), 1, 0, 0, 0) };
        using (new FormulaSubstitution(model, new Dictionary<string, IReadOnlyDictionary<FunctionPlace, EdgeFormula>> { [layer.Name] = nothing }))
            Assert.True(model.forward(tokens).allclose(without, rtol: 1e-4, atol: 1e-5));
        Assert.False(before.allclose(without, rtol: 1e-7, atol: 1e-9));
        Assert.True(model.forward(tokens).Equals(before));

        // The logarithm of what is below 0 has no value: the function stays, and that is counted.
        Dictionary<FunctionPlace, EdgeFormula> undefined = new() { [place] = new EdgeFormula(EdgeFunction.Of("log"), 0, -1, 1, 0) };
        using (FormulaSubstitution formulas = new(model, new Dictionary<string, IReadOnlyDictionary<FunctionPlace, EdgeFormula>> { [layer.Name] = undefined }))
        {
            Assert.True(model.forward(tokens).Equals(before));
            Assert.Equal(6 * layer.InputsOf(place).Count, formulas.Undefined);
        }

        Assert.Throws<ArgumentException>(() => new FormulaSubstitution(model, new Dictionary<string, IReadOnlyDictionary<FunctionPlace, EdgeFormula>> { ["nowhere"] = nothing }));
    }
}
