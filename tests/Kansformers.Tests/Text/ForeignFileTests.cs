using DuckDB.NET.Data;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>Files that DuckDB wrote: every value comes back as it was.</summary>
public class ForeignFileTests
{
    private const int Rows = 5000;

    // Texts of many lengths and scripts; some rows hold none, some the same.
    private const string Table = """
        CREATE TABLE t AS SELECT i AS id, i * 0.5 AS weight, CASE
            WHEN i % 50 = 7 THEN NULL
            WHEN i % 50 = 8 THEN ''
            WHEN i % 5 = 1 THEN 'the same in every fifth row'
            WHEN i % 5 = 2 THEN 'Zeile ' || i || ', "quoted" und größer 你好 😀' || chr(10) || 'second line'
            ELSE repeat('word' || i || ' ', (i * 7919) % 60 + 1) END AS text, [i, i + 1] AS numbers
        FROM range(5000) r(i)
        """;

    [Theory]
    [InlineData("snappy", "")]
    [InlineData("zstd", "")]
    [InlineData("gzip", "")]
    [InlineData("brotli", "")]
    [InlineData("lz4_raw", "")]
    [InlineData("uncompressed", "")]
    [InlineData("snappy", ", PARQUET_VERSION v2")]
    [InlineData("zstd", ", PARQUET_VERSION v2")]
    [InlineData("zstd", ", DICTIONARY_SIZE_LIMIT 1")]
    [InlineData("snappy", ", DICTIONARY_SIZE_LIMIT 1")]
    [InlineData("zstd", ", DICTIONARY_SIZE_LIMIT 1, PARQUET_VERSION v2")]
    public void Parquet_comes_back(string codec, string more) =>
        ComesBack("a.parquet", $"(FORMAT parquet, COMPRESSION {codec}, ROW_GROUP_SIZE 2048{more})");

    [Fact]
    public void A_dictionary_comes_back()
    {
        using TestFolder folder = new();
        Write(folder["a.parquet"], "(FORMAT parquet)", "SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'value ' || (i % 13) END AS text FROM range(9000) r(i)");
        (List<string> documents, CorpusCounts counts) = TableCorpusTests.Read(folder["a.parquet"]);
        Assert.Equal(Enumerable.Range(0, 9000).Where(i => i % 7 != 0).Select(i => $"value {i % 13}"), documents);
        Assert.Equal(9000 - documents.Count, counts.EmptyRows);
        Assert.Equal(new CorpusCounts(13, counts.EmptyRows, documents.Count - 13), TableCorpusTests.Read(folder["a.parquet"], new CorpusOptions { Deduplicate = true }).Counts);
    }

    [Theory]
    [InlineData("a.csv", "(FORMAT csv, HEADER)")]
    [InlineData("a.csv.gz", "(FORMAT csv, HEADER, COMPRESSION gzip)")]
    [InlineData("a.tsv", "(FORMAT csv, HEADER, DELIMITER '\t')")]
    [InlineData("a.jsonl", "(FORMAT json)")]
    [InlineData("a.jsonl.gz", "(FORMAT json, COMPRESSION gzip)")]
    [InlineData("a.jsonl.zst", "(FORMAT json, COMPRESSION zstd)")]
    public void Text_formats_come_back(string name, string format) => ComesBack(name, format);

    [Fact]
    public void Parts_need_no_more_than_the_metadata_to_count()
    {
        using TestFolder folder = new();
        Write(folder["a.parquet"], "(FORMAT parquet, ROW_GROUP_SIZE 2048)", "SELECT 'row ' || i AS text FROM range(5000) r(i)");
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"row {i}"), TableCorpusTests.Read(folder["a.parquet"] + "[:1%]").Documents);
        Assert.Equal(["row 4998", "row 4999"], TableCorpusTests.Read(folder["a.parquet"] + "[-2:]").Documents);
    }

    [Fact]
    public void Columns_that_hold_no_text_are_told()
    {
        using TestFolder folder = new();
        Write(folder["a.parquet"], "(FORMAT parquet)", "SELECT 1 AS id, 'q' AS question, 'a' AS answer, ['x'] AS list, {'text': 'inner'} AS nested");
        string message = TableCorpusTests.Error(folder["a.parquet"]);
        Assert.Contains("it has 'id' (no text), 'question', 'answer', 'list.list.element' (no text), 'nested.text' (no text)", message, StringComparison.Ordinal);
        Assert.Equal(["a"], TableCorpusTests.Read(folder["a.parquet"], new CorpusOptions { TextField = "answer" }).Documents);
        Assert.Contains("'id' of", TableCorpusTests.Error(folder["a.parquet"], new CorpusOptions { TextField = "id" }), StringComparison.Ordinal);
        Assert.Contains("no column 'body'", TableCorpusTests.Error(folder["a.parquet"], new CorpusOptions { TextField = "body" }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_parquet_file_that_is_cut_short_is_an_error_that_names_it()
    {
        using TestFolder folder = new();
        Write(folder["a.parquet"], "(FORMAT parquet)", "SELECT 'row ' || i AS text FROM range(5000) r(i)");
        byte[] bytes = File.ReadAllBytes(folder["a.parquet"]);
        foreach (int length in new[] { bytes.Length - 1, bytes.Length / 2, 9, 3 })
        {
            File.WriteAllBytes(folder["cut.parquet"], bytes[..length]);
            Assert.Contains("cut.parquet' is not a Parquet file that can be read", TableCorpusTests.Error(folder["cut.parquet"]), StringComparison.Ordinal);
        }
    }

    private static void ComesBack(string name, string format)
    {
        using TestFolder folder = new();
        List<string?> expected = Write(folder[name], format, "SELECT * FROM t", Table);
        Assert.Equal(Rows, expected.Count);
        (List<string> documents, CorpusCounts counts) = TableCorpusTests.Read(folder[name]);
        Assert.Equal(expected.Where(text => !string.IsNullOrEmpty(text)), documents);
        Assert.Equal(new CorpusCounts(documents.Count, Rows - documents.Count, 0), counts);
        Assert.Equal(200, counts.EmptyRows);
    }

    /// <summary>Writes what a query gives, and returns its texts as DuckDB itself tells them.</summary>
    private static List<string?> Write(string path, string format, string query, string? before = null)
    {
        using DuckDBConnection connection = new("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = $"{before ?? "SELECT 1"}; SET threads = 1; COPY ({query}) TO '{path.Replace("'", "''", StringComparison.Ordinal)}' {format}";
        command.ExecuteNonQuery();
        if (before is null)
            return [];
        command.CommandText = "SELECT text FROM t ORDER BY id";
        using DuckDBDataReader reader = command.ExecuteReader();
        List<string?> texts = [];
        while (reader.Read())
            texts.Add(reader.IsDBNull(0) ? null : reader.GetString(0));
        return texts;
    }

    internal static byte[] Parquet(TestFolder folder, string query, string format)
    {
        Write(folder["made.parquet"], format, query);
        return File.ReadAllBytes(folder["made.parquet"]);
    }
}
