using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Training;

/// <summary>Learning labels of words: which token of a word counts, what is read, and what is told of data that cannot be learned.</summary>
public class TokenClassificationTests : OneThread
{
    private const string Vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nfox\n##es\n##y\njump\n.\n";

    [Fact]
    public void The_first_token_of_a_word_counts()
    {
        using TestFolder folder = new();
        folder.Write("vocab.txt", Vocabulary);
        Tokenizer pieces = Tokenizer.Open(folder["vocab.txt"]);
        TaggedText text = new(["The", "foxes", "\u0001", "jump", "."], ["O", "B", "O", "O", "O"], "row");
        WordTokens tokens = WordTokens.Of(pieces, text);
        Assert.Equal([5, 6, 7, 9, 10], tokens.Ids);
        Assert.Equal([0, 1, -1, 3, 4], tokens.First);
        Assert.Equal([0, 4, 10, 12, 17], WordTokens.Of(new CharTokenizer("The foxsjump.\u0001"), text).First);

        WordInputs whole = new(EncoderTokens.Of(pieces), 7), shorter = new(EncoderTokens.Of(pieces), 5);
        Assert.Equal([1, 2, -1, 4, 5], whole.Of(tokens).Places);
        Assert.Equal((false, 0, 1), (whole.Of(tokens).WasCut, whole.Of(tokens).CutWords, whole.Of(tokens).Bare));
        Assert.Equal([2, 5, 6, 7, 3], shorter.Of(tokens).Input.Ids);
        Assert.Equal([1, 2, -1, -1, -1], shorter.Of(tokens).Places);
        Assert.Equal((true, 2, 1), (shorter.Of(tokens).WasCut, shorter.Of(tokens).CutWords, shorter.Of(tokens).Bare));
    }

