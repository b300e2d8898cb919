using Kansformers.Evaluation;
using Kansformers.Tests.Text;
using Parquet.Schema;

namespace Kansformers.Tests.Evaluation;

/// <summary>Tasks whose rows are Parquet files in the columns that data sets of the hub have: numbers, lists, and objects of lists.</summary>
public class ParquetTaskTests
{
    [Fact]
    public async Task Piqa_has_whole_numbers_as_labels()
    {
        using TestFolder folder = new();
        await ParquetTable.Write(folder["piqa.parquet"], 2, ParquetTable.Column("goal", ["open a jar", "dry a plate"]), ParquetTable.Column("sol1", ["turn the lid", "pour water"]),
            ParquetTable.Column("sol2", ["eat the lid", "use a towel"]), ParquetTable.Column("label", [0L, 1L]));
        BenchmarkTask task = TaskSource.Open(folder["piqa.parquet"]);
        Assert.Equal([("Question: open a jar\nAnswer:", 0), ("Question: dry a plate\nAnswer:", 1)], task.Data.Examples.Select(row => (row.Context, row.Right)));
        Assert.Equal([" pour water", " use a towel"], task.Data.Examples[1].Continuations);
    }

    [Fact]
    public async Task Arc_has_an_object_of_lists()
    {
        using TestFolder folder = new();
        StructField choices = new("choices", new ListField("text", new DataField<string>("element")), new ListField("label", new DataField<string>("element")));
        ParquetSchema schema = new(new DataField<string>("question"), choices, new DataField<string>("answerKey"));
        await ParquetTable.Write(folder["arc.parquet"], schema,
        [
            new ParquetPart(["What is wet?", "What burns?"]),
            new ParquetPart(["fire", "water", "sand", "wood", "ice"]) { Starts = [0, 1, 1, 0, 1] },
            new ParquetPart(["A", "B", "C", "1", "2"]) { Starts = [0, 1, 1, 0, 1] },
            new ParquetPart(["B", "1"]),
        ]);
        BenchmarkTask task = TaskSource.Open(folder["arc.parquet"]);
        Assert.Equal([1, 0], task.Data.Examples.Select(row => row.Right));
        Assert.Equal([" fire", " water", " sand"], task.Data.Examples[0].Continuations);
        Assert.Equal([" wood", " ice"], task.Data.Examples[1].Continuations);
    }

    [Fact]
    public async Task Hellaswag_has_a_list_of_endings_and_a_label_in_letters()
    {
        using TestFolder folder = new();
        ParquetSchema schema = new(new DataField<int>("ind"), new DataField<string>("activity_label"), new DataField<string>("ctx_a"), new DataField<string>("ctx_b"),
            new ListField("endings", new DataField<string>("element")), new DataField<string>("label"));
        await ParquetTable.Write(folder["hellaswag.parquet"], schema,
        [
            ParquetPart.Of([24, 25]), new ParquetPart(["Cooking", "Chess"]), new ParquetPart(["A man stands.", "Two sit."]), new ParquetPart(["the man", "one"]),
            new ParquetPart(["eats.", "flies.", "is a fish.", "sings", "moves.", "melts.", "thinks.", "wins."]) { Starts = [0, 1, 1, 1, 0, 1, 1, 1] },
            new ParquetPart(["0", "3"]),
        ]);
        BenchmarkTask task = TaskSource.Open(folder["hellaswag.parquet"]);
        Assert.Equal([("Cooking: A man stands. The man", 0), ("Chess: Two sit. One", 3)], task.Data.Examples.Select(row => (row.Context, row.Right)));
        Assert.Equal([" moves.", " melts.", " thinks.", " wins."], task.Data.Examples[1].Continuations);
    }

    [Fact]
    public async Task Sciq_has_columns_of_text_and_what_a_task_lacks_is_told_with_what_is_read()
    {
        using TestFolder folder = new();
        await ParquetTable.Write(folder["sciq.parquet"], 1, ParquetTable.Column("question", ["What is ice?"]), ParquetTable.Column("distractor1", ["gas"]), ParquetTable.Column("distractor2", ["gold"]),
            ParquetTable.Column("distractor3", ["sand"]), ParquetTable.Column("correct_answer", ["frozen water"]), ParquetTable.Column("support", [""]));
        TaskExample row = Assert.Single(TaskSource.Open(folder["sciq.parquet"]).Data.Examples);
        Assert.Equal(("\nQuestion: What is ice?\nAnswer:", " frozen water"), (row.Context, row.Continuations[row.Right]));
        string own = folder.Write("own.json", """{"name": "own", "kind": "last-word", "data": ["sciq.parquet"], "context": "{story}"}""");
        Assert.Contains("row 1 has no field 'story'", Assert.Throws<KansformersException>(() => TaskSource.Open(own)).Message, StringComparison.Ordinal);
    }
}
