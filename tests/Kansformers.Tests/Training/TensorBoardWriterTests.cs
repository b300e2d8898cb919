using System.Buffers.Binary;
using System.Text;
using Kansformers.Files;
using Kansformers.Training;

namespace Kansformers.Tests.Training;

public class TensorBoardWriterTests
{
    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("a", 0xC1D04330u)]
    [InlineData("123456789", 0xE3069283u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x22620404u)]
    public void The_checksum_is_CRC_32C(string text, uint expected)
    {
        Assert.Equal(expected, TensorBoardEvent.Crc32C(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(expected, EventsFile.Crc32C(Encoding.ASCII.GetBytes(text)));
    }

    // iSCSI, RFC 3720, appendix B.4.
    [Fact]
    public void The_checksum_of_the_iSCSI_vectors_is_right()
    {
        Assert.Equal(0x8A9136AAu, TensorBoardEvent.Crc32C(new byte[32]));
        Assert.Equal(0x62A8AB43u, TensorBoardEvent.Crc32C([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, TensorBoardEvent.Crc32C([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }

    [Fact]
    public void An_independent_reader_finds_the_version_then_the_scalars()
    {
        using TestFolder folder = new();
        using TensorBoardWriter writer = new(folder["tb"], clock: new StoppedClock());
        writer.Add("train/loss", 3.5, 0);
        writer.Add("größe", double.NaN, long.MaxValue);
        writer.Add(RunLogTests.Train(300));
        writer.Add(new ValidationRecord { Step = 301, Loss = 2.25, Measures = [new("accuracy", 0.75)] });
        writer.Add(new NoteRecord { Step = 301, Text = "no number" });

        Event[] events = EventsFile.Read(writer.FilePath);
        Assert.Equal(5, events.Length);
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.All(events, entry => Assert.Equal(StoppedClock.Seconds, entry.WallTime));
        Assert.Equal((0, "train/loss", 3.5f), (events[1].Step, events[1].Scalars[0].Tag, events[1].Scalars[0].Value));
        Assert.Equal((long.MaxValue, "größe", float.NaN), (events[2].Step, events[2].Scalars[0].Tag, events[2].Scalars[0].Value));
        Assert.Equal(300, events[3].Step);
        Assert.Equal([("train/loss", 4 - 30f), ("train/learning_rate", 3e-4f), ("train/grad_norm", 1.5f), ("train/tokens_per_second", 1000f)], events[3].Scalars);
        Assert.Equal([("validation/loss", 2.25f), ("validation/accuracy", 0.75f)], events[4].Scalars);
    }

    [Fact]
    public void A_resumed_run_starts_a_later_file_that_says_from_which_step_it_supersedes()
    {
        using TestFolder folder = new();
        using TensorBoardWriter first = new(folder.Path, clock: new StoppedClock());
        using TensorBoardWriter second = new(folder.Path, resumeStep: 40, clock: new StoppedClock());
        Assert.True(string.CompareOrdinal(first.FilePath, second.FilePath) < 0);
        Assert.StartsWith("events.out.tfevents.1700000000.", Path.GetFileName(first.FilePath), StringComparison.Ordinal);
        Assert.Null(EventsFile.Read(first.FilePath)[^1].SessionStatus);
        Event start = EventsFile.Read(second.FilePath)[1];
        Assert.Equal((40L, 1), (start.Step, start.SessionStatus));
    }

    [Fact]
    public void A_full_disk_is_a_clear_error_and_leaves_whole_records_only()
    {
        using TestFolder folder = new();
        using IDisposable fault = FileFault.DiskFullAfter(100);
        using TensorBoardWriter writer = new(folder.Path);
        writer.Add("a", 1, 1);
        Assert.Contains("disk is full", Assert.Throws<KansformersException>(() => writer.Add(new string('x', 100), 1, 2)).Message, StringComparison.Ordinal);
        Assert.Equal(2, EventsFile.Read(writer.FilePath).Length);
    }

    private sealed class StoppedClock : TimeProvider
    {
        public const double Seconds = 1_700_000_000.25;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(Seconds);
    }

    private sealed record Event(double WallTime, long Step, string? Version, int? SessionStatus, (string Tag, float Value)[] Scalars);

    /// <summary>A reader from the format's description alone: nothing in common with the writer.</summary>
    private static class EventsFile
    {
        public static Event[] Read(string path)
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using BinaryReader reader = new(stream);
            List<Event> events = [];
            while (stream.Position < stream.Length)
            {
                byte[] length = reader.ReadBytes(8);
                Assert.Equal(Masked(length), reader.ReadUInt32());
                byte[] data = reader.ReadBytes(checked((int)BitConverter.ToUInt64(length)));
                Assert.Equal(Masked(data), reader.ReadUInt32());
                events.Add(ReadEvent(data));
            }

            return [.. events];
        }

        public static uint Crc32C(byte[] data)
        {
            uint crc = uint.MaxValue;
            foreach (byte value in data)
            {
                crc ^= value;
                for (int bit = 0; bit < 8; bit++)
                    crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
            }

            return ~crc;
        }

        private static uint Masked(byte[] data)
        {
            uint crc = Crc32C(data);
            return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8u);
        }

        private static Event ReadEvent(byte[] data)
        {
            Dictionary<int, object> fields = Fields(data).ToDictionary();
            return new Event(
                BitConverter.Int64BitsToDouble((long)(ulong)fields[1]),
                fields.TryGetValue(2, out object? step) ? (long)(ulong)step : 0,
                fields.TryGetValue(3, out object? version) ? Encoding.UTF8.GetString((byte[])version) : null,
                fields.TryGetValue(7, out object? session) ? (int)(ulong)Fields((byte[])session).ToDictionary()[1] : null,
                fields.TryGetValue(5, out object? summary) ? [.. Fields((byte[])summary).Select(field => ReadValue((byte[])field.Value))] : []);
        }

        private static (string, float) ReadValue(byte[] data)
        {
            Dictionary<int, object> fields = Fields(data).ToDictionary();
            return (Encoding.UTF8.GetString((byte[])fields[1]), BitConverter.UInt32BitsToSingle((uint)fields[2]));
        }

        private static IEnumerable<KeyValuePair<int, object>> Fields(byte[] data)
        {
            int at = 0;
            while (at < data.Length)
            {
                ulong key = Varint(data, ref at);
                object value;
                switch (key & 7)
                {
                    case 0:
                        value = Varint(data, ref at);
                        break;
                    case 1:
                        value = BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(at));
                        at += 8;
                        break;
                    case 5:
                        value = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(at));
                        at += 4;
                        break;
                    default:
                        Assert.Equal(2ul, key & 7);
                        int length = (int)Varint(data, ref at);
                        value = data[at..(at + length)];
                        at += length;
                        break;
                }

                yield return new((int)(key >> 3), value);
            }
        }

        private static ulong Varint(byte[] data, ref int at)
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte next = data[at++];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                    return value;
            }
        }
    }
}
