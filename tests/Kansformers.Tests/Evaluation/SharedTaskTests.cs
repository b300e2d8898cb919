using System.Text.Json;
using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Tests.Evaluation;

/// <summary>The task files beside the checkout, the first rows of each, against the plain second implementation, with GPT-2's vocabulary.</summary>
public sealed class SharedTaskTests : IDisposable
{
    private const int Rows = 4;

    private readonly Gpt _model = TinyGpt.Make(KanPlacement.None, vocabulary: 50257, block: 160);
    private readonly Tokenizer _tokenizer = Tokenizer.Open("gpt2");

    public SharedTaskTests() => _model.eval();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Minimal_pairs()
    {
        string folder = SharedFolder.Require("tasks", "blimp");
        TaskResult result = Evaluate(folder, Rows);
        string[] files = [.. Directory.GetFiles(folder, "*.jsonl").Order(StringComparer.Ordinal)];
        Assert.Equal(files.Select(Path.GetFileNameWithoutExtension), result.Parts.Select(part => part.Name));
        PlainTasks plain = new(_model, _tokenizer);
        double[] expected = [.. files.Select(file => Lines(file).Take(Rows).Average(row => plain.Score("", Text(row, "sentence_good")).LogLikelihood > plain.Score("", Text(row, "sentence_bad")).LogLikelihood ? 1.0 : 0))];
        Assert.Equal(expected, result.Parts.Select(part => part.Measures[0].Value));
        Assert.Equal(expected.Average(), result.Measures[0].Value, 1e-9);
    }

    [Theory]
    [InlineData("arc_easy_rc_0shot_requests.jsonl.gz")]
    [InlineData("sciq_rc_0shot_requests.jsonl.gz")]
    [InlineData("hellaswag_rc_5shot_requests.jsonl.gz")]
    public void Ready_requests(string name)
    {
        string path = SharedFolder.Require("tasks", name);
        TaskResult result = Evaluate(path, Rows);
        PlainTasks.Row[] rows =
        [
            .. Lines(path).GroupBy(row => row.GetProperty("doc_id").GetInt64()).Take(Rows).Select(choices => choices.ToArray()).Select(choices => new PlainTasks.Row(
                Text(choices[0].GetProperty("request"), "context"), [.. choices.Select(choice => Text(choice.GetProperty("request"), "continuation"))], choices[0].GetProperty("label").GetInt32(),
                [.. choices[0].GetProperty("doc").GetProperty("choices").EnumerateArray().Select(choice => choice.GetString()!)])),
        ];
        double[] expected = new PlainTasks(_model, _tokenizer).Choices(rows);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], result.Measures[i].Value, 1e-9);
        Assert.All(result.Measures, measure => Assert.Equal(Rows, measure.Examples));
        Assert.Equal("acc_uncond", result.Measures[^1].Metric);
        Assert.Equal(name.StartsWith("hellaswag", StringComparison.Ordinal), result.ContextsCut > 0);
    }

    [Fact]
    public void Goals_with_labels_beside_them_zero_shot_and_few_shot()
    {
        string path = SharedFolder.Require("tasks", "piqa_valid.jsonl");
        string[] labels = File.ReadAllLines(SharedFolder.Require("tasks", "piqa_valid_labels.txt"));
        PlainTasks.Row[] rows = [.. Lines(path).Take(2).Select((row, i) =>
        {
            string[] choices = [Text(row, "sol1"), Text(row, "sol2")];
            return new PlainTasks.Row($"Question: {Text(row, "goal")}\nAnswer:", [.. choices.Select(choice => " " + choice)], labels[i][0] - '0', choices);
        })];
        PlainTasks plain = new(_model, _tokenizer);
        TaskResult zero = Evaluate(path, 2);
        Assert.Equal(plain.Choices(rows), zero.Measures.Select(measure => measure.Value));

        // Of two rows each sees the other.
        using TestFolder folder = new();
        folder.Write("piqa_valid.jsonl", string.Join('\n', File.ReadLines(path).Take(2)));
        folder.Write("piqa_valid_labels.txt", string.Join('\n', labels.Take(2)));
        PlainTasks.Row[] shown = [.. rows.Select((row, i) => row with { Context = $"{rows[1 - i].Context}{rows[1 - i].Continuations[rows[1 - i].Right]}\n\n{row.Context}" })];
        using TaskEvaluator evaluator = new(_model, _tokenizer, new TaskOptions { FewShot = 1 });
        Assert.Equal(plain.Choices(shown), evaluator.Evaluate(TaskSource.Open("piqa", folder.Path)).Measures.Select(measure => measure.Value));
    }

    [Fact]
    public void Last_words()
    {
        string path = SharedFolder.Require("tasks", "lambada_test.jsonl");
        TaskResult result = Evaluate(path, Rows);
        PlainTasks plain = new(_model, _tokenizer);
        RequestScore[] scores = [.. Lines(path).Take(Rows).Select(row => Text(row, "text")).Select(text => plain.Score(text[..text.LastIndexOf(' ')], text[text.LastIndexOf(' ')..]))];
        Assert.Equal(scores.Average(score => score.Greedy), result.Measures[0].Value);
        Assert.Equal(1, result.Measures[1].Value / Math.Exp(scores.Average(score => -score.LogLikelihood)), 1e-4);
    }

    [Fact]
    public void A_text()
    {
        string path = SharedFolder.Require("corpora", "wikitext-2-test.txt");
        using TestFolder folder = new();
        string text = File.ReadAllText(path)[..4000];
        double expected = -new PlainTasks(_model, _tokenizer).Roll(text) / System.Text.Encoding.UTF8.GetByteCount(text) / Math.Log(2);
        using TaskEvaluator evaluator = new(_model, _tokenizer);
        Assert.Equal(1, evaluator.Evaluate(TaskSource.Open(folder.Write("part.txt", text))).Measures.Single(measure => measure.Metric == "bits_per_byte").Value / expected, 1e-5);
    }

    private TaskResult Evaluate(string path, int limit)
    {
        using TaskEvaluator evaluator = new(_model, _tokenizer, new TaskOptions { Limit = limit });
        return evaluator.Evaluate(TaskSource.Open(path));
    }

    private static string Text(JsonElement row, string field) => row.GetProperty(field).GetString()!;

    private static IEnumerable<JsonElement> Lines(string path)
    {
        using Stream file = path.EndsWith(".gz", StringComparison.Ordinal) ? new System.IO.Compression.GZipStream(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress) : File.OpenRead(path);
        using StreamReader reader = new(file);
        while (reader.ReadLine() is string line)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }
}
