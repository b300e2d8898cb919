using Kansformers.Text;
using Parquet;
using Parquet.Schema;

namespace Kansformers.Tests.Text;

/// <summary>Files that Parquet.Net wrote: a row group is one page, whose header holds its least and greatest text whole, however long.</summary>
public class ParquetNetFileTests
{
    [Theory]
    [InlineData(CompressionMethod.None, 1_500)]
    [InlineData(CompressionMethod.Snappy, 20)]
    [InlineData(CompressionMethod.Snappy, 1_010)]
    [InlineData(CompressionMethod.Snappy, 9_000)]
    [InlineData(CompressionMethod.Snappy, 20_000_000)]
    [InlineData(CompressionMethod.Gzip, 600_000)]
    [InlineData(CompressionMethod.Brotli, 9_000)]
    [InlineData(CompressionMethod.Zstd, 70_000)]
    [InlineData(CompressionMethod.Lz4Raw, 9_000)]
    public async Task Texts_of_any_length_come_back(CompressionMethod codec, int longest)
    {
        string?[] rows = [.. Enumerable.Range(0, 40).Select(i => i % 7 == 3 ? null : i == 5 ? new string('a', longest) : i == 6 ? new string('z', longest) : $"row {i} größer 😀")];
        await ComesBack(rows, new ParquetOptions { CompressionMethod = codec, RowGroupSize = 40 });
    }

    [Fact]
    public async Task A_dictionary_comes_back() =>
        await ComesBack([.. Enumerable.Range(0, 3000).Select(i => i % 11 == 4 ? null : new string((char)('a' + (i % 5)), 2_000))], new ParquetOptions { DictionaryEncodingThreshold = 1 });

    [Fact]
    public async Task A_header_that_is_cut_short_is_damage()
    {
        using TestFolder folder = new();
        await Write(folder["a.parquet"], [new string('a', 5_000), new string('b', 5_000)], new ParquetOptions { CompressionMethod = CompressionMethod.None });
        byte[] bytes = File.ReadAllBytes(folder["a.parquet"]);
        // The length of the greatest text, in its page's header, then leads beyond the file.
        int at = bytes.AsSpan().IndexOf(new byte[] { 0x88, 0x27 });
        Assert.InRange(at, 4, 100);
        byte[] longer = [.. bytes[..at], 0x88, 0xA7, 0x7F, .. bytes[(at + 2)..]];
        File.WriteAllBytes(folder["long.parquet"], longer);
        Assert.Contains("long.parquet' is not a Parquet file that can be read in row group 0", TableCorpusTests.Error(folder["long.parquet"]), StringComparison.Ordinal);
    }

    private static async Task ComesBack(string?[] rows, ParquetOptions options)
    {
        using TestFolder folder = new();
        await Write(folder["a.parquet"], rows, options);
        (List<string> documents, CorpusCounts counts) = TableCorpusTests.Read(folder["a.parquet"]);
        Assert.Equal(rows.OfType<string>(), documents);
        Assert.Equal(new CorpusCounts(documents.Count, rows.Count(row => row is null), 0), counts);
    }

    private static async Task Write(string path, string?[] rows, ParquetOptions options)
    {
        ParquetSchema schema = new(new DataField<string>("text"));
        await using FileStream file = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, file, options);
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        await group.WriteAsync(schema.GetDataFields()[0], (IReadOnlyCollection<string?>)rows);
    }
}
