using Kansformers.Text;
using Kansformers.Training;

namespace Kansformers.Tests.Text;

/// <summary>A corpus has one column of text, found or given, and neither the order of files nor that of rows decides which.</summary>
public class TextColumnTests
{
    // Files by their rows, and the documents when the rows may be read, in any order of the files and of their rows; else what the error says.
    [Theory]
    [InlineData("{\"id\":1,\"text\":\"hello\"} | {\"id\":\"x\"}", null)]
    [InlineData("{\"id\":\"x\"} ; {\"id\":\"y\",\"text\":\"hello\"}", null)]
    [InlineData("{\"a\":\"x\"} | {\"b\":\"y\"}", null)]
    [InlineData("{\"a\":\"x\"} ; {\"b\":\"y\"}", null)]
    [InlineData("{\"a\":\"x\"} ; {\"a\":\"y\",\"b\":\"z\"}", null)]
    [InlineData("{\"content\":\"x\"} | {\"content\":\"y\",\"text\":\"z\"}", null)]
    [InlineData("{\"content\":\"x\"} ; {\"content\":\"y\",\"text\":null}", null)]
    [InlineData("{\"Text\":\"x\"} | {\"text\":\"y\"}", null)]
    [InlineData("{\"Text\":\"x\",\"TEXT\":\"y\"}", null)]
    [InlineData("{\"id\":\"x\",\"text\":5} ; {\"id\":\"y\",\"text\":\"hello\"}", null)]
    [InlineData("{\"text\":\"x\"} | {\"text\":\"y\",\"id\":\"a\"} ; {\"id\":\"b\",\"text\":\"z\",\"content\":\"c\"}", "x y z")]
    [InlineData("{\"words\":\"x\"} | {\"words\":\"y\",\"id\":5}", "x y")]
    [InlineData("{\"words\":\"x\",\"note\":{}} ; {\"words\":\"y\",\"note\":null} ; {\"note\":null,\"words\":\"z\"}", "x y z")]
    [InlineData("{\"words\":null,\"n\":1} ; {\"words\":\"x\"} | {\"words\":\"y\"}", "x y")]
    [InlineData("{\"TEXT\":\"x\",\"id\":\"1\"} | {\"TEXT\":\"y\",\"content\":\"2\"}", "x y")]
    [InlineData("{\"Text\":\"no\",\"text\":\"x\"} | {\"text\":\"y\",\"Text\":\"no\"}", "x y")]
    public void No_order_decides_which_column_is_read(string content, string? documents)
    {
        string[][] files = [.. content.Split(" | ").Select(file => file.Split(" ; "))];
        foreach (bool otherFiles in new[] { false, true })
        {
            foreach (bool otherRows in new[] { false, true })
            {
                using TestFolder folder = new();
                string[][] ordered = otherFiles ? [.. files.Reverse()] : files;
                for (int i = 0; i < ordered.Length; i++)
                    folder.Write($"{i}.jsonl", string.Join('\n', otherRows ? ordered[i].Reverse() : ordered[i]));
                if (documents is null)
                    Assert.Contains(folder.Path, TableCorpusTests.Error(folder.Path), StringComparison.Ordinal);
                else
                    Assert.Equal(documents.Split(' '), TableCorpusTests.Read(folder.Path).Documents.Order(StringComparer.Ordinal));
            }
        }
    }

