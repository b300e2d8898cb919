using Kansformers.Comparisons;
using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Comparisons;

/// <summary>Comparisons in words and in files: what they say arrives, and what cannot be is told by its place.</summary>
public class ComparisonConfigTests
{
    private static readonly RunConfig Shared = new()
    {
        Model = new GptOptions { Layers = 2, Heads = 2, Width = 16, BlockSize = 8 },
        Training = new TrainingOptions { MaxIters = 20, BatchSize = 2 },
        Data = new DataConfig { Data = "text.txt", Tokenizer = "char" },
    };

    [Fact]
    public void Words_describe_models()
    {
        IReadOnlyList<ComparisonModel> models = ComparisonConfig.Of(Shared,
            "linear; rational group:8; bspline:grid-size=8 all; deep = chebyshev attention,mlp layers=6 learning-rate=1e-2 beta1=0.8; swiglu; kansformer ring rational group:4; kansformer bspline").Models;
        Assert.Equal(["linear", "rational group:8", "bspline:grid-size=8 all", "deep", "swiglu", "kansformer ring rational group:4", "kansformer bspline"], models.Select(model => model.Name));
        Assert.Equal([KanPlacement.None, KanPlacement.Mlp, KanPlacement.All, KanPlacement.Attention | KanPlacement.Mlp, KanPlacement.None, KanPlacement.None, KanPlacement.Mlp], models.Select(model => model.Model.Placement));
        Assert.All(models, model => Assert.Equal((2, 16, 8), (model.Model.Heads, model.Model.Width, model.Model.BlockSize)));
        Assert.Equal(("rational", KanSharing.Group(8)), (models[1].Model.Kan.Kind, models[1].Model.Kan.Sharing));
        Assert.Equal(8, Assert.IsType<BSplineOptions>(models[2].Model.Kan).GridSize);
        Assert.Equal((6, 1e-2, 0.8), (models[3].Model.Layers, models[3].Training.LearningRate, ((AdamWOptions)models[3].Training.Optimizer).Beta1));
        Assert.Equal(2, models[4].Model.Layers);
        Assert.Equal("swiglu", Assert.IsType<KansformerOptions>(models[4].Model).FeedForward);
        KansformerOptions ring = Assert.IsType<KansformerOptions>(models[5].Model);
        Assert.Equal(("ring", "rational", KanSharing.Group(4)), (ring.FeedForward, ring.Activation.Kind, ring.Activation.Sharing));
        Assert.Equal("none", Assert.IsType<KansformerOptions>(models[6].Model).FeedForward);
        Assert.All(models, model => model.Model.Validate());
    }

