namespace Kansformers.Tests.Text;

/// <summary>Where records of CSV end: in one of three ways, the same in a whole file, or an error says what was found.</summary>
public class CsvRecordTests
{
    [Theory]
    [InlineData("id,text|1,one|2,two|")]
    [InlineData("id,text|1,one|2,two")]
    [InlineData("\"id\",\"text\"|\"1\",\"one\"|\"2\",\"two\"|")]
    [InlineData("id,text||1,one||2,two||")]
    [InlineData("text|one|two|")]
    [InlineData("text,id|one,1|\"two\",\"a\rb\nc\r\nd\"|")]
    public void Records_end_in_any_of_three_ways(string content)
    {
        using TestFolder folder = new();
        foreach (string end in new[] { "\n", "\r\n", "\r" })
        {
            folder.Write("a.csv", content.Replace("|", end, StringComparison.Ordinal));
            folder.Write("a.tsv", content.Replace(',', '\t').Replace("|", end, StringComparison.Ordinal));
            File.WriteAllBytes(folder["a.csv.gz"], TableCorpusTests.Pack(File.ReadAllBytes(folder["a.csv"]), ".gz"));
            foreach (string name in new[] { "a.csv", "a.tsv", "a.csv.gz" })
                Assert.Equal(["one", "two"], TableCorpusTests.Read(folder[name]).Documents);
            Assert.Equal(6, TableCorpusTests.Read(folder.Path).Documents.Count);
        }
    }

    [Theory]
    [InlineData("id,text\n1,one\r2,two\n", "line 2 is bad: a line of it ends in CR, where the first of the file ends in LF;")]
    [InlineData("text\none\rtwo\rthree\r", "line 2 is bad: a line of it ends in CR, where the first of the file ends in LF;")]
    [InlineData("id,text\r\n1,one\r\n2,two\n", "line 3 is bad: a line of it ends in LF, where the first of the file ends in CRLF;")]
    [InlineData("id,text\r1,one\n", "line 2 is bad: a line of it ends in LF, where the first of the file ends in CR;")]
    [InlineData("id,text\r1,\"a\rb\"\r2,two\r\n", "line 4 is bad: a line of it ends in CRLF, where the first of the file ends in CR;")]
    [InlineData("id,text\r\r\n1,one\r\r\n", "line 2 is bad: a line of it ends in CRLF, where the first of the file ends in CR;")]
    [InlineData("id,text\n\r1,one\n\r", "line 2 is bad: a line of it ends in CR, where the first of the file ends in LF;")]
    [InlineData("id,text\r\n1,\"one\"\r", "line 2 is bad: a line of it ends in CR, where the first of the file ends in CRLF;")]
    [InlineData("id,text\n1,\"one\"\r\n", "line 2 is bad: a line of it ends in CRLF, where the first of the file ends in LF;")]
    [InlineData("text,id\u20281,one\u20282,two\u2028", "line 1 is bad: a column's name holds U+2028, a line break that CSV does not know")]
    [InlineData("text\u0085one\u0085", "line 1 is bad: a column's name holds U+0085")]
    [InlineData("text,id\u001eone,1\u001e", "line 1 is bad: a column's name holds U+001E")]
    public void Records_that_end_in_more_ways_than_one_are_refused(string content, string expected)
    {
        using TestFolder folder = new();
        folder.Write("good.csv", "text,id\ngood,1\n");
        folder.Write("a.csv", content);
        folder.Write("a.tsv", content.Replace(',', '\t'));
        foreach (string name in new[] { "a.csv", "a.tsv", "*.csv" })
            Assert.Contains(expected, TableCorpusTests.Error(folder[name]), StringComparison.Ordinal);
    }
}