    [Fact]
    public void Lines_of_words_are_read_as_those_of_the_CoNLL_tasks()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.conll", "-DOCSTART- -X- O O\r\n\r\nEU NNP B-NP B-ORG\r\nrejects VBZ B-VP O\r\n\r\n \nNew York\tB-LOC\n.\tO");
        IReadOnlyList<TaggedText> texts = TaggedTexts.Read(path, new LabelledFields());
        Assert.Equal(["EU rejects", "New York ."], texts.Select(text => string.Join(' ', text.Words)));
        Assert.Equal(["B-ORG O", "B-LOC O"], texts.Select(text => string.Join(' ', text.Tags)));
        Assert.Equal([$"'{path}' line 3", $"'{path}' line 7"], texts.Select(text => text.Place));
        Assert.Equal($"'{path}' line 8", texts[1].PlaceOf(1));
        Assert.All(TaggedTexts.Read(path, new LabelledFields(), needsTags: false), text => Assert.Empty(text.Tags));
    }

    [Fact]
    public void Lists_of_words_are_read_and_numbers_are_labels_by_size()
    {
        using TestFolder folder = new();
        string rows = string.Concat(Enumerable.Range(0, 12).Select(i => $$"""{"id": {{i}}, "tokens": ["a", "b"], "ner_tags": [{{i % 11}}, 10]}""" + "\n")) + """{"id": 12, "tokens": [], "ner_tags": []}""";
        DataConfig data = new() { Data = folder.Write("a.jsonl", rows), Tokenizer = "char" };
        using TaggedMaterial material = TaggedMaterial.Open(data, null);
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"], material.Labels);
        Assert.Equal("12 documents (1 empty row passed over)", material.Counts.ToString());
        Assert.Contains("words 'tokens', labels 'ner_tags'", material.Description, StringComparison.Ordinal);
        Assert.Equal((11, 1), (material.Train.Count, material.HeldOutOf<TaggedText>().Count));
        Assert.Empty(material.HeldOut);
        Assert.Equal(" ab", ((CharTokenizer)material.Tokenizer).Characters);
        using TaggedMaterial named = TaggedMaterial.Open(data with { TextField = "tokens", LabelField = "ner_tags" }, null);
        Assert.Equal(material.Fingerprint, named.Fingerprint);
    }

    [Theory]
    [InlineData("a.jsonl", """{"tokens": ["a", "b"], "tags": ["x"]}""", "a.jsonl' line 1 has 2 words, but 1 label; give each word one")]
    [InlineData("a.jsonl", """{"tokens": ["a"], "tags": ["x"]}|{"tokens": ["a"]}""", "line 2 has no field 'tags': it has 'tokens'")]
    [InlineData("a.jsonl", """{"words": "a b", "tags": ["x", "y"]}""", "line 1 holds no list in 'words', where a list of words is wanted")]
    [InlineData("a.jsonl", """{"words": ["a", 3], "tags": ["x", "y"]}""", "line 1 holds in 'words' something else than a list of texts")]
    [InlineData("a.jsonl", """{"words": ["a"], "tags": [1.5]}""", "line 1 holds in 'tags' something else than a list of names or whole numbers")]
    [InlineData("a.jsonl", """{"words": ["a"], "tags": {"x": 1}}""", "line 1 holds in 'tags' something else than a list")]
    [InlineData("a.jsonl", """{"words": ["a", "b"], "tags": ["x", " "]}""", "line 1 has no label for word 2, 'b'")]
    [InlineData("a.jsonl", """{"words": ["a"], "other": ["x"]}""", "cannot tell which column of", "holds the labels; choose it with DataConfig.LabelField: line 1 has 'words', 'other'")]
    [InlineData("a.jsonl", """{"words": [], "tags": []}""", "all 1 texts of", "are empty")]
    [InlineData("a.jsonl", """{"words": ["a", "b"], "tags": ["x", "x"]}""", "all 2 words of", "have the label 'x'", "at least two labels")]
    [InlineData("a.jsonl", """{"words": ["a", "b", "c"], "tags": ["x", "y", "z"]}""", "every one of the 3 words", "a label of its own")]
    [InlineData("a.jsonl", """{"words": ["a"], "tags": ["x"]}|no""", "line 2 is bad")]
    [InlineData("a.jsonl", """{"words": ["\ud83d"], "tags": ["x"]}""", "a.jsonl' line 1 is bad: its text or a name in it is not a text, or holds half a surrogate pair")]
    [InlineData("a.jsonl", """{"words": ["a"], "tags": ["\ud83d"]}""", "line 1 is bad", "half a surrogate pair")]
    [InlineData("a.jsonl", """{"words": ["a"], "tags": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["x"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}""", "line 1 holds in 'tags' something else than a list")]
    [InlineData("a.jsonl", """{"words": ["a"], "tags": ["x"], "words": "a"}""", "line 1 holds no list in 'words'")]
    [InlineData("a.txt", "a x|b|c y", "a.txt' line 2 has no label")]
    [InlineData("a.txt", "-DOCSTART- O", "holds no text")]
    [InlineData("a.csv", "a,x", "is a table, which has no lists of words")]
    public void What_cannot_be_learned_is_told_with_its_place(string name, string content, params string[] words)
    {
        using TestFolder folder = new();
        RunConfig config = Config(folder, folder.Write(name, content.Replace('|', '\n') + "\n"));
        string message = Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public void Fields_are_refused_where_words_stand_in_lines()
    {
        using TestFolder folder = new();
        DataConfig data = new() { Data = folder.Write("a.conll", "a x\nb y\na x\n"), Tokenizer = "char", TextField = "words", LabelField = "tags" };
        string message = Assert.Throws<KansformersException>(() => TaggedMaterial.Open(data, null)).Message;
        Assert.EndsWith("a.conll' has a line for each word, and no fields; leave out DataConfig.TextField and DataConfig.LabelField, or give a .jsonl file", message, StringComparison.Ordinal);
        message = Assert.Throws<KansformersException>(() => TaggedMaterial.Open(data with { TextField = null }, null)).Message;
        Assert.Contains("leave out DataConfig.LabelField, or", message, StringComparison.Ordinal);
        using TaggedMaterial mixed = TaggedMaterial.Open(data with { ValidationData = folder.Write("b.jsonl", """{"words": ["a"], "tags": ["x"]}""") }, null);
        Assert.Single(mixed.Validation);
    }

    [Fact]
    public void Labels_that_the_training_data_lack_are_told_with_the_line_of_the_word()
    {
        using TestFolder folder = new();
        RunConfig config = Config(folder, folder.Write("a.conll", "a x\nb y\na x\n"));
        config = config with { Data = config.Data with { ValidationData = folder.Write("b.conll", "a x\n\na x\nb z\na w\n") } };
        string message = Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message;
        Assert.Contains("b.conll' line 4 has the label 'z', and 1 more words have such ones, which the training data does not have (x, y); correct it, or leave the word out", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tiny_task_is_learned_and_cut_and_unbalanced_words_are_told()
    {
        using TestFolder folder = new();
        string lines = string.Concat(Enumerable.Range(0, 60).Select(i => i % 3 == 0 ? "fox B-A\na I-A\n\n" : i % 3 == 1 ? "a O\nfox B-A\n\n" : "b O\na O\nb O\nb O\na O\n\n"));
        RunConfig config = Config(folder, folder.Write("a.conll", lines)) with { Training = TinyTraining.Options with { Objective = new TokenClassificationOptions(), MaxIters = 150, BatchSize = 8, EvalInterval = 50 } };
        using TrainingRun run = TrainingRun.Start(config, folder["run"]);
        EncoderOptions model = (EncoderOptions)RunFolder.Open(folder["run"]).Config.Model;
        Assert.Equal((EncoderHead.TokenClassification, 3), (model.Head, model.Labels));
        Assert.Equal(["B-A", "I-A", "O"], model.LabelNames!);
        Assert.Contains(run.Material.Notes, note => note.Contains("20 of 60 do not fit a block of 8 and are cut at their ends, 40 of 180 words in all; the longest has 9 tokens", StringComparison.Ordinal));
        run.Run();
        Assert.Equal([new Measure("accuracy", 1), new Measure("entity_f1", 1)], run.BestMeasures());

        WordLabeller labeller = new(run.Model, run.Material.Tokenizer);
        WordPrediction found = labeller.Predict([TaggedText.Of("fox a", "here")])[0];
        Assert.Equal(["B-A", "I-A"], found.Labels);
        Assert.All(found.Probabilities, share => Assert.InRange(share, 0.5, 1));
        WordEvaluationResult measured = labeller.Evaluate([new(["fox", "a"], ["B-A", "O"], ""), new(["b", "a", "b", "b", "a"], ["O", "O", "O", "O", "O"], ""), new([], [], "")]);
        Assert.Equal((2, 1, 1, 2, 5), (measured.Texts, measured.Empty, measured.Cut, measured.Unlabelled, measured.Labels.Examples));
        Assert.Equal((0.8, 0.0), (measured.Labels.Accuracy, measured.Entities!.F1)); // the entity has a word too many
        Assert.Contains("'here': the label 'z'", Assert.Throws<KansformersException>(() => labeller.Evaluate([new(["a"], ["z"], "'here':")])).Message.Replace("has ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_and_measures_do_not_depend_on_how_texts_are_batched()
    {
        using TestFolder folder = new();
        using TrainingRun run = TrainingRun.Start(TinyTraining.Config(folder, TinyTraining.Options with { Objective = new TokenClassificationOptions(), MaxIters = 3 }), folder["run"]);
        run.Run();
        WordLabeller labeller = new(run.Model, run.Material.Tokenizer);
        TaggedText[] texts = [.. run.Material.HeldOutOf<TaggedText>()];
        WordEvaluationResult together = labeller.Evaluate(texts);
        WordEvaluationResult[] alone = [.. texts.Select(text => labeller.Evaluate([text]))];
        Assert.Equal(alone.Sum(one => one.Loss * one.Labels.Examples) / alone.Sum(one => one.Labels.Examples), together.Loss, 1e-6);
        Assert.Equal(alone.Sum(one => one.Labels.Accuracy * one.Labels.Examples) / alone.Sum(one => one.Labels.Examples), together.Labels.Accuracy, 1e-9);
    }

    [Fact]
    public void A_model_that_labels_texts_does_not_label_words()
    {
        using EncoderModel model = Tests.Transformers.EncoderTests.Make("bert", options => options with { Head = EncoderHead.Classification });
        Assert.Contains("does not label words", Assert.Throws<KansformersException>(() => new WordLabeller(model, new CharTokenizer("ab"))).Message, StringComparison.Ordinal);
    }

    private static RunConfig Config(TestFolder folder, string data) => new()
    {
        Model = TinyTraining.Encoder,
        Training = TinyTraining.Options with { Objective = new TokenClassificationOptions() },
        Data = new DataConfig { Data = data, Tokenizer = "char" },
    };
}
