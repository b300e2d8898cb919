using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>Packed files: what lies behind a member of gzip or a frame of zstd is another one, padding, or an error, never lost.</summary>
public class PackedFileTests
{
    private const string Refused = "cut short or damaged";

    // What the parts stand for: M a member or frame with "one\n", m an empty one, b a large one, and the bytes that are written in hexadecimal.
    [Theory]
    [InlineData(".gz", "M", 1)]
    [InlineData(".gz", "M M M", 3)]
    [InlineData(".gz", "m M m", 1)]
    [InlineData(".gz", "M 00", 1)]
    [InlineData(".gz", "M M zeros", 2)]
    [InlineData(".gz", "b M b zeros", 20_001)]
    [InlineData(".zst", "M M", 2)]
    [InlineData(".zst", "m M m", 1)]
    [InlineData(".zst", "b M b", 20_001)]
    [InlineData(".zst", "5F2A4D1803000000010203 M 502A4D1800000000 M", 2)] // skippable frames
    [InlineData(".zst", "M 502A4D180400000000112233", 1)]
    public void Parts_follow_one_another(string packing, string parts, int lines)
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["a.txt" + packing], Build(parts, packing));
        Assert.Equal([string.Concat(Enumerable.Repeat("one\n", lines))], TableCorpusTests.Read(folder["a.txt" + packing]).Documents);
    }

    [Theory]
    [InlineData(".gz", "M M 676172626167652C20617320746578742E", "(behind a member lies neither another one nor zeros to the end, at member 2)")]
    [InlineData(".gz", "M 01", "behind a member lies neither")]
    [InlineData(".gz", "M 1F", "it ends within a member")]
    [InlineData(".gz", "M 1F8B08", "it ends within a member")]
    [InlineData(".gz", "M 1F8C M", "behind a member lies neither")]
    [InlineData(".gz", "M 1F8B07 M", "packed by a method that gzip does not have")]
    [InlineData(".gz", "M 1F8B0880 M", "flags that gzip does not have, at member 2")]
    [InlineData(".gz", "M zeros M", "behind a member lie zeros and then something else")]
    [InlineData(".gz", "M 00 M", "behind a member lie zeros and then something else")]
    [InlineData(".gz", "M zeros 01", "behind a member lie zeros and then something else")]
    [InlineData(".gz", "zeros M", "it does not begin as gzip does")]
    [InlineData(".gz", "zeros", "it does not begin as gzip does")]
    [InlineData(".zst", "M 676172626167652C20617320746578742E", Refused)]
    [InlineData(".zst", "M 01", Refused)]
    [InlineData(".zst", "M 0000", Refused)]
    [InlineData(".zst", "M 28B52FFD", Refused)]
    [InlineData(".zst", "M zeros", Refused)]
    [InlineData(".zst", "M zeros M", Refused)]
    [InlineData(".zst", "M 502A4D1804000000001122", Refused)] // a skippable frame that is cut short
    [InlineData(".zst", "zeros", Refused)]
    public void What_begins_no_other_part_is_refused(string packing, string parts, string expected)
    {
        using TestFolder folder = new();
        string path = folder["a.txt" + packing];
        File.WriteAllBytes(path, Build(parts, packing));
        string message = TableCorpusTests.Error(path);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains(Refused, message, StringComparison.Ordinal);
        Assert.Contains(path, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".gz")]
    [InlineData(".zst")]
    public void No_byte_of_a_head_can_be_damaged_so_that_parts_are_lost(string packing)
    {
        using TestFolder folder = new();
        string path = folder["a.txt" + packing];
        byte[] part = Build("M", packing), whole = Build("M M M", packing);
        foreach (int at in Enumerable.Range(part.Length, part.Length))
        {
            foreach (byte change in (byte[])[1, 0x80, 0xFF])
            {
                byte[] damaged = [.. whole];
                damaged[at] ^= change;
                File.WriteAllBytes(path, damaged);
                string? text = null;
                try
                {
                    text = Assert.Single(TableCorpusTests.Read(path).Documents);
                }
                catch (KansformersException failure)
                {
                    Assert.Contains(path, failure.Message, StringComparison.Ordinal);
                }

                // What is changed in a hint, such as the time, does no harm. These frames of zstd have no checksum: a letter may change, none is lost.
                Assert.True(text is null or "one\none\none\n" || (packing == ".zst" && text.Length == 12), string.Create(CultureInfo.InvariantCulture, $"byte {at} ^ {change}: {text}"));
            }
        }
    }

    [Theory]
    [InlineData(".gz")]
    [InlineData(".zst")]
    public void A_packed_file_of_no_bytes_is_refused_in_a_folder_too(string packing)
    {
        using TestFolder folder = new();
        folder.Write("a.txt", "text");
        folder.Write("b.txt" + packing, "");
        Assert.Contains(Refused, TableCorpusTests.Error(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_of_gzip_may_hold_everything_that_there_is()
    {
        using TestFolder folder = new();
        byte[] plain = Build("M", ".gz");
        byte[] head = [0x1F, 0x8B, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, .. "name\0comment\0"u8];
        uint checksum = Crc32.HashToUInt32(head);
        byte[] full = [.. head, (byte)checksum, (byte)(checksum >> 8), .. plain[10..]];
        File.WriteAllBytes(folder["a.txt.gz"], [.. full, .. plain, .. full]);
        Assert.Equal(["one\none\none\n"], TableCorpusTests.Read(folder["a.txt.gz"]).Documents);
        full[head.Length] ^= 1;
        File.WriteAllBytes(folder["a.txt.gz"], [.. plain, .. full]);
        Assert.Contains("its head does not match its checksum, at member 2", TableCorpusTests.Error(folder["a.txt.gz"]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_place_of_what_is_refused_is_told()
    {
        using TestFolder folder = new();
        byte[] member = Build("M", ".gz");
        File.WriteAllBytes(folder["a.txt.gz"], [.. member, .. member, .. "garbage"u8]);
        Assert.Contains($"beyond byte {2 * member.Length} (", TableCorpusTests.Error(folder["a.txt.gz"]), StringComparison.Ordinal);
    }

    // The end of a member, and the head of the next, come to lie at every place around the end of a buffer.
    [Fact]
    public void Members_may_end_anywhere_in_a_buffer()
    {
        using TestFolder folder = new();
        byte[] noise = new byte[65_300], tail = Build("M M", ".gz");
        new Random(7).NextBytes(noise);
        string text = Convert.ToHexString(noise)[..65_300];
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.NoCompression, leaveOpen: true))
            stream.Write(Encoding.ASCII.GetBytes(text));
        byte[] first = packed.ToArray();
        for (int more = 0; more < 300; more++)
        {
            // An extra field moves what follows by one byte at a time.
            byte[] moved = [.. first[..3], 4, .. first[4..10], (byte)more, (byte)(more >> 8), .. new byte[more], .. first[10..], .. tail];
            File.WriteAllBytes(folder["a.txt.gz"], moved);
            Assert.Equal([text + "one\none\n"], TableCorpusTests.Read(folder["a.txt.gz"]).Documents);
        }
    }

    [Fact]
    public void A_hundred_members_are_a_hundred_documents_or_an_error()
    {
        using TestFolder folder = new();
        byte[][] members = [.. Enumerable.Range(0, 100).Select(i => TableCorpusTests.Pack(Encoding.UTF8.GetBytes($"{{\"text\": \"document {i}\"}}\n"), ".gz"))];
        File.WriteAllBytes(folder["a.jsonl.gz"], [.. members.SelectMany(member => member)]);
        Assert.Equal(100, TableCorpusTests.Read(folder["a.jsonl.gz"]).Counts.Documents);
        members[1][1] = 0;
        File.WriteAllBytes(folder["a.jsonl.gz"], [.. members.SelectMany(member => member)]);
        Assert.Contains(Refused, TableCorpusTests.Error(folder["a.jsonl.gz"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)] // gzip
    [InlineData(4)] // brotli
    public void A_page_of_parquet_that_holds_more_than_it_says_is_refused(int codec)
    {
        using MemoryStream packed = new();
        using (Stream stream = codec == 2 ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true) : new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write("some page"u8);
        Assert.Equal("some page"u8, ParquetCodec.Unpack(codec, packed.ToArray(), 9));
        foreach (int length in new[] { 8, 10 })
            Assert.Contains("another length", Assert.Throws<InvalidDataException>(() => ParquetCodec.Unpack(codec, packed.ToArray(), length)).Message, StringComparison.Ordinal);
    }

    private static byte[] Build(string parts, string packing) => [.. parts.Split(' ').SelectMany(part => part switch
    {
        "M" => TableCorpusTests.Pack("one\n"u8.ToArray(), packing),
        "m" => TableCorpusTests.Pack([], packing),
        "b" => TableCorpusTests.Pack(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("one\n", 10_000))), packing),
        "zeros" => new byte[70_000],
        _ => Convert.FromHexString(part),
    })];
}
