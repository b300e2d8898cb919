using System.Text.Json;
using Kansformers.Tests.Training;
using Kansformers.Training;

namespace Kansformers.Tests.Cli;

/// <summary>Encoders from the command line: pretraining, fine-tuning, measuring, predicting.</summary>
public class EncoderCommandTests : OneThread
{
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

        JsonElement tuned = Json([.. Cli.Args("train --json --task classification --max-iters 8 --eval-interval 4 --batch-size 4 --data"), csv, "--label-field", "label", "--model", folder["mlm"], "--out", folder["cls"]]);
        Assert.Equal("classification", tuned.GetProperty("objective").GetString());
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
        folder.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nquick\nfox\ndog\n##1\n##2\n1\n2\n3\n5\n7\n");
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
        Fails("unknown task 'painting': use classification or regression", "train --task painting");
        Fails("--task is short for --objective", "train --family bert --task regression --objective mlm");
        Fails("--label-field is nothing to --objective mlm", "train --family bert --label-field a");
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
