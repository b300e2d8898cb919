using System.Text;
using Kansformers.Text;
using Snappier;

namespace Kansformers.Tests.Text;

/// <summary>Unpacking on the way against the library that unpacks as a whole.</summary>
public class SnappyPageTests
{
    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 5)]
    [InlineData(70_000, 2)]
    [InlineData(300_000, 3)]
    [InlineData(1_000_000, 4)]
    [InlineData(1_000_000, 256)]
    public void What_is_unpacked_on_the_way_is_what_was_packed(int length, int letters)
    {
        Random random = new(length + letters);
        byte[] content = new byte[length];
        for (int i = 0; i < length; i++)
            content[i] = i > 100 && random.Next(8) == 0 ? content[i - random.Next(1, 100)] : (byte)random.Next(letters);
        byte[] packed = Snappy.CompressToArray(content);
        foreach (int step in (int[])[1, 7, 1000, 1 << 20])
        {
            if (step == 1 && length > 100_000)
                continue;
            Assert.Equal(content, Unpack(packed, step));
        }
    }

    [Fact]
    public void Repetitions_of_what_was_just_written_and_long_tags_are_read()
    {
        // "abc", then 9 bytes from 3 back (1-byte offset), 5 from 2 back (2 bytes), 4 from 1 back (4 bytes), and a literal whose length takes a byte.
        byte[] packed = [23, 2 << 2, (byte)'a', (byte)'b', (byte)'c', 1 | (5 << 2), 3, 2 | (4 << 2), 2, 0, 3 | (3 << 2), 1, 0, 0, 0, 60 << 2, 1, (byte)'x', (byte)'y'];
        string expected = "abc" + "abcabcabc" + "bcbcb" + "bbbb" + "xy";
        Assert.Equal(expected, Encoding.ASCII.GetString(Unpack(packed, 100)));
        Assert.Equal(expected, Encoding.ASCII.GetString(Snappy.DecompressToArray(packed)));
    }

    [Fact]
    public void Damage_is_refused()
    {
        byte[] content = Encoding.ASCII.GetBytes(string.Join(' ', Enumerable.Range(0, 40_000)));
        byte[] packed = Snappy.CompressToArray(content);
        Random random = new(3);
        int refused = 0;
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = packed[..(i % 5 == 0 ? random.Next(packed.Length) : packed.Length)];
            for (int k = 0; k < 3 && damaged.Length > 0; k++)
                damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            try
            {
                Unpack(damaged, 1 << 16, 2 * content.Length);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 100, 500);
        Assert.Contains("further back", Assert.Throws<InvalidDataException>(() => Unpack([200, 1, 0, 1, 3, 0, 0, 2, 0], 10)).Message, StringComparison.Ordinal);
    }

    private static byte[] Unpack(byte[] packed, int step, int most = int.MaxValue)
    {
        using SnappyPage page = new(new MemoryStream(packed));
        using MemoryStream unpacked = new();
        byte[] buffer = new byte[step];
        while (unpacked.Length < most && page.Read(buffer) is int count and > 0)
            unpacked.Write(buffer, 0, count);
        return unpacked.ToArray();
    }
}
