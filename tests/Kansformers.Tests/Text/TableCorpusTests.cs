using System.IO.Compression;
using System.Text;
using CsCheck;
using Kansformers.Text;
using ZstdSharp;

namespace Kansformers.Tests.Text;

/// <summary>Corpora whose rows are documents: CSV, JSON Lines, packed files, folders, patterns, parts, and each document once.</summary>
public class TableCorpusTests
{
    [Theory]
    [InlineData("a.csv", "id,text\r\n1,one\r\n2,\"two, \"\"2\"\"\r\nand more\"\r\n\r\n3,\"\"\r\n4,fo\"ur\r\n")]
    [InlineData("a.csv", "\uFEFF\"id\",\"text\"\n1,one\n2,\"two, \"\"2\"\"\r\nand more\"\n3,\n4,fo\"ur")]
    [InlineData("a.tsv", "text\tid\none\t1\n\"two, \"\"2\"\"\r\nand more\"\t2\n\t3\nfo\"ur\t4\n")]
    public void Csv_is_read_after_the_rfc(string name, string content)
    {
        using TestFolder folder = new();
        folder.Write(name, content);
        (List<string> documents, CorpusCounts counts) = Read(folder[name]);
        Assert.Equal(["one", "two, \"2\"\r\nand more", "fo\"ur"], documents);
        Assert.Equal(new CorpusCounts(3, 1, 0), counts);
    }

