using System.Text;
using CsCheck;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

public class CorpusTests
{
    [Fact]
    public void Utf8_and_marked_utf16_files_read_alike_and_line_ends_stay()
    {
        using TestFolder folder = new();
        string text = string.Concat(Enumerable.Repeat("añ😀你\r\nb", 20_000));
        Encoding[] encodings = [new UTF8Encoding(false), new UTF8Encoding(true), new UnicodeEncoding(false, true), new UnicodeEncoding(true, true)];
        foreach (Encoding encoding in encodings)
        {
            string path = folder["a.txt"];
            File.WriteAllText(path, text, encoding);
            TextPiece[] pieces = [.. Corpus.Open(path).Read()];
            Assert.Equal(text, string.Concat(pieces.Select(piece => piece.Text.ToString())));
            Assert.All(pieces, piece => Assert.False(char.IsHighSurrogate(piece.Text.Span[^1])));
            Assert.All(pieces, piece => Assert.InRange(piece.Text.Length, 1, TextPiece.MaximumLength));
            Assert.Equal(new FileInfo(path).Length, pieces.Sum(piece => piece.SourceBytes));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(32767)]
    [InlineData(100_000)]
    public void Bytes_that_are_not_utf8_are_an_error_with_file_and_place(int place)
    {
        using TestFolder folder = new();
        byte[] bytes = new byte[100_001];
        bytes.AsSpan().Fill((byte)'x');
        bytes[place] = 0xE9; // é in Latin-1
        File.WriteAllBytes(folder["latin.txt"], bytes);
        KansformersException failure = Assert.Throws<KansformersException>(() => Corpus.Open(folder["latin.txt"]).Read().Count());
        Assert.Contains("latin.txt", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"at byte {place};", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_in_utf16_is_an_error()
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["a.txt"], [0xFF, 0xFE, (byte)'a', 0, 0x3D, 0xD8, (byte)'b', 0]);
        Assert.Contains("UTF-16 text at byte 4;", Assert.Throws<KansformersException>(() => Corpus.Open(folder["a.txt"]).Read().Count()).Message, StringComparison.Ordinal);
        File.WriteAllBytes(folder["b.txt"], [0xFF, 0xFE, (byte)'a', 0, (byte)'b']);
        Assert.Contains("UTF-16", Assert.Throws<KansformersException>(() => Corpus.Open(folder["b.txt"]).Read().Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_its_text_files_in_ordinal_order()
    {
        using TestFolder folder = new();
        folder.Write("b.txt", "B");
        folder.Write("a/z.md", "z");
        folder.Write("a.txt", "A");
        folder.Write("C.TXT", "C");
        folder.Write("empty.txt", "");
        folder.Write("picture.png", "no");
        folder.Write(".hidden.txt", "no");
        folder.Write(".git/a.txt", "no");
        Corpus corpus = Corpus.Open(folder.Path);
        Assert.Equal(["C", "A", "z", "B"], Documents(corpus));
        Assert.Contains("(5 files)", corpus.Description, StringComparison.Ordinal);
        Assert.Equal(5, corpus.Files.Count);
        Assert.Equal(Path.GetFileName(folder.Path), corpus.Name);
    }

    [Fact]
    public void The_runs_in_a_folder_are_no_text()
    {
        using TestFolder folder = new();
        folder.Write("a.txt", "A");
        folder.Write("runs/x/config.json", "{}");
        folder.Write("runs/x/README.md", "no");
        folder.Write("package/config.json", "{}");
        folder.Write("package/README.md", "P");
        Assert.Equal(["A", "P", "no"], Documents(Corpus.Open(folder.Path)));
        folder.Write("runs/x/tokenizer.kansformers.json", "{}");
        Assert.Equal(["A", "P"], Documents(Corpus.Open(folder.Path)));
        Assert.Contains("is a run, not text", Assert.Throws<KansformersException>(() => Corpus.Open(folder["runs/x"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_lines_give_a_document_each()
    {
        using TestFolder folder = new();
        string huge = new('x', 300_000);
        folder.Write("a.jsonl", $"\uFEFF{{\"text\": \"one\\n\\u00e9\\ud83d\\ude00\", \"n\": [1, {{\"text\": 2}}]}}\r\n\n{{\"id\": 1, \"text\": \"{huge}\"}}\n{{\"text\": \"\"}}\n{{\"text\": \"three\"}}");
        Assert.Equal(["one\né😀", huge, "three"], Documents(Corpus.Open(folder["a.jsonl"])));
        folder.Write("b.jsonl", "{\"body\": \"b\"}\n");
        Assert.Equal(["b"], Documents(Corpus.Open(folder["b.jsonl"], new CorpusOptions { TextField = "body" })));
    }

    [Theory]
    [InlineData("{\"text\": \"cut", "not a JSON object")]
    [InlineData("[1]", "not a JSON object")]
    [InlineData("{\"text\": \"a\"} {\"text\": \"b\"}", "not a JSON object")]
    [InlineData("{\"body\": \"a\"}", "no field 'text'")]
    [InlineData("{\"text\": 1}", "not a text")]
    [InlineData("{\"text\": \"\\ud83d\"}", "surrogate")]
    public void A_bad_json_line_is_an_error_with_its_number(string bad, string expected)
    {
        using TestFolder folder = new();
        folder.Write("a.jsonl", "{\"text\": \"a\"}\n\n" + bad + "\n{\"text\": \"c\"}\n");
        KansformersException failure = Assert.Throws<KansformersException>(() => Corpus.Open(folder["a.jsonl"]).Read().Count());
        Assert.Contains("a.jsonl' line 3 is bad", failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_in_a_json_line_is_an_error_with_its_byte()
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["a.jsonl"], [.. "{\"text\":\"a\"}\n{\"text\":\""u8, 0xFF, .. "\"}"u8]);
        KansformersException failure = Assert.Throws<KansformersException>(() => Corpus.Open(folder["a.jsonl"]).Read().Count());
        Assert.Contains("line 2 is bad: it is not valid UTF-8 at byte 22 ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_or_empty_is_a_clear_error()
    {
        using TestFolder folder = new();
        Assert.Contains("no file or folder", Error(folder["nothing.txt"]), StringComparison.Ordinal);
        Assert.Contains("holds no .txt, .md, .jsonl", Error(folder.Path), StringComparison.Ordinal);
        folder.Write("empty.txt", "");
        Assert.Contains("is empty", Error(folder["empty.txt"]), StringComparison.Ordinal);
        Assert.Contains("holds no text", Error(folder.Path), StringComparison.Ordinal);
        File.WriteAllBytes(folder["mark.txt"], [0xEF, 0xBB, 0xBF]);
        Assert.Contains("holds no text", Error(folder["mark.txt"]), StringComparison.Ordinal);
        folder.Write("blank.jsonl", "\n{\"text\": \"\"}\n");
        Assert.Contains("holds no text", Error(folder["blank.jsonl"]), StringComparison.Ordinal);

        static string Error(string path) => Assert.Throws<KansformersException>(() => Corpus.Open(path).Read().Count()).Message;
    }

    [Fact]
    public void A_file_that_may_not_be_read_is_a_clear_error()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "needs a file that this user may not read");
        using TestFolder folder = new();
        string path = folder.Write("a.txt", "a");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.None);
        Assert.Contains("permission denied", Assert.Throws<KansformersException>(() => Corpus.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_survives_the_way_through_a_file()
    {
        using TestFolder folder = new();
        TextGen.Valid.Where(text => text.Length > 0 && text[0] != '\uFEFF').Sample(text =>
        {
            string path = folder.Write("a.txt", text);
            Assert.Equal([text], Documents(Corpus.Open(path)));
        }, iter: 200, threads: 1);
    }

    internal static List<string> Documents(Corpus corpus)
    {
        List<StringBuilder> documents = [new()];
        foreach (TextPiece piece in corpus.Read())
        {
            if (piece.StartsLaterDocument)
                documents.Add(new());
            documents[^1].Append(piece.Text);
        }

        return [.. documents.Select(document => document.ToString())];
    }
}