    [Theory]
    [InlineData("a.csv", "text,id\none,1\n", "b.csv", "id,name\n1,2\n", "b.csv' has no column 'text', in which '")]
    [InlineData("a.csv", "id\nx\n", "b.jsonl", "{\"text\":\"hello\"}", "a.csv' has no column 'text', in which '")]
    [InlineData("a.tsv", "text\tid\none\t1\n", "b.jsonl.gz", "{\"id\":\"x\"}", "b.jsonl.gz' has no column 'text', in which '")]
    [InlineData("a.csv", "id\nx\n", "b.csv", "name\ny\n", "cannot tell which column of '")]
    [InlineData("a.csv", "text,text\none,two\n", "b.txt", "three", "a.csv' has more than one column 'text'")]
    public void Tables_of_all_kinds_must_have_the_column(string one, string first, string other, string second, string expected)
    {
        using TestFolder folder = new();
        foreach ((string name, string content) in new[] { (one, first), (other, second) })
        {
            folder.Write(name, content);
            if (name.EndsWith(".gz", StringComparison.Ordinal))
                File.WriteAllBytes(folder[name], TableCorpusTests.Pack(File.ReadAllBytes(folder[name]), ".gz"));
        }

        foreach (string path in new[] { folder.Path, folder["*"], folder.Path + "[:1]" })
            Assert.Contains(expected, TableCorpusTests.Error(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Parquet_and_other_tables_have_one_column()
    {
        using TestFolder folder = new(), made = new();
        string path = folder["a.parquet"];
        File.WriteAllBytes(path, ForeignFileTests.Parquet(made, "SELECT 'id' AS id", "(FORMAT parquet)"));
        Assert.Equal(["id"], TableCorpusTests.Read(path).Documents);
        folder.Write("b.jsonl", "{\"text\":\"hello\"}");
        Assert.Contains("a.parquet' has no column 'text', in which '", TableCorpusTests.Error(folder["*"]), StringComparison.Ordinal);
        File.WriteAllBytes(path, ForeignFileTests.Parquet(made, "SELECT 5 AS text, 'x' AS id", "(FORMAT parquet)"));
        Assert.Contains("the column 'text' of '" + path, TableCorpusTests.Error(folder["*"]), StringComparison.Ordinal);
        File.WriteAllBytes(path, ForeignFileTests.Parquet(made, "SELECT 'A' AS text, 'x' AS id", "(FORMAT parquet)"));
        Assert.Equal(["A", "hello"], TableCorpusTests.Read(folder["*"]).Documents);
    }

    [Theory]
    [InlineData("{\"id\":\"x\"}\n{\"id\":\"y\",\"text\":\"hello\"}\n", "a.jsonl' line 2 is bad: it has a field 'text', while the rows before it left 'id' for the field of the text")]
    [InlineData("{\"text\":\"hello\"}\n{\"id\":\"x\"}\n", "a.jsonl' line 2 is bad: it has no field 'text'")]
    [InlineData("{\"n\":1}\n{\"n\":2}\n", "cannot tell which column of")]
    public void The_line_that_decides_otherwise_is_named(string content, string expected)
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", content);
        Assert.Contains(expected, TableCorpusTests.Error(folder["a.jsonl"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_that_is_given_has_no_rival()
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", "{\"id\":\"x\"}\n{\"id\":\"y\",\"text\":\"hello\"}\n");
        folder.Write("b.csv", "text,id\nno,z\n");
        CorpusOptions options = new() { TextField = "id" };
        Assert.Equal(["x", "y", "z"], TableCorpusTests.Read(folder.Path, options).Documents);
        Assert.Equal(["x", "y"], TableCorpusTests.Read(folder.Path + "[:66%]", options).Documents);
        Assert.Equal(["z"], TableCorpusTests.Read(folder.Path + "[-1:]", options with { Deduplicate = true }).Documents);
        Assert.Contains("has no field 'text'", TableCorpusTests.Error(folder.Path, new CorpusOptions { TextField = "text" }), StringComparison.Ordinal);
    }

    // The column of the training corpus is preferred; another with a usual name will do, any other will not.
    [Theory]
    [InlineData("{\"text\":\"no\",\"story\":\"yes\"}", "yes")]
    [InlineData("{\"id\":\"no\",\"body\":\"yes\"}", "yes")]
    [InlineData("{\"id\":\"x\"}", null)]
    public void A_corpus_that_goes_with_another_has_its_column(string row, string? document)
    {
        using TestFolder folder = new();
        string path = folder.Write("v.jsonl", row);
        CorpusOptions options = new() { PreferredField = "story" };
        if (document is null)
            Assert.Contains("has no column 'story', which holds the text of the training corpus", TableCorpusTests.Error(path, options), StringComparison.Ordinal);
        else
            Assert.Equal([document], TableCorpusTests.Read(path, options).Documents);
    }

    [Theory]
    [InlineData("{\"text\":\"no\",\"story\":\"yes\"}", "yes", false)]
    [InlineData("{\"id\":\"no\",\"body\":\"yes\"}", "yes", true)]
    [InlineData("{\"id\":\"x\"}", null, false)]
    public void The_text_to_validate_on_is_in_the_column_of_the_text_to_train_on(string row, string? document, bool told)
    {
        using TestFolder folder = new();
        DataConfig data = new() { Data = folder.Write("t.csv", "id,story\n1,train\n"), ValidationData = folder.Write("v.jsonl", row), Tokenizer = "byte" };
        if (document is null)
        {
            Assert.Contains("has no column 'story'", Assert.Throws<KansformersException>(() => TrainingRun.Prepare(data, null)).Message, StringComparison.Ordinal);
            return;
        }

        using TokenizedCorpus corpus = TrainingRun.Prepare(data, null);
        long[] ids = new long[corpus.Validation.Count];
        corpus.Validation.Read(0, ids);
        Assert.Equal(document, corpus.Tokenizer.Decode([.. ids.Select(id => (int)id)]));
        Assert.Equal(told, corpus.Notes.Count == 1);
    }

    [Fact]
    public void Tables_without_rows_have_no_column_that_could_differ()
    {
        using TestFolder folder = new();
        folder.Write("a.csv", "");
        folder.Write("b.jsonl", "\n\n");
        folder.Write("c.jsonl", "{\"words\":\"one\"}");
        Assert.Equal(["one"], TableCorpusTests.Read(folder.Path).Documents);
    }
}
