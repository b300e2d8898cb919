using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Tests.Evaluation;

/// <summary>Which files of a folder are a task's rows, and how they come together.</summary>
public class TaskSourceTests
{
    [Theory]
    [InlineData("train.jsonl validation.jsonl test.jsonl", "validation.jsonl")] // piqa's own: its test has no labels
    [InlineData("piqa_train.jsonl piqa_valid.jsonl", "piqa_valid.jsonl")]
    [InlineData("train/0.jsonl dev/0.jsonl dev/1.jsonl", "dev/0.jsonl dev/1.jsonl")]
    [InlineData("piqa-Train.jsonl piqa-Test.jsonl other.jsonl", "piqa-Test.jsonl")]
    [InlineData("train.jsonl rest.jsonl", "rest.jsonl")]
    [InlineData("train-00000-of-00002.jsonl train-00001-of-00002.jsonl", "train-00000-of-00002.jsonl train-00001-of-00002.jsonl")]
    [InlineData("latest.jsonl trainer.jsonl", "latest.jsonl trainer.jsonl")]
    public void One_part_of_a_folder_is_asked_about(string files, string scored)
    {
        using TestFolder folder = new();
        foreach (string file in files.Split(' '))
            folder.Write($"rows/{file}", Row(file));
        BenchmarkTask task = TaskSource.Open(folder["rows"]);
        Assert.Equal(scored.Split(' '), task.Files.Select(file => Path.GetRelativePath(folder["rows"], file)));
        Assert.Equal(scored.Split(' ').Length, task.Rows);
        bool isPart = scored != files;
        Assert.Equal(isPart, task.Data.Note is not null);
        Assert.Equal(isPart, task.Data.Shown is not null);
        if (!isPart)
            return;
        Assert.Matches("left out: .*train", task.Data.Note);
        Assert.All(task.Data.Shown!.Value, row => Assert.Contains("rain", row.Context, StringComparison.Ordinal)); // examples are of the training part alone
    }

    [Fact]
    public void A_pattern_of_a_named_task_takes_no_training_rows_and_shows_them()
    {
        using TestFolder folder = new();
        folder.Write("piqa_a_train.jsonl", Row("train"));
        folder.Write("piqa_a_test.jsonl", Row("test"));
        BenchmarkTask task = TaskSource.Open("piqa", folder.Path);
        Assert.Equal([folder["piqa_a_test.jsonl"]], task.Files);
        TaskResult result = Evaluate(task, new TaskOptions { FewShot = 1 });
        Assert.Equal(1, result.FewShot);
        Assert.Contains("1 of the part 'test' is asked about; left out: train, of which train gives the examples", result.Notes[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_in_several_files_count_the_same_in_all_measures()
    {
        using TestFolder folder = new();
        string[] rows = [.. Enumerable.Range(0, 7).Select(i => $$"""{"text": "a row of {{i}} words ends {{new string('x', i)}}here"}""")];
        folder.Write("words/one.jsonl", string.Join('\n', rows[..6]));
        folder.Write("words/two.jsonl", rows[6]);
        string whole = folder.Write("whole.jsonl", string.Join('\n', rows));
        TaskResult parts = Evaluate(TaskSource.Open(folder["words"])), one = Evaluate(TaskSource.Open(whole));
        Assert.Equal(one.Measures, parts.Measures);
        Assert.Equal([("one", 6), ("two", 1)], parts.Parts.Select(part => (part.Name, part.Measures[0].Examples)));
        Assert.NotEqual(parts.Measures[1].Value, parts.Parts.Average(part => part.Measures[1].Value), 1e-9);
        Assert.Empty(one.Parts);
    }

    [Fact]
    public void A_folder_of_several_tasks_is_told()
    {
        using TestFolder folder = new();
        folder.Write("rows/a.jsonl", Row("a"));
        folder.Write("rows/b.jsonl", """{"text": "a last word"}""");
        Assert.Contains("holds rows of several tasks: 'a.jsonl' has the fields goal, sol1, sol2, label, 'b.jsonl' others", Assert.Throws<KansformersException>(() => TaskSource.Open(folder["rows"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shards_are_one_part()
    {
        using TestFolder folder = new();
        foreach (int shard in (int[])[0, 1])
            folder.Write($"rows/validation-0000{shard}-of-00002.jsonl", Row("a"));
        Assert.All(TaskSource.Open(folder["rows"]).Data.Examples, row => Assert.Equal("validation", row.Group));
    }

    private static string Row(string goal) => $$"""{"goal": "{{goal}}", "sol1": "yes", "sol2": "no way", "label": 1}""";

    private static TaskResult Evaluate(BenchmarkTask task, TaskOptions? options = null)
    {
        Tokenizer tokenizer = Tokenizer.Open("byte");
        using Gpt model = TinyGpt.Make(KanPlacement.None, vocabulary: tokenizer.VocabularySize, block: 256);
        using TaskEvaluator evaluator = new(model, tokenizer, options);
        return evaluator.Evaluate(task);
    }
}
