using Kansformers.Text;

namespace Kansformers.Tests.Text;

public class DotnetDocsTests
{
    private const string Xml = """
        <?xml version="1.0" encoding="utf-8"?>
        <doc><assembly><name>Sample</name></assembly><members>
        <member name="T:Sample.Box`1">
          <summary>Holds
             a value,   such as <see cref="T:System.Int32" /> or <see langword="null" />
             , for .NET &amp; &lt;friends&gt;</summary>
          <typeparam name="T">not read</typeparam>
        </member>
        <member name="M:Sample.Box`1.#ctor(`0)"><summary>Initializes a new <see cref="T:Sample.Box`1" />.</summary></member>
        <member name="M:Sample.Box`1.Put``1(System.Collections.Generic.List{`0},``0)">
          <summary>Puts <paramref name="item" /> into it.</summary>
          <param name="item">not read</param>
          <returns><see langword="true" /> if it fits; otherwise, <see langword="false" /></returns>
          <remarks><para>See <see cref="M:Sample.Box`1.Take(System.Int32)" />.</para><para>Two.</para><code>
            program();
          </code><list type="bullet"><listheader><term>no</term></listheader><item><term>A</term><description>the first</description></item></list></remarks>
        </member>
        <member name="M:Sample.Box`1.Take"><summary>Takes it out.</summary><returns>The value.</returns></member>
        <member name="M:Sample.Box`1.Take(System.Int32)"><summary>Takes it out.</summary><returns>The value.</returns></member>
        <member name="P:Sample.Box`1.Count"><summary>Gets the number of values.</summary><returns>The number of values.</returns></member>
        <member name="M:Sample.Box`1.System#IDisposable#Dispose"><summary>Explicit.</summary></member>
        <member name="M:Sample.Box`1.op_LessThanOrEqual(Sample.Box{`0},Sample.Box{`0})"><summary>Compares.</summary></member>
        <member name="F:Sample.Box`1._hidden"><summary>Private.</summary></member>
        <member name="T:Sample.Box`1.Lid"><summary>Covers it.</summary></member>
        <member name="P:Sample.Box`1.Lid.Size"><summary>Is of 3 ×  4 cm.</summary></member>
        <member name="P:Sample.Box`1.Lid.Weight"><summary>Weighs.</summary></member>
        <member name="T:System.Runtime.Intrinsics.X86.Avx"><summary>Instructions.</summary></member>
        <member name="P:Sample.Box`1.Silent"><summary /></member>
        </members></doc>
        """;

    [Fact]
    public void Documentation_becomes_a_paragraph_per_member()
    {
        using TestFolder folder = new();
        folder.Write("Sample.xml", Xml);
        List<string> documents = CorpusTests.Documents(DotnetDocsCorpus.In(folder.Path, long.MaxValue));
        Assert.Equal(2, documents.Count);
        Assert.Equal("""
            Box: Holds a value, such as Int32 or null, for .NET & <friends>.
            Box constructor: Initializes a new Box.
            Box.Put: Puts item into it. See Box.Take. Two. A: the first. Returns true if it fits; otherwise, false.
            Box.Take: Takes it out. Returns the value.
            Box.Count: Gets the number of values.
            Box less than or equal operator: Compares.
            """, documents[1], ignoreLineEndingDifferences: true);
        Assert.Equal("Box.Lid: Covers it.\nBox.Lid.Weight: Weighs.", documents[0]);
    }

    [Fact]
    public void A_smaller_size_gives_the_beginning_of_the_same_text()
    {
        using TestFolder folder = new();
        folder.Write("Sample.xml", Xml);
        List<string> all = CorpusTests.Documents(DotnetDocsCorpus.In(folder.Path, long.MaxValue));
        Assert.Equal(all, CorpusTests.Documents(DotnetDocsCorpus.In(folder.Path, long.MaxValue)));
        Assert.Equal([all[0]], CorpusTests.Documents(DotnetDocsCorpus.In(folder.Path, 1)));
    }

    [Fact]
    public void Damaged_documentation_is_a_clear_error()
    {
        using TestFolder folder = new();
        string path = folder.Write("Sample.xml", Xml[..^30]);
        KansformersException failure = Assert.Throws<KansformersException>(() => DotnetDocsCorpus.In(folder.Path, long.MaxValue).Read().Count());
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("Corpus.Open", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_documentation_is_found()
    {
        using TestFolder folder = new();
        Assert.Null(DotnetDocsFolder.FindUnder(folder.Path));
        foreach (string version in new[] { "9.0.10", "10.0.2", "10.0.12", "10.0.12-rc.1", "11.0.0" })
            folder.Write($"packs/Microsoft.NETCore.App.Ref/{version}/ref/net{version[..version.LastIndexOf('.')].Split('-')[0]}/a.{(version == "11.0.0" ? "dll" : "xml")}", "");
        string expected = Path.Combine(folder.Path, "packs", "Microsoft.NETCore.App.Ref", "10.0.12", "ref", "net10.0");
        Assert.Equal(expected, DotnetDocsFolder.FindUnder(folder.Path));
    }

    [Fact]
    public void The_documentation_of_this_sdk_reads_as_plain_prose()
    {
        Assert.SkipWhen(DotnetDocsFolder.Find() is null, "needs the API documentation of a .NET SDK");
        Corpus corpus = Corpus.Open("dotnet-docs", new CorpusOptions { BuiltInBytes = 500_000 });
        List<string> documents = CorpusTests.Documents(corpus);
        string[] paragraphs = [.. documents.SelectMany(document => document.Split('\n'))];
        Assert.InRange(documents.Sum(document => document.Length), 450_000, 500_000);
        Assert.All(paragraphs, paragraph =>
        {
            Assert.Matches("^[A-Za-z].*: .*[.!?]$", paragraph);
            Assert.DoesNotContain("  ", paragraph, StringComparison.Ordinal);
            Assert.DoesNotContain("cref", paragraph, StringComparison.Ordinal);
        });
        Assert.Equal(paragraphs.Length, paragraphs.Distinct().Count());
    }
}
