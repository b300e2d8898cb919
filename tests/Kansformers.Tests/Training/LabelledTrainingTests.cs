using Kansformers.Evaluation;
using Kansformers.Tests.Transformers;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Training;

/// <summary>Learning from labelled texts: padding, labels, and what is said of data that cannot be learned.</summary>
public class LabelledTrainingTests : OneThread
{
    [Theory]
    [InlineData("bert")]
    [InlineData("distilbert")]
    [InlineData("roberta")]
    public void A_padded_batch_has_the_mean_loss_of_its_texts_alone(string family)
    {
        using var scope = NewDisposeScope();
        using EncoderModel model = EncoderTests.Make(family, options => options with { Head = EncoderHead.Classification, Labels = 3, LabelNames = new(["a", "b", "c"]) });
        ModelInput[] inputs = [new([2, 5, 6, 7, 3], [0, 0, 0, 0, 0]), new([2, 9, 3], [0, 0, 1]), new([2, 8, 9, 10, 11, 12, 13, 3], [0, 0, 0, 0, 1, 1, 1, 1])];
        long[] labels = [0, 2, 1];
        double[] alone = [.. inputs.Select((input, i) => Loss([input], [labels[i]]))];
        Assert.Equal(alone.Average(), Loss(inputs, labels), 1e-5);

        // Many at a time, in any order, as one by one.
        float[][] logits = SequenceLogits.Of(model, inputs, 0), single = [.. inputs.Select(input => SequenceLogits.Of(model, [input], 0)[0])];
        for (int i = 0; i < inputs.Length; i++)
        {
            Assert.All(logits[i].Zip(single[i]), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
            Assert.Equal(alone[i], Softmax.Loss(logits[i], (int)labels[i]), 1e-5);
        }

        double Loss(ModelInput[] chosen, long[] wanted)
        {
            (Tensor ids, Tensor? mask, Tensor? types) = PaddedBatch.Of(model, chosen, model.Encoder.PaddingId!.Value);
            return model.Loss(new TokenBatch(ids, tensor(wanted)) { Mask = mask, Types = types }).item<float>();
        }
    }

    [Theory]
    [InlineData("text,label\na,x\nb,x\n", "all 2 examples", "label 'x'", "at least two labels")]
    [InlineData("text,label\na,1\nb,2\nc,3\n", "a label of its own", "TrainingOptions.Objective = Regression")]
    [InlineData("text,label\n,x\n ,y\n", "all 2 texts", "are empty")]
    public void Labels_that_cannot_be_learned_are_told(string csv, params string[] words) => Told(new ClassificationOptions(), csv, null, words);

    [Theory]
    [InlineData("text,label\na,1\nb,nan\n", "line 3", "'nan'", "no finite number")]
    [InlineData("text,label\na,1\nb,inf\n", "line 3", "no number")]
    [InlineData("text,label\na,1\nb,1e999\n", "line 3", "no finite number")]
    [InlineData("text,label\na,1\nb,good\n", "line 3", "'good'", "no number", "TrainingOptions.Objective = Classification")]
    [InlineData("text,label\na,1\nb,1.0\n", "the number 1", "nothing to learn")]
    public void Numbers_that_cannot_be_learned_are_told(string csv, params string[] words) => Told(new RegressionOptions(), csv, null, words);

    [Fact]
    public void A_label_that_the_training_data_lack_is_told() =>
        Told(new ClassificationOptions(), "text,label\na,x\nb,y\nab,x\n", "text,label\na,x\nb,z\na,w\n", "other.csv' line 3", "the label 'z', and 1 more", "which the training data does not have (x, y)");

    [Fact]
    public void Labels_are_kept_in_the_run_in_order_and_unbalanced_cut_and_empty_ones_are_told()
    {
        using TestFolder folder = new();
        string csv = "text,label\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{(i == 7 ? "" : i == 9 ? "a text that is too long" : "text")},{(i % 13 == 0 ? 10 : 9)}\n"));
        RunConfig config = new()
        {
            Model = TinyTraining.Encoder,
            Training = TinyTraining.Options with { Objective = new ClassificationOptions(), MaxIters = 4 },
            Data = new DataConfig { Data = folder.Write("a.csv", csv), Tokenizer = "char" },
        };
        using TrainingRun run = TrainingRun.Start(config, folder["run"]);
        EncoderOptions model = (EncoderOptions)RunFolder.Open(folder["run"]).Config.Model;
        Assert.Equal(["9", "10"], model.LabelNames!);
        Assert.Equal((EncoderHead.Classification, 2), (model.Head, model.Labels));
        Assert.Equal("39 documents (1 empty row passed over)", run.Material.Counts.ToString());
        Assert.Equal($"'{folder["a.csv"]}' (text 'text', label 'label')", run.Material.Description);
        Assert.Equal(("35 examples to train on, 4 held out", 4), (run.Material.Amount, run.Material.HeldOut.Count));
        Assert.Contains(run.Material.Notes, note => note.Contains("9 35, 10 4", StringComparison.Ordinal) && note.Contains("unbalanced", StringComparison.Ordinal));
        Assert.Contains(run.Material.Notes, note => note.Contains("1 of 39 do not fit a block of 8 and are cut", StringComparison.Ordinal));
        List<ValidationReport> reports = [];
        run.Trainer.Validated += reports.Add;
        run.Run();
        Assert.Equal("accuracy", Assert.Single(reports[^1].Measures).Name);
        Assert.Equal(reports[^1].Measures, run.BestMeasures());
        Assert.Same(run.BestMeasures(), run.BestMeasures()); // the log is read once
        Assert.Throws<InvalidOperationException>(() => run.Corpus);
        Assert.Contains("labelled examples", Assert.Throws<KansformersException>(() => run.Folder.LoadCorpus()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Every_label_is_held_out_alike_and_none_wholly(double fraction)
    {
        using TestFolder folder = new();
        string[] labels = [.. Enumerable.Range(0, 120).Select(i => i < 80 ? "a" : i < 119 ? "b" : "c")]; // sorted, and one that comes once
        DataConfig data = new() { Data = folder.Write("a.csv", "text,label\n" + string.Concat(labels.Select((label, i) => $"{i},{label}\n"))), Tokenizer = "char", ValidationFraction = fraction };
        using TrainingMaterial material = new ClassificationOptions().Open(data, null, null, default);
        int[] held = [.. ((string[])["a", "b", "c"]).Select(label => material.HeldOut.Count(row => row.Label == label))];
        Assert.Equal(80 * fraction, held[0], 1.0);
        Assert.Equal(39 * fraction, held[1], 1.0);
        Assert.Equal(0, held[2]);
        Assert.Equal(120, ((LabelledMaterial)material).Train.Count + held.Sum());
        using TrainingMaterial again = new ClassificationOptions().Open(data, null, null, default);
        Assert.Equal(material.HeldOut, again.HeldOut);
    }

    [Fact]
    public void A_tokenizer_of_characters_knows_those_beyond_the_first_plane()
    {
        using TestFolder folder = new();
        DataConfig data = new() { Data = folder.Write("a.csv", "text,more,label\n😀 a,😁,x\n🐘,b😀,y\n😁,c,x\n"), TextPairField = "more", Tokenizer = "char", ValidationFraction = 0 };
        using TrainingMaterial material = new ClassificationOptions().Open(data, null, null, default);
        CharTokenizer tokenizer = Assert.IsType<CharTokenizer>(material.Tokenizer);
        Assert.Equal(" abc🐘😀😁", tokenizer.Characters);
        Assert.Equal([3, 1, 1], ((LabelledMaterial)material).Train.Select(example => example.Text.First.Length));
    }

    [Theory]
    [InlineData(false, 4, 0)]
    [InlineData(true, 4, 2)]
    public void What_is_left_out_of_texts_is_counted_once(bool hasOther, long lost, long ofOther)
    {
        using TestFolder folder = new();
        new CharTokenizer("abc").Save(folder["abc"]);
        DataConfig data = new()
        {
            Data = folder.Write("a.csv", "text,label\naé,x\nbé,y\ncé,x\nbé,y\n"),
            ValidationData = hasOther ? folder.Write("b.csv", "text,label\naéé,x\n") : null,
            Tokenizer = folder["abc"],
            UnknownCharacters = UnknownCharacters.Skip,
            ValidationFraction = 0.5,
        };
        using TrainingMaterial material = new ClassificationOptions().Open(data, null, null, default);
        Assert.Equal((lost, 2 * lost, ofOther), (material.Lost.Characters, material.Lost.Bytes, material.ValidationLost.Characters));
    }

    [Fact]
    public void Many_labels_that_each_come_once_are_refused_at_once()
    {
        // Before anything is encoded: the tokenizer lacks the texts' character. To count each label anew for each row would take minutes.
        using TestFolder folder = new();
        new CharTokenizer("0").Save(folder["zero"]);
        string csv = "text,label\n" + string.Concat(Enumerable.Range(0, 200_000).Select(i => $"a,name{i}\n"));
        DataConfig data = new() { Data = folder.Write("a.csv", csv), Tokenizer = folder["zero"] };
        string message = Assert.Throws<KansformersException>(() => new ClassificationOptions().Open(data, null, null, default)).Message;
        Assert.Contains("every one of the 200000 examples", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_says_how_text_is_read_is_refused()
    {
        using TestFolder folder = new();
        DataConfig data = new() { Data = folder.Write("a.csv", "text,label\na,x\nb,y\nc,x\n"), Tokenizer = "char" };
        Assert.All(
            ((string, DataConfig)[])[("Deduplicate", data with { Deduplicate = true }), ("TokenFormat", data with { TokenFormat = TokenFormat.Int32 }), ("SpecialTokens", data with { SpecialTokens = SpecialTokens.Refuse })],
            wrong => Assert.Contains($"DataConfig.{wrong.Item1} says how text is read", Assert.Throws<KansformersException>(() => new ClassificationOptions().Open(wrong.Item2, null, null, default)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_of_labels_are_found()
    {
        LabelNames names = new(["b", "a"]);
        Assert.Equal([0, 1, null], ((string[])["b", "a", "c"]).Select(names.IdOf));
        Assert.Contains("two labels are called 'a'", Assert.Throws<KansformersException>(() => new LabelNames(["a", "b", "a"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void How_numbers_are_spread_is_told()
    {
        LabelledRow[] rows = [.. ((string[])["1", "2", "6"]).Select(label => new LabelledRow("a", null, label, ""))];
        Assert.Equal("numbers 1 to 6, mean 3, standard deviation 2.1602", LabelRules.Spread(rows));
        Assert.Contains("divide them", LabelRules.Spread([.. rows.Select(row => row with { Label = row.Label + "00" })]), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_without_names_go_by_their_numbers()
    {
        using TestFolder folder = new();
        using EncoderModel model = EncoderTests.Make("bert", options => options with { Head = EncoderHead.Classification, Labels = 3, VocabularySize = 30 });
        TextLabeller labeller = new(model, new CharTokenizer("abcdefghij"));
        LabelledRow[] numbers = [.. ((string[])["0", "2", "1"]).Select(label => new LabelledRow("a", null, label, "row"))], names = [.. numbers.Select(row => row with { Label = "LABEL_" + row.Label })];
        Assert.Equal(labeller.Evaluate(names).Loss, labeller.Evaluate(numbers).Loss);
        Assert.Contains("the label '3', which the model does not have (LABEL_0, LABEL_1, LABEL_2)", Assert.Throws<KansformersException>(() => labeller.Evaluate([numbers[0] with { Label = "3" }])).Message, StringComparison.Ordinal);
        Assert.Contains("all are empty", Assert.Throws<KansformersException>(() => labeller.Evaluate([numbers[0] with { Text = " " }])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_label_is_another_run()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { Objective = new ClassificationOptions(), MaxIters = 4 });
        using (TrainingRun run = TrainingRun.Start(config, folder["run"]))
            run.Run();
        folder.Write("labelled.csv", TinyTraining.Labelled.Replace("dog 1,dog", "dog 1,fox", StringComparison.Ordinal));
        Assert.Contains("is not the one", Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_body_of_a_masked_language_model_is_fine_tuned_with_a_new_head_and_a_classifier_keeps_its_own()
    {
        using TestFolder folder = new();
        RunConfig masked = TinyTraining.Config(folder, TinyTraining.Options with { Objective = new MaskedLanguageOptions(), MaxIters = 3 });
        using (TrainingRun run = TrainingRun.Start(masked, folder["mlm"]))
            run.Run();
        RunConfig next = TinyTraining.Config(folder, TinyTraining.Options with { Objective = new ClassificationOptions(), MaxIters = 1, LearningRate = 1e-30 }) with
        {
            Model = RunFolder.Open(folder["mlm"]).Config.Model,
            InitialWeights = RunFolder.Open(folder["mlm"]).ModelFile,
        };
        next = next with { Data = next.Data with { Tokenizer = folder["mlm"] } };
        using (TrainingRun run = TrainingRun.Start(next, folder["cls"]))
        {
            Assert.Contains(run.Notes, note => note.Contains("masked language head; the classification head of 2 labels begins at random", StringComparison.Ordinal));
            run.Run();
        }

        using TransformerModel before = RunFolder.Open(folder["mlm"]).LoadModel(), after = RunFolder.Open(folder["cls"]).LoadModel();
        Dictionary<string, Tensor> old = before.state_dict();
        Assert.All(after.state_dict().Where(entry => !entry.Key.StartsWith("head.", StringComparison.Ordinal)), entry => Assert.Equal(old[entry.Key].bytes.ToArray(), entry.Value.bytes.ToArray()));

        RunConfig again = next with { Model = RunFolder.Open(folder["cls"]).Config.Model, InitialWeights = RunFolder.Open(folder["cls"]).ModelFile };
        using TrainingRun third = TrainingRun.Start(again, folder["again"]);
        Assert.Empty(third.Notes);
        Dictionary<string, Tensor> same = after.state_dict();
        Assert.All(third.Model.state_dict(), entry => Assert.Equal(same[entry.Key].bytes.ToArray(), entry.Value.bytes.ToArray()));
    }

    private static void Told(ObjectiveOptions objective, string csv, string? other, params string[] words)
    {
        using TestFolder folder = new();
        RunConfig config = new()
        {
            Model = TinyTraining.Encoder,
            Training = TinyTraining.Options with { Objective = objective },
            Data = new DataConfig { Data = folder.Write("a.csv", csv), ValidationData = other is null ? null : folder.Write("other.csv", other), Tokenizer = "char" },
        };
        string message = Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder["run"]));
    }
}