    [Theory]
    [InlineData("rationale", "unknown word 'rationale'")]
    [InlineData("linear; a = ", "needs a name and words")]
    [InlineData(" ; ", "no model is described")]
    [InlineData("linear bspline", "linear has no KAN layers, bspline is for them")]
    [InlineData("bspline rational", "'rational' says again")]
    [InlineData("linear; linear", "have one name")]
    [InlineData("linear depth=3", "there is no setting 'depth'")]
    [InlineData("linear layers=three", "'model.layers' is empty or holds a wrong value")]
    [InlineData("linear heads=3", "heads is 3, which does not divide embd 16")]
    [InlineData("bspline:size=3", "no option 'size'")]
    [InlineData("gpt swiglu", "form of feed-forward")]
    public void Wrong_words_are_told_with_the_model(string words, string part)
    {
        string message = Assert.Throws<KansformersException>(() => ComparisonConfig.Of(Shared, words).Validate()).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_file_lays_what_a_model_says_over_what_all_share()
    {
        using TestFolder folder = new();
        ComparisonConfig config = ComparisonConfig.Load(folder.Write("c.json", """
            {
              "data": { "data": "text.txt", "validation_fraction": 0.2 }, // a comment
              "model": { "family": "gpt", "layers": 2, "heads": 2, "width": 16, "biases": false, "kan": { "kind": "bspline", "grid_size": 8 } },
              "training": { "max_iters": 50, "optimizer": { "kind": "adamw", "beta1": 0.8 } },
              "seeds": [4, 5], "match": "parameters=9000", "baseline": "plain",
              "models": [
                { "name": "plain", "model": { "placement": "none" }, "match": "none", "seeds": "1-3" },
                { "name": "order 2", "model": { "kan": { "spline_order": 2 } }, "training": { "optimizer": { "beta2": 0.9 } } },
                { "name": "rational", "model": { "kan": { "kind": "rational" } } },
                { "name": "ours", "model": { "family": "kansformer" } },
              ],
            }
            """));
        Assert.Equal(("char", 0.2), (config.Data.Tokenizer, config.Data.ValidationFraction));
        Assert.Equal("plain", config.Baseline);
        Assert.Equal("parameters=9000", config.Match.ToString());
        Assert.Equal([4, 5], config.Seeds);
        Assert.Equal([1, 2, 3], config.Models[0].Seeds!);
        Assert.Equal([false, true, true, true], config.Models.Select(model => model.IsMatched));
        BSplineOptions splines = Assert.IsType<BSplineOptions>(config.Models[1].Model.Kan);
        Assert.Equal((8, 2), (splines.GridSize, splines.SplineOrder));
        AdamWOptions adam = Assert.IsType<AdamWOptions>(config.Models[1].Training.Optimizer);
        Assert.Equal((0.8, 0.9), (adam.Beta1, adam.Beta2));
        Assert.Equal(new RationalOptions().Functions, Assert.IsType<RationalOptions>(config.Models[2].Model.Kan).Functions);
        Assert.False(Assert.IsType<GptOptions>(config.Models[2].Model).Biases);
        Assert.Equal((2, 16), (config.Models[3].Model.Layers, Assert.IsType<KansformerOptions>(config.Models[3].Model).Width));
        config.Validate();
        Assert.Equal(["rational", "ours"], config.Select("Ours; rational").Models.Select(model => model.Name));
        Assert.Contains("there is no model 'x': use plain; order 2; rational; ours", Assert.Throws<KansformersException>(() => config.Select("x")).Message, StringComparison.Ordinal);
        Assert.All(config.WithSteps(7).Models, model => Assert.Equal(7, model.Training.MaxIters));
    }

    [Theory]
    [InlineData("""[]""", "must hold a JSON object")]
    [InlineData("""{ "models": [""", "is not valid JSON")]
    [InlineData("""{ "data": { "data": "a" } }""", "'models' must be a list")]
    [InlineData("""{ "data": {}, "models": [] }""", "'data' needs 'data'")]
    [InlineData("""{ "data": { "data": "a", "dta": 1 }, "models": [] }""", "there is no setting 'data.dta'")]
    [InlineData("""{ "data": { "data": "a" }, "models": [], "sedes": [1] }""", "'sedes' is no key of a comparison")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{}] }""", "models[0] has no 'name'")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{ "name": "m", "modle": {} }] }""", "models[0] 'm': 'modle' is no key")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{ "name": "m", "model": { "layer": 2 } }] }""", "model 'm': there is no setting 'model.layer'")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{ "name": "m", "training": { "max_iters": "x" } }] }""", "model 'm': 'training.max_iters'")]
    [InlineData("""{ "data": { "data": "a" }, "training": { "stepps": 3 }, "models": [{ "name": "m" }] }""", "'training.stepps' is a setting of no model")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{ "name": "m", "model": { "kan": { "kind": "cubic" } } }] }""", "model 'm': unknown KAN kind 'cubic'")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{ "name": "m", "match": "flops" }] }""", "'match' can only be")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{ "name": "m" }], "seeds": "1,x" }""", "seeds '1,x' must be whole numbers")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{ "name": "m" }], "seeds": [1, 1] }""", "seed 1 is given twice")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{ "name": "m" }], "match": "size" }""", "match is 'size'")]
    [InlineData("""{ "data": { "data": "a" }, "models": [{ "name": "m" }], "baseline": "n" }""", "there is no model 'n'")]
    public void A_wrong_file_is_one_line_with_the_place(string json, string part)
    {
        using TestFolder folder = new();
        string path = folder.Write("c.json", json);
        string message = Assert.Throws<KansformersException>(() => ComparisonConfig.Load(path).Validate()).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("parameters")]
    [InlineData("parameters=805000,seconds=120")]
    [InlineData("flops=1000000000000")]
    public void What_is_matched_is_read_and_written(string text) => Assert.Equal(text, ComparisonMatch.Parse(text).ToString());

    [Theory]
    [InlineData("flops,seconds")]
    [InlineData("parameters,parameters")]
    [InlineData("none,flops")]
    [InlineData("flops=0")]
    [InlineData("seconds=NaN")]
    [InlineData("")]
    public void What_cannot_be_matched_is_refused(string text) => Assert.Throws<KansformersException>(() => ComparisonMatch.Parse(text));

    [Fact]
    public void Seeds_are_numbers_and_ranges() => Assert.Equal([1, 2, 3, 7], SeedList.Parse("1-3, 7"));

    [Theory]
    [InlineData("benchmarks/compare/anchor.json", 2000 * 12 * 64)]
    [InlineData("benchmarks/compare/tuning.json", 1000 * 12 * 64)]
    [InlineData("benchmarks/compare/bert.json", 600 * 16 * 64)]
    public void The_files_of_the_repository_hold(string path, long tokens)
    {
        Assert.SkipWhen(SharedFolder.RepositoryRoot is null, "needs the repository around the test program");
        ComparisonConfig config = ComparisonConfig.Load(Path.Combine(SharedFolder.RepositoryRoot!, path));
        config.Validate();
        Assert.All(config.Models, model => Assert.Equal(tokens, model.Training.MaxIters * model.Training.BatchSize * model.Model.BlockSize));
    }
}
