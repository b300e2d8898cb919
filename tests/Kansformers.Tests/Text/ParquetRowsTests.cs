using Kansformers.Text;
using Parquet.Schema;

namespace Kansformers.Tests.Text;

/// <summary>Whole rows of Parquet files that Parquet.Net wrote.</summary>
public class ParquetRowsTests
{
    [Fact]
    public async Task Numbers_and_truth_values_are_their_texts()
    {
        using TestFolder folder = new();
        await ParquetTable.Write(folder["a.parquet"], 3,
            ParquetTable.Column("text", ["a", null, "é"]),
            ParquetTable.Column("int", [1, -7, int.MaxValue]),
            ParquetTable.Column("long", [1L, long.MinValue, long.MaxValue]),
            ParquetTable.Column("byte", new byte[] { 0, 255, 3 }),
            ParquetTable.Column("unsigned", [0UL, 1UL, ulong.MaxValue]),
            ParquetTable.Column("float", [0.1f, -2f, float.NaN]),
            ParquetTable.Column("double", [0.1, 1e300, -3]),
            ParquetTable.Column("bool", [true, false, true]),
            ParquetTable.Column("maybe", new int?[] { null, 5, null }),
            ParquetTable.Column("fraction", new double?[] { 0.25, null, null }));
        TableRecord[] rows = [.. ParquetRows.Read(folder["a.parquet"])];
        Assert.Equal([1, 2, 3], rows.Select(row => row.Line));
        Assert.Equal(["a", "1", "1", "0", "0", "0.1", "0.1", "true", null, "0.25"], rows[0].Values.Values);
        Assert.Equal([null, "-7", "-9223372036854775808", "255", "1", "-2", "1E+300", "false", "5", null], rows[1].Values.Values);
        Assert.Equal(["é", "2147483647", "9223372036854775807", "3", "18446744073709551615", "NaN", "-3", "true", null, null], rows[2].Values.Values);
        Assert.All(rows, row => Assert.Empty(row.Nested));
        Assert.Equal($"'{folder["a.parquet"]}' row 3", rows[2].Place);
    }

    [Fact]
    public async Task Many_numbers_come_back_whatever_their_encoding()
    {
        using TestFolder folder = new();
        int[] counted = [.. Enumerable.Range(0, 5000).Select(i => (i * i) - 70)], few = [.. Enumerable.Range(0, 5000).Select(i => i % 3)];
        long[] wild = [.. Enumerable.Range(0, 5000).Select(i => unchecked(i * 6364136223846793005L))];
        bool[] bits = [.. Enumerable.Range(0, 5000).Select(i => i % 5 == 0)];
        await ParquetTable.Write(folder["a.parquet"], 5000, ParquetTable.Column("counted", counted), ParquetTable.Column("few", few), ParquetTable.Column("wild", wild), ParquetTable.Column("bits", bits));
        TableRecord[] rows = [.. ParquetRows.Read(folder["a.parquet"])];
        Assert.Equal(counted.Zip(few, wild).Zip(bits, (row, bit) => FormattableString.Invariant($"{row.First} {row.Second} {row.Third} {(bit ? "true" : "false")}")), rows.Select(row => string.Join(' ', row.Values.Values)));
    }

    [Fact]
    public async Task Lists_and_objects_are_their_json()
    {
        using TestFolder folder = new();
        StructField entry = new("element", new DataField<string>("text"), new DataField<string>("label"));
        ParquetSchema schema = new(
            new ListField("words", new DataField<string>("element")),
            new StructField("answers", new ListField("text", new DataField<string>("element")), new DataField<string>("kind")),
            new ListField("turns", entry));
        await ParquetTable.Write(folder["a.parquet"], schema,
        [
            new ParquetPart(["a", "b\"", "c"]) { Starts = [0, 1, 0] },
            new ParquetPart(["x", "y", "z"]) { Starts = [0, 0, 1] },
            new ParquetPart(["one", "two"]),
            new ParquetPart(["hi", "bye", "so"]) { Starts = [0, 1, 0] },
            new ParquetPart(["p", "q", "r"]) { Starts = [0, 1, 0] },
        ]);
        TableRecord[] rows = [.. RecordFile.Read(folder["a.parquet"], null, keepsNested: true)];
        Assert.Equal(["words", "answers", "turns"], rows[0].Nested);
        Assert.Equal(["""["a","b\u0022"]""", """{"text":["x"],"kind":"one"}""", """[{"text":"hi","label":"p"},{"text":"bye","label":"q"}]"""], rows[0].Values.Values);
        Assert.Equal(["""["c"]""", """{"text":["y","z"],"kind":"two"}""", """[{"text":"so","label":"r"}]"""], rows[1].Values.Values);
        Assert.Contains("holds a list or an object in 'words'", Assert.Throws<KansformersException>(() => rows[0].Text("words")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_none_is_told()
    {
        using TestFolder folder = new();
        Assert.Contains("is not a Parquet file that can be read", Assert.Throws<KansformersException>(() => ParquetRows.Read(folder.Write("a.parquet", "no parquet at all")).ToArray()).Message, StringComparison.Ordinal);
        Assert.Contains("unpack it", Assert.Throws<KansformersException>(() => ParquetRows.Read(folder["a.parquet.gz"]).ToArray()).Message, StringComparison.Ordinal);
    }
}
