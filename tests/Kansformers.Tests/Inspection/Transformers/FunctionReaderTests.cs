using Kansformers.Inspection;
using Kansformers.Kan;
using Kansformers.Tests.Kan;
using Kansformers.Tests.Training;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Inspection;

/// <summary>What streams by gives the numbers that keeping all of it would give.</summary>
public class FunctionReaderTests
{
    public static TheoryData<string, string> KindsAndSharings() => KanKindTests.KindsAndSharings();

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void Moments_are_those_of_all_tokens_together(string kind, string sharing)
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        random.manual_seed(5);
        using Gpt model = new(TinyTraining.Model with { VocabularySize = corpus.Tokenizer.VocabularySize, Placement = KanPlacement.Mlp, Kan = KanSettings.Parse($"{kind}:sharing={sharing}") });
        using IObjective objective = new NextTokenOptions().Create(model, new TrainingData(corpus.Train, corpus.Validation), TinyTraining.Options);
        ModelReading reading = FunctionReader.Read(model, objective, new ReadingOptions { Tokens = 40 });
        Assert.Equal(48, reading.Tokens);

        Dictionary<string, List<double[]>> seen = [];
        model.eval();
        KanInputs.Watch(model, () =>
        {
            for (long batch = 0; batch < 3; batch++)
                objective.Loss(batch, 1).Dispose();
        }, (name, layer, x) =>
        {
            using Tensor axis = layer.Options.Norm == InputNorm.LayerNorm ? KanReference.Normalised(x, layer.Tensors) : x.clone();
            if (!seen.TryGetValue(name, out List<double[]>? all))
                seen[name] = all = [];
            float[] values = axis.contiguous().data<float>().ToArray();
            for (int at = 0; at < values.Length; at += (int)layer.InFeatures)
                all.Add([.. values.AsSpan(at, (int)layer.InFeatures).ToArray().Select(value => (double)value)]);
        });
        foreach (LayerReading layer in reading.Layers)
        {
            List<double[]> tokens = seen[layer.Layer.Name];
            Assert.Equal(tokens.Count, layer.Tokens);
            Assert.True(layer.HasAttribution);
            foreach (FunctionReading function in layer.Top(4).Concat([layer.Of(layer.Layer.Places(1).Last())]))
            {
                (int first, int count) = layer.Layer.InputsOf(function.Place);
                double[][] columns = [.. Enumerable.Range(first, count).Select(input => tokens.Select(token => token[input]).ToArray())];
                InputReading entering = layer.Input(function.Place);
                Assert.Equal(columns.Min(column => column.Min()), entering.Low, 6);
                Assert.Equal(columns.Max(column => column.Max()), entering.High, 6);
                Assert.Equal(tokens.Count * count, entering.Histogram.Counts.Sum());
                Assert.True(function.Attribution >= 0 && function.Share >= 0);
                if (layer.Layer.IsNormed && layer.Layer.IsEdge && layer.Layer.Options.BaseActivation is not null)
                    continue; // whose base branch sees something else
                double[][] given = [.. columns.Select(column => layer.Layer.Values(function.Place, column))];
                double mean = given.Average(values => values.Average()), variance = given.Average(values => values.Average(value => Math.Pow(value - values.Average(), 2)));
                Assert.InRange(function.Mean - mean, -1e-5, 1e-5);
                Assert.InRange(function.Deviation, Math.Sqrt(variance) * 0.999 - 1e-6, Math.Sqrt(variance) * 1.001 + 1e-6);
            }
        }
    }

    [Fact]
    public void Reading_leaves_the_model_as_it_was()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using Gpt model = new(TinyTraining.Model with { VocabularySize = corpus.Tokenizer.VocabularySize });
        using IObjective objective = new NextTokenOptions().Create(model, new TrainingData(corpus.Train, corpus.Validation), TinyTraining.Options);
        model.train();
        ModelReading reading = FunctionReader.Read(model, objective, new ReadingOptions { Tokens = 16 });
        Assert.True(model.training);
        Assert.All(model.parameters(), parameter => Assert.True(parameter.requires_grad && parameter.grad is null));
        Assert.All(model.KanLayers(), entry => Assert.True(entry.Layer.Probe is null && entry.Layer.Tap is null));
        Assert.Equal(model.KanLayers().Select(entry => entry.Name), reading.Layers.Select(layer => layer.Layer.Name));
    }

    [Fact]
    public void A_wrong_layer_or_amount_is_named()
    {
        using TestFolder folder = new();
        using TokenizedCorpus corpus = TinyTraining.Corpus(folder);
        using Gpt model = new(TinyTraining.Model with { VocabularySize = corpus.Tokenizer.VocabularySize });
        using IObjective objective = new NextTokenOptions().Create(model, new TrainingData(corpus.Train, corpus.Validation), TinyTraining.Options);
        Assert.Contains("Tokens is 0", Assert.Throws<KansformersException>(() => FunctionReader.Read(model, objective, new ReadingOptions { Tokens = 0 })).Message, StringComparison.Ordinal);
        ModelReading reading = FunctionReader.Read(model, objective, new ReadingOptions { Tokens = 16, Gradients = false });
        Assert.False(reading.Layers[0].HasAttribution);
        Assert.True(double.IsNaN(reading.Layers[0].Top(1)[0].Attribution));
        Assert.Contains("no layer 'nowhere'", Assert.Throws<KansformersException>(() => reading.Layer("nowhere")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Histograms_lose_no_value_wherever_it_lies()
    {
        ValueHistogram histogram = new(), whole = new();
        double[] values = [.. Enumerable.Range(0, 500).Select(i => Math.Sin(i) * (i % 7 == 0 ? 1000 : 1) - (i == 333 ? 1e6 : 0)), 0, 5e7];
        histogram.Begin(0, 1);
        foreach (double value in values)
            histogram.Add(value);
        Assert.Equal(values.Length, histogram.Counts.Sum());
        Assert.Equal((values.Min(), values.Max()), (histogram.Lowest, histogram.Highest));
        Assert.True(histogram.Low <= values.Min() && histogram.Low + ValueHistogram.Bins * histogram.Width > values.Max());
        whole.Add(histogram);
        whole.Add(new ValueHistogram());
        Assert.Equal((values.Length, values.Min()), ((int)whole.Counts.Sum(), whole.Lowest));
    }
}
