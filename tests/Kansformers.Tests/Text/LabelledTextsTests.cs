using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>Tables of labelled texts.</summary>
public class LabelledTextsTests
{
    [Fact]
    public void Columns_are_found_by_their_names()
    {
        using TestFolder folder = new();
        Assert.Equal(["a/x", "b, c/y"], Read("a.csv", "id,Label,Text\n1,x,a\n2, y ,\"b, c\"\n"));
        Assert.Equal(["a/x"], Read("a.tsv", "kind\tlabel\na\tx\n"));
        Assert.Equal(["a/1", "b/true", "/x"], Read("a.jsonl", "{\"text\": \"a\", \"label\": 1}\n\n{\"label\": true, \"text\": \"b\"}\n{\"text\": null, \"label\": \"x\"}\n"));
        Assert.Equal(["a|b/2.5"], Read("b.csv", "premise,hypothesis,score\na,b,2.5\n", new LabelledFields(Pair: "hypothesis")));
        Assert.Equal(["x/a"], Read("c.csv", "text,label\na,x\n", new LabelledFields("label", null, "text")));
        Assert.Equal("'" + folder["a.csv"] + "' line 3", LabelledTexts.Read(folder["a.csv"], new LabelledFields())[1].Place);
        Assert.Equal([""], LabelledTexts.Read(folder.Write("d.csv", "sentence\na\n"), new LabelledFields(), needsLabels: false).Select(row => row.Label));

        string[] Read(string name, string content, LabelledFields? fields = null) =>
            [.. LabelledTexts.Read(folder.Write(name, content), fields ?? new LabelledFields()).Select(row => $"{row.Text}{(row.Pair is null ? "" : "|" + row.Pair)}/{row.Label}")];
    }

    [Theory]
    [InlineData("a.csv", "text,label\na,\n", "line 2 has no label in 'label'")]
    [InlineData("a.csv", "text,label\na,x\nb\n", "line 3 is bad: it has 1 field where the first record names 2 columns")]
    [InlineData("a.csv", "text;label\na;x\n", "seems to be separated by ';', not by commas: convert it to commas")]
    [InlineData("a.csv", "text,label\u2028a,x\u2028", "line 1 is bad: a column's name holds U+2028")]
    [InlineData("a.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\r{\"text\": \"a\", \"label\": \"x\"}\r", "line 1 is bad", "holds CR, which does not end a line here")]
    [InlineData("a.csv", "text,text\na,x\n", "two columns are called 'text'")]
    [InlineData("a.csv", "one,two\na,x\n", "cannot tell which column", "DataConfig.LabelField", "'one', 'two'")]
    [InlineData("a.csv", "one,two,label\na,b,x\n", "holds the texts", "DataConfig.TextField")]
    [InlineData("a.csv", "text,label\n", "holds no row")]
    [InlineData("a.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n{\"label\": \"x\"}\n", "line 2 has no field 'text'")]
    [InlineData("a.jsonl", "{\"text\": \"a\", \"label\": [1]}\n", "line 1 holds a list or an object in 'label'")]
    [InlineData("a.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": {\"a\": 1}, \"label\": \"x\"}\n", "line 2 holds a list or an object in 'text'")]
    [InlineData("a.jsonl", "{\"text\": \"a\", \"label\": null}\n", "line 1 has no label")]
    [InlineData("a.json", "[{\"text\": \"a\", \"label\": \"x\"}]", "is a JSON array, not one object a line")]
    [InlineData("a.csv", "label,score\na,1\n", "cannot tell which column", "holds the texts")]
    [InlineData("a.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\nnothing\n", "line 2 is bad")]
    [InlineData("a.txt", "a\n", "is no table with a column of labels")]
    public void What_is_wrong_is_told_with_its_line(string name, string content, params string[] words)
    {
        using TestFolder folder = new();
        string message = Assert.Throws<KansformersException>(() => LabelledTexts.Read(folder.Write(name, content), new LabelledFields())).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("comment,label\na,x\n", "a")]
    [InlineData("label,comment\nx,a\n", "a")]
    [InlineData("target\na\n", "a")]
    [InlineData("score,comment,label\n1,a,x\n", "a")]
    [InlineData("text,score\na,1\n", "a")]
    public void Without_labels_the_text_is_found_as_with_them(string csv, string text)
    {
        using TestFolder folder = new();
        string path = folder.Write("a.csv", csv);
        Assert.Equal([text], LabelledTexts.Read(path, new LabelledFields(), needsLabels: false).Select(row => row.Text));
        if (csv.Contains(',', StringComparison.Ordinal))
            Assert.Equal([text], LabelledTexts.Read(path, new LabelledFields()).Select(row => row.Text));
        Assert.Equal(["x"], LabelledTexts.Read(folder.Write("b.csv", "label,text\nx,y\n"), new LabelledFields("label", null, "label"), needsLabels: false).Select(row => row.Text));
    }

    [Fact]
    public void What_is_no_UTF8_is_told_with_its_place_and_deep_fields_beside_the_text_are_no_harm()
    {
        using TestFolder folder = new();
        string deep = string.Concat(Enumerable.Repeat("[", 100)) + string.Concat(Enumerable.Repeat("]", 100));
        Assert.Equal(["a"], LabelledTexts.Read(folder.Write("a.jsonl", $"{{\"more\": {deep}, \"text\": \"a\", \"label\": 1.50}}\n"), new LabelledFields()).Select(row => row.Text));
        File.WriteAllBytes(folder["b.jsonl"], [.. "{\"text\": \""u8, 0xff, .. "\", \"label\": \"x\"}\n"u8]);
        Assert.Contains("line 1 is bad: it is not valid UTF-8 at byte 10 of the file", Assert.Throws<KansformersException>(() => LabelledTexts.Read(folder["b.jsonl"], new LabelledFields())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_are_not_there_are_told()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.csv", "text,label\na,x\n");
        foreach (LabelledFields fields in (LabelledFields[])[new("none"), new(null, "none"), new(null, null, "none")])
            Assert.Contains("has no column 'none'; choose another with DataConfig.", Assert.Throws<KansformersException>(() => LabelledTexts.Read(path, fields)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be two things", Assert.Throws<KansformersException>(() => LabelledTexts.Read(path, new LabelledFields("text", "text"))).Message, StringComparison.Ordinal);
        Assert.Contains("there is no file", Assert.Throws<KansformersException>(() => LabelledTexts.Read(folder["none.csv"], new LabelledFields())).Message, StringComparison.Ordinal);
    }
}