    [Fact]
    public void Any_table_survives_the_way_through_csv()
    {
        using TestFolder folder = new();
        Gen.Select(TextGen.Valid.Where(text => text.Length > 0).Array[1, 6], Gen.Int[0, 2].Select(kind => kind == 0 ? "\n" : kind == 1 ? "\r\n" : "\r")).Sample((texts, end) =>
        {
            folder.Write("a.csv", $"n,text{end}" + string.Concat(texts.Select((text, i) => $"{i},\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"{end}")));
            Assert.Equal(texts, Read(folder["a.csv"]).Documents);
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void A_csv_record_may_be_longer_than_any_buffer()
    {
        using TestFolder folder = new();
        string text = string.Concat(Enumerable.Repeat("word, \"\"quoted\"\"\n", 50_000));
        folder.Write("a.csv", $"text\n\"{text}\"\nlast\n");
        Assert.Equal([text.Replace("\"\"", "\"", StringComparison.Ordinal), "last"], Read(folder["a.csv"]).Documents);
    }

    [Theory]
    [InlineData("id,text\n1,a\n2\n", "line 3 is bad: it has 1 field where the first record names 2 columns")]
    [InlineData("id,text\n1,a,b\n", "line 2 is bad: it has 3 fields")]
    [InlineData("id,text\n1,\"a\nb\"\n2,\"open\n\n", "line 4 is bad: a quote in the record that begins there is not closed")]
    [InlineData("id,text\n1,\"a\"b\n", "line 2 is bad: something follows a closing quote")]
    [InlineData("id,name,title\n1,a,b\n", "cannot tell which column of")]
    [InlineData("id,name,title\n1,a,b\n", "it has 'id', 'name', 'title'")]
    public void Bad_csv_is_an_error_with_its_place(string content, string expected)
    {
        using TestFolder folder = new();
        folder.Write("a.csv", content);
        Assert.Contains(expected, Error(folder["a.csv"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.csv", "text;label\nsome, text;1\n", "seems to be separated by ';', not by commas: convert it to commas")]
    [InlineData("a.csv", "text\tlabel\na\t1\n", "seems to be separated by tabs, not by commas: name it .tsv")]
    [InlineData("a.tsv", "text|label\na|1\n", "seems to be separated by '|', not by tabs")]
    public void A_table_with_another_separator_is_not_one_column_of_text(string name, string content, string expected)
    {
        using TestFolder folder = new();
        folder.Write(name, content);
        Assert.Contains(expected, Error(folder[name]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_may_have_any_name_that_is_given()
    {
        using TestFolder folder = new();
        folder.Write("a.csv", "text;label\none;1\n");
        Assert.Equal(["one;1"], Read(folder["a.csv"], new CorpusOptions { TextField = "text;label" }).Documents);
    }

    [Theory]
    [InlineData("\n [{\"text\": \"a\"}, {\"text\": \"b\"}]\n", "is a JSON array, not one object a line; convert it to .jsonl, as jq -c '.[]' does")]
    [InlineData("[\n  {\n", "is a JSON array")]
    [InlineData("{ \r\n  \"text\": \"a\"\r\n}\r\n", "is indented JSON, not one object a line")]
    public void Json_that_is_not_lines_is_an_error_that_tells_the_way_out(string content, string expected)
    {
        using TestFolder folder = new();
        foreach (string name in new[] { "a.json", "a.jsonl" })
        {
            folder.Write(name, content);
            Assert.Contains(expected, Error(folder[name]), StringComparison.Ordinal);
            Assert.Contains(expected, Error(folder[name], new CorpusOptions { TextField = "text" }), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{\"text\": \"a\"}\r{\"text\": \"b\"}\r")]
    [InlineData("{\"text\": \"a\"}\r{\"text\": \"b\"}\n")]
    public void Json_lines_that_end_in_cr_are_an_error_that_says_so(string content)
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", content);
        Assert.Contains("line 1 is bad: it is not a JSON object on one line, and holds CR, which does not end a line here", Error(folder["a.jsonl"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_lines_may_be_named_json_but_not_in_folders()
    {
        using TestFolder folder = new();
        folder.Write("a.json", "{\"text\": \"A\"}\n{\"text\": \"B\"}\n");
        Assert.Equal(["A", "B"], Read(folder["a.json"]).Documents);
        Assert.Equal(["A", "B"], Read(folder["*.json"]).Documents);
        Assert.Contains("holds no", Error(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_may_be_deep_beside_the_text()
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", $"{{\"text\": \"a\", \"deep\": {new string('[', 100_000)}{new string(']', 100_000)}}}\n");
        Assert.Equal(["a"], Read(folder["a.jsonl"]).Documents);
    }

    [Fact]
    public void Wrong_encodings_are_errors_that_say_so()
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["latin.csv"], [.. "id,text\n1,a\n2,caf"u8, 0xE9, (byte)'\n']);
        Assert.Contains("line 3 is bad: it is not valid UTF-8 at byte 17 ", Error(folder["latin.csv"]), StringComparison.Ordinal);
        foreach (string name in new[] { "wide.csv", "wide.jsonl" })
        {
            File.WriteAllText(folder[name], "{\"text\": \"a\"}\n", Encoding.Unicode);
            Assert.Contains("is UTF-16; convert it to UTF-8", Error(folder[name]), StringComparison.Ordinal);
        }

        string text = string.Concat(Enumerable.Repeat("Plain English text. ", 20));
        File.WriteAllBytes(folder["unmarked.txt"], Encoding.Unicode.GetBytes(text));
        Assert.Contains("UTF-16 without a byte-order mark", Error(folder["unmarked.txt"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"id\": 1, \"content\": \"a\", \"url\": \"u\"}", "a")]
    [InlineData("{\"Text\": \"a\", \"content\": \"b\"}", "a")]
    [InlineData("{\"id\": 1, \"words\": \"a\", \"meta\": {\"text\": \"b\"}}", "a")]
    public void The_field_that_holds_the_text_is_found(string line, string document)
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", line + "\n");
        Assert.Equal([document], Read(folder["a.jsonl"]).Documents);
    }

    [Fact]
    public void Where_the_field_cannot_be_told_the_error_lists_them()
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", "{\"id\": 1, \"question\": \"q\", \"answer\": \"a\"}\n");
        string message = Error(folder["a.jsonl"]);
        Assert.Contains("choose it with CorpusOptions.TextField: it has 'id' (no text), 'question', 'answer'", message, StringComparison.Ordinal);
        Assert.Equal(["a"], Read(folder["a.jsonl"], new CorpusOptions { TextField = "answer" }).Documents);
        folder.Write("a.csv", "a,b\n1,2\n");
        Assert.Contains("no column 'c'", Error(folder["a.csv"], new CorpusOptions { TextField = "c" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_without_text_are_counted()
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", "{\"text\": null}\n\n{\"text\": \"\"}\n{\"text\": \"a\"}\n");
        Assert.Equal(new CorpusCounts(1, 2, 0), Read(folder["a.jsonl"]).Counts);
        folder.Write("one.csv", "text\na\n\nb\n");
        Assert.Equal(new CorpusCounts(2, 1, 0), Read(folder["one.csv"]).Counts);
        Assert.Equal("2 documents (1 empty row passed over, 3 duplicates left out)", new CorpusCounts(2, 1, 3).ToString());
    }

    [Theory]
    [InlineData(".gz")]
    [InlineData(".zst")]
    public void Packed_files_read_as_what_is_in_them_and_not_when_cut_short(string packing)
    {
        using TestFolder folder = new();
        string lines = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{{\"text\": \"line {i} {i * 7919L % 10007}\"}}\n"));
        byte[] packed = Pack(Encoding.UTF8.GetBytes(lines), packing);
        string path = folder["a.jsonl" + packing];

        // Two packed parts one after the other are one file.
        File.WriteAllBytes(path, [.. packed, .. packed]);
        (List<string> documents, CorpusCounts counts) = Read(path);
        Assert.Equal(40_000, counts.Documents);
        Assert.Equal("line 19999 " + (19_999 * 7919L % 10007), documents[^1]);
        foreach (int length in new[] { packed.Length - 1, packed.Length - 5, packed.Length / 2, 30 })
        {
            File.WriteAllBytes(path, packed[..length]);
            string message = Error(path);
            Assert.True(message.Contains("cut short or damaged", StringComparison.Ordinal) && message.Contains(path, StringComparison.Ordinal), $"{length}: {message}");
        }

        File.WriteAllBytes(folder["b.txt" + packing], Pack("plain text"u8.ToArray(), packing));
        Assert.Equal(["plain text"], Read(folder["b.txt" + packing]).Documents);
    }

    [Theory]
    [InlineData(27, null)]
    [InlineData(28, "window of more than 128 MB")]
    [InlineData(31, "zstd -d --long=31")]
    public void Zstd_with_a_window_beyond_the_usual_says_so(int windowLog, string? expected)
    {
        using TestFolder folder = new();

        // A frame whose head names its window, and one block as it is.
        byte[] text = "plain text"u8.ToArray();
        File.WriteAllBytes(folder["a.txt.zst"], [0x28, 0xB5, 0x2F, 0xFD, 0, (byte)((windowLog - 10) << 3), (byte)((text.Length << 3) | 1), 0, 0, .. text]);
        if (expected is null)
            Assert.Equal(["plain text"], Read(folder["a.txt.zst"]).Documents);
        else
            Assert.Contains(expected, Error(folder["a.txt.zst"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_and_patterns_take_all_kinds()
    {
        using TestFolder folder = new();
        folder.Write("a.txt", "A");
        folder.Write("b.csv", "text\nB1\nB2\n");
        folder.Write("deep/c.jsonl", "{\"text\": \"C\"}\n");
        File.WriteAllBytes(folder["deep/d.md.gz"], Pack("D"u8.ToArray(), ".gz"));
        folder.Write("deep/more/e.txt", "E");
        Assert.Equal(["A", "B1", "B2", "C", "D", "E"], Read(folder.Path).Documents);
        Assert.Equal(["A"], Read(folder["*.txt"]).Documents);
        Assert.Equal(["A", "E"], Read(folder["**/*.txt"]).Documents);
        Assert.Equal(["C", "D"], Read(folder["deep/?.*"]).Documents);
        Assert.Contains("no file matches", Error(folder["*.parquet"]), StringComparison.Ordinal);
        Assert.Contains("no folder", Error(folder["nowhere/*.txt"]), StringComparison.Ordinal);
        Assert.Equal(["B2", "C"], Read(folder.Path + "[2:4]").Documents);
    }

    [Theory]
    [InlineData("[z-a]*")]
    [InlineData("a[!]b")]
    public void A_set_of_characters_that_makes_no_sense_is_a_clear_error(string pattern) =>
        Assert.Contains($"'{pattern}' has a set", Assert.Throws<KansformersException>(() => CorpusFiles.FormOf(pattern, sets: true)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_part_of_the_rows_can_be_taken()
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", string.Concat(Enumerable.Range(0, 200).Select(i => $"{{\"text\": \"{(i % 10 == 0 ? "" : i)}\"}}\n")));
        Assert.Equal(["1", "2"], Read(folder["a.jsonl"] + "[:3]").Documents);
        Assert.Equal(["1"], Read(folder["a.jsonl"] + "[:1%]").Documents);
        Assert.Equal(["198", "199"], Read(folder["a.jsonl"] + "[-2:]").Documents);
        folder.Write("a.txt", "text");
        Assert.Contains("is one document", Error(folder["a.txt"] + "[:1%]"), StringComparison.Ordinal);
        folder.Write("b.txt[:1]", "its own name");
        Assert.Equal(["its own name"], Read(folder["b.txt[:1]"]).Documents);
    }

    [Theory]
    [InlineData("[-1%:]", "has 30 rows, and is read by the slice [-1%:], which takes no row of it")]
    [InlineData("[99%:]", "has 30 rows, and is read by the slice [99%:], which takes no row of it")]
    [InlineData("[:1%]", "has 30 rows")]
    [InlineData("[:-99%]", "has 30 rows")]
    [InlineData("[:-30]", "has 30 rows")]
    [InlineData("[30:]", "has 30 rows")]
    [InlineData("[100:200]", "has 30 rows")]
    [InlineData("[:0]", "is read by the slice [:0], which takes no row of it")]
    [InlineData("[20:10]", "is read by the slice [20:10]")]
    public void A_slice_without_rows_is_refused(string slice, string expected)
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", string.Concat(Enumerable.Range(0, 30).Select(i => $"{{\"text\": \"{i}\"}}\n")));
        folder.Write("f/a.csv", "text\n" + string.Concat(Enumerable.Range(0, 29).Select(i => $"{i}\n")));
        folder.Write("f/b.txt", "one");
        foreach (string path in new[] { folder["a.jsonl"], folder["f"], folder["f/*"] })
        {
            string message = Error(path + slice);
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.Contains(path + slice, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Each_document_is_taken_once_when_asked_for()
    {
        using TestFolder folder = new();
        folder.Write("a.txt", "one");
        folder.Write("b.txt", "one");
        folder.Write("c.jsonl", "{\"text\": \"two\"}\n{\"text\": \"\"}\n{\"text\": \"one\"}\n{\"text\": \"\"}\n{\"text\": \"two\"}\n{\"text\": \"Two\"}\n");
        (List<string> documents, CorpusCounts counts) = Read(folder.Path, new CorpusOptions { Deduplicate = true });
        Assert.Equal(["one", "two", "Two"], documents);
        Assert.Equal(new CorpusCounts(3, 2, 3), counts);
        Assert.Equal(new CorpusCounts(6, 2, 0), Read(folder.Path).Counts);
        Assert.Equal(["two", "Two"], Read(folder["c.jsonl"] + "[4:]", new CorpusOptions { Deduplicate = true }).Documents);
    }

    [Fact]
    public void Counts_survive_in_the_cache()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.csv", "text\na\na\n\nb\n");
        PrepareOptions options = new() { Corpus = Corpus.Open(path, new CorpusOptions { Deduplicate = true }), TokenizerKind = "gpt2", CacheFolder = folder["cache"] };
        for (int time = 0; time < 2; time++)
        {
            using TokenizedCorpus corpus = TokenizedCorpus.Prepare(options);
            Assert.Equal((time == 1, new CorpusCounts(2, 1, 1)), (corpus.FromCache, corpus.Counts));
            Assert.Contains("column 'text'", corpus.Description, StringComparison.Ordinal);
        }

        using TokenizedCorpus whole = TokenizedCorpus.Prepare(options with { Corpus = Corpus.Open(path) });
        Assert.Equal((false, new CorpusCounts(3, 1, 0)), (whole.FromCache, whole.Counts));
    }

    [Theory]
    [InlineData("/data/book.txt", "book")]
    [InlineData("/data/part.jsonl.zst[:1%]", "part")]
    [InlineData("/data/web/*.parquet", "web")]
    [InlineData("hub:me/notes@main:a/train[:1%]", "notes")]
    [InlineData("openwebtext[:1%]", "openwebtext")]
    [InlineData("*.txt", "files")]
    [InlineData("dotnet-docs", "dotnet-docs")]
    public void Runs_are_named_after_their_corpus(string data, string name) => Assert.Equal(name, CorpusPath.Short(data));

    internal static byte[] Pack(byte[] bytes, string packing)
    {
        if (packing == ".zst")
        {
            using Compressor compressor = new(3);
            return compressor.Wrap(bytes).ToArray();
        }

        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(bytes);
        return packed.ToArray();
    }

    internal static (List<string> Documents, CorpusCounts Counts) Read(string path, CorpusOptions? options = null)
    {
        CorpusTally tally = new();
        List<StringBuilder> documents = [new()];
        foreach (TextPiece piece in Corpus.Open(path, options).Read(tally))
        {
            if (piece.StartsLaterDocument)
                documents.Add(new());
            documents[^1].Append(piece.Text);
        }

        return ([.. documents.Select(document => document.ToString())], tally.Counts);
    }

    internal static string Error(string path, CorpusOptions? options = null) => Assert.Throws<KansformersException>(() => Read(path, options)).Message;
}
