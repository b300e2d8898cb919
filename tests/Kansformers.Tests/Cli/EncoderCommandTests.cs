using System.Text.Json;
using Kansformers.Cli;
using Kansformers.Tests.Text;
using Kansformers.Tests.Training;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Cli;

/// <summary>Encoders from the command line: pretraining, fine-tuning, measuring, predicting.</summary>
public class EncoderCommandTests : OneThread
{
    private const string Vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nquick\nfox\ndog\n##1\n##2\n1\n2\n3\n5\n7\n";

    [Fact]
    public void A_masked_language_model_is_trained_measured_fine_tuned_and_labels_texts()
    {
        using TestFolder folder = new();
        string text = folder.Write("text.txt", TinyTraining.Text), csv = folder.Write("a.csv", TinyTraining.Labelled);
        JsonElement trained = Json([.. Cli.Args($"train --json --family bert {Cli.Small} --mask-share 0.3 --kan rbf --placement mlp --data"), text, "--out", folder["mlm"]]);
        Assert.Equal(("mlm", JsonValueKind.Null), (trained.GetProperty("objective").GetString(), trained.GetProperty("sample").ValueKind));
        Assert.True(trained.GetProperty("kan_parameters").GetInt64() > 0);
        Assert.Equal(0.3, ((MaskedLanguageOptions)RunFolder.Open(folder["mlm"]).Config.Training.Objective).MaskShare);
        Assert.Contains("nats per masked token", File.ReadAllText(Path.Combine(folder["mlm"], "README.md")), StringComparison.Ordinal);
        Assert.Contains("nats per masked token", File.ReadAllText(Path.Combine(folder["mlm"], "loss.svg")), StringComparison.Ordinal);
        JsonElement masked = Json("eval", folder["mlm"], "--json");
        Assert.Equal(0.3, masked.GetProperty("masked_tokens").GetDouble() / masked.GetProperty("tokens").GetDouble(), 0.03);
        Assert.Contains("masked loss", Cli.Run("eval", folder["mlm"], "--data", text, "--max-tokens", "500").Out, StringComparison.Ordinal);
        CliResult swapped = Cli.Run("convert", folder["mlm"], "--to-linear", "--calibrate", text, "--calibrate-tokens", "100", "--out", folder["linear"]);
        Assert.True(swapped.Code == 0, swapped.Error);
        Assert.DoesNotContain("beyond are padding", swapped.Error, StringComparison.Ordinal); // they are its special tokens

        JsonElement tuned = Json([.. Cli.Args("train --json --task classification --max-iters 8 --eval-interval 4 --batch-size 4 --data"), csv, "--label-field", "label", "--model", folder["mlm"], "--out", folder["cls"]]);
        Assert.Equal("classification", tuned.GetProperty("objective").GetString());

        // The same rows of Parquet.
        (string Text, string Label)[] rows = [.. TinyTraining.Labelled.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Skip(1).Select(line => line.Split(',')).Select(cells => (cells[0], cells[1]))];
        string parquet = ParquetTable.WriteTexts(folder["rows.parquet"], ("text", [.. rows.Select(row => row.Text)]), ("label", [.. rows.Select(row => row.Label)]));
        Assert.Equal(Cli.Run("predict", folder["cls"], "--data", csv).Out, Cli.Run("predict", folder["cls"], "--data", parquet).Out);
        Assert.Equal(Cli.Run("eval", folder["cls"], "--data", csv).Out.Replace(csv, parquet, StringComparison.Ordinal), Cli.Run("eval", folder["cls"], "--data", parquet).Out);
        Assert.InRange(tuned.GetProperty("val_accuracy").GetDouble(), 0, 1);
        JsonElement measured = Json("eval", folder["cls"], "--json", "--checkpoint", "last"), all = Json("eval", folder["cls"], "--json", "--data", csv);
        Assert.Equal((8, 80), (measured.GetProperty("examples").GetInt32(), all.GetProperty("examples").GetInt32()));
        Assert.Equal(["dog", "fox"], all.GetProperty("labels").EnumerateArray().Select(label => label.GetProperty("label").GetString()));
        string words = Cli.Run("eval", folder["cls"]).Out;
        Assert.All((string[])["accuracy", "F1, macro", "Matthews", "dog ", "fox "], word => Assert.Contains(word, words, StringComparison.Ordinal));

        CliResult lines = Cli.RunWithInput("fox\n\ndog 1\n", "predict", folder["cls"]);
        Assert.Contains("1 of 3 texts is empty, and gets no label", lines.Error, StringComparison.Ordinal);
        string[] printed = lines.Out.Split('\n');
        Assert.Equal(("\t\t", ""), (printed[1].TrimEnd('\r'), printed[3]));
        Assert.Matches("^(dog|fox)\t0\\.[0-9]{4}\tfox$", printed[0].TrimEnd('\r'));
        JsonElement[] predictions = [.. Json("predict", folder["cls"], "--data", csv, "--json").GetProperty("predictions").EnumerateArray()];
        Assert.Equal(80, predictions.Length);
        Assert.All(predictions, one => Assert.Equal(1, one.GetProperty("probabilities").EnumerateObject().Sum(entry => entry.Value.GetDouble()), 1e-6));
        double right = predictions.Select((one, row) => one.GetProperty("label").GetString() == (row % 2 == 0 ? "fox" : "dog") ? 1.0 : 0).Average();
        Assert.Equal(all.GetProperty("accuracy").GetDouble(), right, 1e-9);
        Assert.Equal(3, Cli.Run("predict", folder["cls"], "--data", folder.Write("lines.txt", "fox\nfox\nfox\n")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.True(Cli.Run("info", folder["cls"], "--outside").Code == 0);
    }

    [Theory]
    [InlineData("", 3e-4, 3e-5)]
    [InlineData("--min-lr 2e-4", 3e-4, 2e-4)]
    [InlineData("--min-lr 0", 3e-4, 0)]
    [InlineData("--learning-rate 0.01", 0.01, 0.001)]
    [InlineData("--learning-rate 0.01 --min-lr 0.005", 0.01, 0.005)]
    [InlineData("--schedule constant", 3e-4, 0)]
    public void Rates_that_are_given_for_fine_tuning_are_taken_as_they_are(string options, double rate, double least)
    {
        using TestFolder folder = new();
        string csv = folder.Write("a.csv", TinyTraining.Labelled), fixture = Path.GetDirectoryName(Checkpoints.CheckpointFiles.Fixture("hf_bert_mlm", "config.json"))!;
        folder.Write("vocab.txt", Vocabulary);
        CliResult result = Cli.Run([.. Cli.Args($"train --json --task classification --max-iters 1 --batch-size 4 --label-field label {options} --data"), csv, "--model", fixture, "--tokenizer", folder["vocab.txt"], "--out", folder["run"]]);
        Assert.True(result.Code == 0, result.Error);
        TrainingOptions training = RunFolder.Open(folder["run"]).Config.Training;
        Assert.Equal(rate, training.LearningRate, 1e-12);
        Assert.Equal(least, training.MinLearningRate, 1e-12);
    }

    [Fact]
    public void Columns_are_those_of_the_run_unless_another_is_given_one_by_one()
    {
        using TestFolder folder = new();
        string csv = folder.Write("a.csv", "id,first,second,kind\n" + string.Concat(Enumerable.Range(0, 40).Select(row => $"{row},fox {row % 7},dog {row % 5},{(row % 2 == 0 ? "a" : "b")}\n")));
        Json([.. Cli.Args($"train --json --family bert --task classification {Cli.Small} --text-field first --text-pair-field second --label-field kind --data"), csv, "--out", folder["run"]]);
        string own = Cli.Run("predict", folder["run"], "--data", csv).Out;
        Assert.Equal("fox 0\tdog 0", string.Join('\t', own.Split('\n')[0].TrimEnd('\r').Split('\t')[2..]));
        Assert.Equal(own, Cli.Run("predict", folder["run"], "--data", csv, "--text-pair-field", "second").Out);
        string other = folder.Write("b.csv", "id,text,second\n1,fox 0,dog 0\n");
        Assert.Equal(own.Split('\n')[0], Cli.Run("predict", folder["run"], "--data", other, "--text-field", "text").Out.Split('\n')[0]);
        JsonElement first = Json("predict", folder["run"], "--data", other, "--text-field", "text", "--json").GetProperty("predictions")[0];
        Assert.Equal(("fox 0", "dog 0"), (first.GetProperty("text").GetString(), first.GetProperty("text_pair").GetString()));
        Cli.AssertFails(1, ["has no column 'first'; choose another with --text-field: it has 'id', 'text', 'second'"], "predict", folder["run"], "--data", other);
        string labelled = folder.Write("c.csv", "id,text,second,kind\n1,fox 0,dog 0,a\n");
        Assert.Equal(1, Json("eval", folder["run"], "--data", labelled, "--text-field", "text", "--json").GetProperty("examples").GetInt32());
        Cli.AssertFails(2, ["--text-field", "which --data does not name"], "predict", folder["run"], "--text-field", "a");
    }

    [Fact]
    public void Lines_of_text_end_where_files_say_so_and_nowhere_else()
    {
        using TestFolder folder = new();
        string csv = folder.Write("a.csv", TinyTraining.Labelled);
        Json([.. Cli.Args($"train --json --family bert --task classification --tokenizer byte {Cli.Small} --label-field label --data"), csv, "--out", folder["run"]]);
        string[] texts = [.. Texts("fox\u2028dog\fa\u0085b\u2029c\ndog\r\nfox\rfox\n")];
        Assert.Equal(["fox\u2028dog\fa\u0085b\u2029c", "dog", "fox", "fox"], texts);

        IEnumerable<string> Texts(string input)
        {
            CliResult result = Cli.RunWithInput(input, "predict", folder["run"], "--json");
            Assert.True(result.Code == 0, result.Error);
            return JsonDocument.Parse(result.Out).RootElement.GetProperty("predictions").EnumerateArray().Select(one => one.GetProperty("text").GetString()!);
        }
    }

    [Fact]
    public void Words_are_labelled_measured_and_converted()
    {
        using TestFolder folder = new();
        string data = folder.Write("a.jsonl", TinyTraining.Tagged);
        JsonElement trained = Json([.. Cli.Args($"train --json --family distilbert --task token-classification {Cli.Small} --kan rbf --placement mlp --data"), data, "--out", folder["run"]]);
        Assert.InRange(trained.GetProperty("val_entity_f1").GetDouble(), 0, 1);
        JsonElement measured = Json("eval", folder["run"], "--json", "--data", data);
        Assert.Equal((180, 80), (measured.GetProperty("words").GetInt32() + measured.GetProperty("words_without_label").GetInt32(), measured.GetProperty("texts").GetInt32()));
        Assert.Equal(["B-DOG", "B-FOX", "I-FOX", "O"], measured.GetProperty("labels").EnumerateArray().Select(label => label.GetProperty("label").GetString()));
        Assert.Equal(["DOG", "FOX"], measured.GetProperty("entities").EnumerateArray().Select(type => type.GetProperty("type").GetString()));
        Assert.All((string[])["accuracy", "F1, macro", "F1, entities", "  DOG", "B-DOG", "nats per word"], word => Assert.Contains(word, Cli.Run("eval", folder["run"]).Out, StringComparison.Ordinal));

        CliResult lines = Cli.RunWithInput("fox  a\n\ndog\n", "predict", folder["run"]);
        Assert.Contains("1 of 3 texts is empty", lines.Error, StringComparison.Ordinal);
        string[] printed = [.. lines.Out.Split('\n').Select(line => line.TrimEnd('\r'))];
        Assert.Matches("^fox\t(O|[BI]-[A-Z]+)\t0\\.[0-9]{4}$", printed[0]);
        Assert.Equal(["fox", "a", "", "", "dog", "", ""], printed.Select(line => line.Split('\t')[0]));
        JsonElement[] predictions = [.. Json("predict", folder["run"], "--data", data, "--json").GetProperty("predictions").EnumerateArray()];
        Assert.Equal(80, predictions.Length);
        Assert.Equal(["fox", "a"], predictions[0].GetProperty("words").EnumerateArray().Select(word => word.GetProperty("word").GetString()));
        string own = Cli.Run("predict", folder["run"], "--data", data).Out;
        Assert.Equal(own, Cli.Run("predict", folder["run"], "--data", folder.Write("a.conll", string.Concat(own.Split('\n').Select(line => line.Split('\t')[0].TrimEnd('\r') + "\n")))).Out);
        Assert.True(Cli.Run("convert", folder["run"], "--out", folder["hf"]).Code == 0);
        Assert.Equal(own, Cli.Run("predict", folder["hf"], "--data", data).Out);
        Cli.AssertFails(1, ["line 1 has 1 word, but 2 labels"], "eval", folder["run"], "--data", folder.Write("b.jsonl", """{"tokens": ["a"], "tags": ["O", "O"]}"""));
        Cli.AssertFails(1, ["line 2 has the label 'B-CAT', which the model does not have"], "eval", folder["run"], "--data", folder.Write("b.conll", "a O\na B-CAT\n"));
        Cli.AssertFails(2, ["--text-pair-field is nothing to a model that labels words"], "eval", folder["run"], "--data", data, "--text-pair-field", "a");
        Cli.AssertFails(1, [$"there is no file '{folder["none.jsonl"]}'"], "predict", folder["run"], "--data", folder["none.jsonl"]);
        Cli.AssertFails(1, ["a.parquet' is not a Parquet file that can be read"], "predict", folder["run"], "--data", folder.Write("a.parquet", "PAR1"));
        Cli.AssertFails(2, ["--allow-no-answer is nothing to a model that does not answer questions"], "predict", folder["run"], "--data", data, "--allow-no-answer");

        // A table has texts in a column; where words stand in lines there is none to choose.
        string table = folder.Write("a.csv", "id,text,other\n7,fox  a,dog\n8,dog,fox\n"), tsv = folder.Write("a.tsv", "fox\tO\na\tO\n"), conll = folder.Write("c.conll", "fox O\na O\ndog B-DOG\n");
        Assert.Equal(lines.Out.Replace("\n\n\n", "\n\n", StringComparison.Ordinal), Cli.Run("predict", folder["run"], "--data", table).Out);
        Assert.Equal(["dog", "", "fox", "", ""], Cli.Run("predict", folder["run"], "--data", table, "--text-field", "other").Out.Split('\n').Select(line => line.Split('\t')[0].TrimEnd('\r')));
        Cli.AssertFails(1, ["has no column 'b'; choose another with --text-field"], "predict", folder["run"], "--data", table, "--text-field", "b");
        Cli.AssertFails(2, ["--text-field chooses a field of .jsonl, but", "a.tsv' is read as a line for each word; leave it out"], "predict", folder["run"], "--data", tsv, "--text-field", "a");
        Cli.AssertFails(2, ["--text-pair-field is nothing to a model that labels words"], "predict", folder["run"], "--data", tsv, "--text-pair-field", "a");
        Cli.AssertFails(2, ["--text-field, --label-field choose fields of .jsonl", "c.conll' is read as a line for each word"], "eval", folder["run"], "--data", conll, "--text-field", "a", "--label-field", "b");
        Cli.AssertFails(2, ["--label-field chooses a field of .jsonl"], [.. Cli.Args($"train --family bert --task token-classification {Cli.Small} --label-field b --data"), conll, "--out", folder["no"]]);
    }

    [Fact]
    public void Questions_are_answered_measured_and_converted()
    {
        using TestFolder folder = new();
        string data = folder.Write("a.jsonl", TinyTraining.Asked);
        JsonElement trained = Json([.. Cli.Args($"train --json --family roberta --task question-answering {Cli.Small} --data"), data, "--out", folder["run"]]);
        Assert.InRange(trained.GetProperty("val_exact_match").GetDouble(), 0, 1);
        JsonElement measured = Json("eval", folder["run"], "--json", "--data", data);
        Assert.Equal((80, 80), (measured.GetProperty("questions").GetInt32(), measured.GetProperty("windows").GetInt32()));
        Assert.All((string[])["exact match", "F1 ", "nats per end of an answer"], word => Assert.Contains(word, Cli.Run("eval", folder["run"]).Out, StringComparison.Ordinal));
        JsonElement[] predictions = [.. Json("predict", folder["run"], "--data", data, "--json").GetProperty("predictions").EnumerateArray()];
        string[] wanted = [.. TinyTraining.Asked.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => JsonDocument.Parse(row).RootElement.GetProperty("answers").GetProperty("text")[0].GetString()!)];
        Assert.Equal(measured.GetProperty("exact_match").GetDouble(), predictions.Zip(wanted, (one, right) => one.GetProperty("answer").GetString() == right ? 1.0 : 0).Average(), 1e-9);
        Assert.All(predictions, one => Assert.InRange(one.GetProperty("score").GetDouble(), 0, 1));

        // Other columns, places in characters rather than in UTF-16, and a row without a context.
        string csv = folder.Write("b.csv", "id,ask,passage\n1,q,a7\n2,q,\n");
        string[] lines = Cli.Run("predict", folder["run"], "--data", csv, "--text-field", "ask").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^[a7]+\t0\\.[0-9]{4}\tq$", lines[0].TrimEnd('\r'));
        Assert.Equal("\t\tq", lines[1].TrimEnd('\r'));
        string own = Cli.Run("predict", folder["run"], "--data", data).Out;
        Assert.True(Cli.Run("convert", folder["run"], "--out", folder["hf"]).Code == 0);
        Assert.Equal(own, Cli.Run("predict", folder["hf"], "--data", data).Out);
        Cli.AssertFails(2, ["give it by --data"], "predict", folder["run"]);
        Cli.AssertFails(1, ["a.txt' is no table with columns of questions and contexts; give a .csv, .tsv, .jsonl or .parquet file"], "predict", folder["run"], "--data", folder.Write("a.txt", "PAR1"));

        // Questions without an answer.
        Assert.Equal((0, JsonValueKind.Null), (measured.GetProperty("unanswerable").GetInt32(), measured.GetProperty("unanswerable_exact_match").ValueKind));
        string none = folder.Write("none.jsonl", TinyTraining.Asked + """{"question": "q", "context": "a7", "answers": []}""" + "\n");
        JsonElement mixed = Json("eval", folder["run"], "--json", "--data", none);
        Assert.Equal((81, 1), (mixed.GetProperty("questions").GetInt32(), mixed.GetProperty("unanswerable").GetInt32()));
        Assert.Equal(mixed.GetProperty("exact_match").GetDouble(), ((80 * mixed.GetProperty("answerable_exact_match").GetDouble()) + mixed.GetProperty("unanswerable_exact_match").GetDouble()) / 81, 1e-9);
        string told = Cli.Run("eval", folder["run"], "--data", none).Out;
        Assert.All((string[])["with answer     exact match", "80 questions", "without answer  exact match", ", 1 questions"], word => Assert.Contains(word, told, StringComparison.Ordinal));
        Assert.All(Json("predict", folder["run"], "--data", none, "--json", "--allow-no-answer").GetProperty("predictions").EnumerateArray(), one =>
            Assert.Equal(one.GetProperty("answer").GetString()!.Length == 0, one.GetProperty("start").ValueKind == JsonValueKind.Null));
        Cli.AssertFails(1, ["line 1: the answer '7' is not in its context at character 0, but at 1"], "eval", folder["run"], "--data", folder.Write("b.jsonl", """{"question": "q", "context": "a7", "answers": {"text": ["7"], "answer_start": [0]}}"""));
        Cli.AssertFails(2, ["--stride is nothing to a model that answers questions"], "eval", folder["run"], "--data", data, "--stride", "3");
    }

    [Fact]
    public void Numbers_are_fitted()
    {
        using TestFolder folder = new();
        string csv = folder.Write("a.csv", TinyTraining.Labelled);
        Json([.. Cli.Args($"train --json --family distilbert --task regression {Cli.Small} --label-field score --text-field text --data"), csv, "--out", folder["run"]]);
        JsonElement measured = Json("eval", folder["run"], "--json");
        Assert.Equal(measured.GetProperty("loss").GetDouble(), measured.GetProperty("mean_squared_error").GetDouble());
        Assert.True(measured.TryGetProperty("spearman", out _));
        Assert.Contains("Pearson", Cli.Run("eval", folder["run"]).Out, StringComparison.Ordinal);
        Assert.Matches("^-?[0-9.]+\tfox", Cli.RunWithInput("fox\n", "predict", folder["run"]).Out);
        Assert.True(Json("predict", folder["run"], "--data", csv, "--json").GetProperty("predictions")[0].TryGetProperty("value", out _));
    }

    [Theory]
    [InlineData("hf_bert_mlm", "a masked language head; the classification head of 2 labels begins at random")]
    [InlineData("hf_roberta_mlm", "a masked language head; the classification head of 2 labels begins at random")]
    [InlineData("hf_distilbert_cls", "a classification head of 3 labels; the classification head of 2 labels begins at random")]
    public void A_folder_of_Hugging_Face_is_fine_tuned_converted_and_labels_the_same(string name, string words)
    {
        using TestFolder folder = new();
        string fixture = Path.GetDirectoryName(Checkpoints.CheckpointFiles.Fixture(name, "config.json"))!;
        folder.Write("vocab.txt", Vocabulary);
        string csv = folder.Write("a.csv", TinyTraining.Labelled);
        CliResult result = Cli.Run([.. Cli.Args("train --task classification --max-iters 4 --eval-interval 2 --batch-size 8 --label-field label --data"), csv, "--model", fixture, "--tokenizer", folder["vocab.txt"], "--out", folder["run"]]);
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
        Assert.True(Cli.Run("train", "--resume", folder["run"], "--max-iters", "6").Code == 0);
        Assert.True(Cli.Run("convert", folder["run"], "--out", folder["hf"]).Code == 0);
        string[] call = ["--data", csv, "--text-field", "text", "--json"];
        Assert.Equal(Cli.Run(["predict", folder["run"], .. call]).Out, Cli.Run(["predict", folder["hf"], .. call]).Out);
        Assert.Equal(80, Json("eval", folder["hf"], "--data", csv, "--text-field", "text", "--label-field", "label", "--json").GetProperty("examples").GetInt32());
        Cli.AssertFails(1, ["line 2", "the label '2'", "which the model does not have (dog, fox)"], "eval", folder["hf"], "--data", csv, "--text-field", "text", "--label-field", "score");
        Cli.AssertFails(2, ["of its own; give --data"], "eval", folder["hf"]);
    }

    [Fact]
    public void What_makes_no_sense_is_told()
    {
        using TestFolder folder = new();
        string text = folder.Write("text.txt", TinyTraining.Text), csv = folder.Write("a.csv", TinyTraining.Labelled);
        Fails("classification learns from labelled texts; give --data", "train --task classification");
        Fails("unknown task 'painting': use classification or regression or token-classification or question-answering", "train --task painting");
        Fails("--task is short for --objective", "train --family bert --task regression --objective mlm");
        Fails("--label-field is nothing to --objective mlm; leave it out", "train --family bert --label-field a");
        Fails("--label-field, --text-pair-field are nothing to --objective next-token; leave them out", "train --label-field a --text-pair-field b");
        Fails("--deduplicate, --token-format, --special-tokens are nothing to --objective classification; leave them out", "train --family bert --task classification --data a.csv --deduplicate --token-format int32 --special-tokens text");
        Fails("mask share is 1; it must be above 0", "train --family bert --mask-share 1");
        Fails("--mask-share is nothing to --objective next-token", "train --mask-share 0.2");
        Fails("unknown mask unit 'sentence': use token or word", "train --family bert --mask-unit sentence");
        Cli.AssertFails(1, ["is no table with a column of labels"], [.. Cli.Args("train --family bert --task classification --data"), text, "--out", folder["run"]]);
        Cli.AssertFails(1, ["the char tokenizer does not tell where words begin"], [.. Cli.Args($"train --family bert {Cli.Small} --mask-unit word --data"), text, "--out", folder["run"]]);
        Assert.True(Cli.Run([.. Cli.Args($"train --family bert {Cli.Small} --data"), text, "--out", folder["mlm"]]).Code == 0);
        Cli.AssertFails(1, ["does not label texts", "--objective classification"], "predict", folder["mlm"], "--data", text);
        Cli.AssertFails(2, ["--stride is nothing to a model that guesses masked tokens"], "eval", folder["mlm"], "--stride", "2");
        Cli.AssertFails(2, ["--text-field", "which --data does not name"], "predict", folder["mlm"], "--data", text, "--text-field", "a");
        Cli.AssertFails(1, ["does not predict the next token"], "sample", folder["mlm"]);
        Cli.AssertFails(1, ["line 2", "the character 'f'", "--unknown-characters skip"], [.. Cli.Args("train --task classification --max-iters 1 --data"), csv, "--label-field", "label", "--tokenizer", Digits(folder), "--family", "bert", "--out", folder["run"]]);
        Assert.False(Directory.Exists(folder["run"]));

        static void Fails(string words, string call) => Cli.AssertFails(2, [words], Cli.Args(call));
    }

    [Fact]
    public void Texts_that_cannot_be_labelled_are_told_with_their_place()
    {
        using TestFolder folder = new();
        string csv = folder.Write("a.csv", TinyTraining.Labelled), run = folder["run"];
        Json([.. Cli.Args($"train --json --family bert --task classification {Cli.Small} --label-field label --data"), csv, "--out", run]);
        string lines = folder.Write("lines.txt", "fox\n\nfoxé\n"), table = folder.Write("b.csv", "text,label\n,fox\nfoxéé,fox\n");
        Cli.AssertFails(1, [$"'{lines}' line 3 holds 1 character (2 bytes) without a token, the first 'é' (U+00E9); remove such characters, or leave them out with --unknown-characters skip"], "predict", run, "--data", lines);
        Cli.AssertFails(1, [$"'{table}' line 3 holds 2 characters (4 bytes) without a token, the first 'é' (U+00E9); remove such characters, or leave them out with --unknown-characters skip"], "predict", run, "--data", table);
        Cli.AssertFails(1, [$"'{table}' line 3: the character 'é' (U+00E9) is not among"], "eval", run, "--data", table);
        CliResult skipped = Cli.Run("predict", run, "--data", table, "--unknown-characters", "skip");
        Assert.Equal((0, 2), (skipped.Code, skipped.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.Contains("the texts: 2 characters (4 bytes) without a token, the first 'é' (U+00E9); left out", skipped.Error, StringComparison.Ordinal);

        // A run that was trained with such characters left out goes on so, unless told otherwise.
        string odd = folder.Write("odd.csv", TinyTraining.Labelled.TrimEnd('\n') + "\nfoxé,fox,1\n"), skipping = folder["skipping"];
        Json([.. Cli.Args($"train --json --family bert --task classification {Cli.Small} --label-field label --unknown-characters skip --tokenizer"), run, "--data", odd, "--out", skipping]);
        Assert.Contains("left out", Cli.Run("predict", skipping, "--data", table).Error, StringComparison.Ordinal);
        Cli.AssertFails(1, [$"'{table}' line 3 holds 2 characters (4 bytes) without a token"], "predict", skipping, "--data", table, "--unknown-characters", "refuse");
        Cli.AssertFails(2, ["--unknown-characters is 'replace': use refuse or skip"], "predict", run, "--data", lines, "--unknown-characters", "replace");
        foreach (string verb in (string[])["predict", "eval"])
        {
            Cli.AssertFails(1, [$"'{folder.Path}' is a folder", ".csv, .tsv, .jsonl or .parquet file"], verb, run, "--data", folder.Path);
            Cli.AssertFails(1, [$"there is no file '{folder["none.txt"]}'", ".csv, .tsv, .jsonl or .parquet file"], verb, run, "--data", folder["none.txt"]);
        }

        Cli.AssertFails(1, ["line 2 has the label 'fox', which is no number; choose another column with --label-field, or learn names with --objective classification"],
            [.. Cli.Args($"train --family bert --task regression {Cli.Small} --data"), csv, "--out", folder["no"]]);
        Cli.AssertFails(1, ["the only example of", "has the label 'x'"], [.. Cli.Args($"train --family bert --task classification {Cli.Small} --data"), folder.Write("c.csv", "text,label\na,x\n"), "--out", folder["no"]]);
    }

    // Before the text is read, which need not be there.
    [Fact]
    public void An_encoder_without_a_head_is_not_measured()
    {
        using TestFolder folder = new();
        using (TransformerModel model = new Bert(new BertOptions { Layers = 1, Heads = 2, Width = 8, BlockSize = 8, VocabularySize = 300, Head = EncoderHead.None }))
            HuggingFaceModel.Save(model, folder["bare"]);
        Cli.AssertFails(1, [$"'{folder["bare"]}' is a bert without a head", $"train --model {folder["bare"]}"], "eval", folder["bare"], "--tokenizer", "byte", "--data", folder["none.txt"]);
    }

    [Fact]
    public void Every_objective_can_be_measured()
    {
        IEnumerable<ModelOptions> models = Families.All.SelectMany(family => family.Defaults is not EncoderOptions encoder ? [family.Defaults]
            : Enum.GetValues<EncoderHead>().SelectMany(head => ((int[])[1, 2]).Select(labels => (ModelOptions)(encoder with { Head = head, Labels = labels }))));
        Assert.Equal(models.Select(model => Objectives.For(model).Kind).Distinct().Order(), EvalCommand.Evaluations.Keys.Order());
    }

    private static string Digits(TestFolder folder)
    {
        new Kansformers.Text.CharTokenizer("0123456789").Save(folder["digits"]);
        return folder["digits"];
    }

    private static JsonElement Json(params string[] call)
    {
        CliResult result = Cli.Run(call);
        Assert.True(result.Code == 0, $"{string.Join(' ', call)}: {result.Error}");
        return JsonDocument.Parse(result.Out).RootElement;
    }
}
