using Kansformers.Files;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>The cache goes by content: what has the size and the time of another file is still not taken for it.</summary>
public class ContentHashTests
{
    private const int Large = 200_001;
    private static readonly DateTime Old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static TheoryData<string, int> Ways
    {
        get
        {
            TheoryData<string, int> ways = [];
            foreach (int length in new[] { 10, 65_536, Large })
            {
                foreach (string way in new[] { "written again", "one byte", "moved over", "copied over", "link to another", "link to another folder", "swapped" })
                    ways.Add(way, length);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_file_in_the_place_of_another_of_equal_size_and_time_is_read(string way, int length)
    {
        bool linked = way.StartsWith("link", StringComparison.Ordinal);
        Assert.SkipWhen(linked && OperatingSystem.IsWindows(), "links need a right there");
        using TestFolder folder = new();
        string first = WriteOld(folder, "one/a.txt", new string('a', length)), second = WriteOld(folder, "two/a.txt", new string('b', length)), path = first;
        if (way == "link to another")
            File.CreateSymbolicLink(path = folder["link.txt"], first);
        if (way == "link to another folder")
            path = Path.Combine(Directory.CreateSymbolicLink(folder["link"], folder["one"]).FullName, "a.txt");
        ContentHashes hashes = new(folder["cache"], new Later());
        string before = Hash(hashes, path), other = Hash(hashes, second), state = FileStamp.Of(path).State;
        Assert.Equal(before, Hash(hashes, path));

        // Again, until the time of the system has gone on; it goes in steps of some milliseconds.
        string expected = other;
        do
        {
            switch (way)
            {
                case "written again":
                    WriteOld(folder, "one/a.txt", new string('b', length));
                    break;
                case "one byte":
                    WriteOld(folder, "one/a.txt", new string('a', length / 3) + "b" + new string('a', length - (length / 3) - 1));
                    expected = Hash(new ContentHashes(folder["other"], new Later()), path);
                    Assert.NotEqual(before, expected);
                    break;
                case "moved over":
                    WriteOld(folder, "new.txt", new string('b', length));
                    File.Move(folder["new.txt"], first, overwrite: true);
                    break;
                case "copied over":
                    File.Copy(second, first, overwrite: true);
                    File.SetLastWriteTimeUtc(first, Old);
                    break;
                case "link to another":
                    File.Delete(path);
                    File.CreateSymbolicLink(path, second);
                    break;
                case "link to another folder":
                    Directory.Delete(folder["link"]);
                    Directory.CreateSymbolicLink(folder["link"], folder["two"]);
                    break;
                default:
                    File.Move(first, folder["held.txt"]);
                    File.Move(second, first);
                    File.Move(folder["held.txt"], second);
                    state = "";
                    break;
            }
        }
        while (FileStamp.Of(path) is { Tells: true } stamp && stamp.State == state);
        Assert.Equal((length, Old), (RealFile.Of(path).Length, RealFile.Of(path).LastWriteTimeUtc));
        Assert.Equal(expected, Hash(hashes, path));
    }

    [Fact]
    public void A_large_file_that_is_the_same_is_not_read_again()
    {
        using TestFolder folder = new();
        string path = WriteOld(folder, "a.txt", new string('a', Large)), other = WriteOld(folder, "b.txt", new string('b', Large));
        Assert.SkipUnless(FileStamp.Of(path).Tells, "the file system keeps no time of change");
        List<long> steps = [];
        string[] Known(TimeProvider clock, params string[] files)
        {
            steps.Clear();
            return [.. new ContentHashes(folder["cache"], clock).Of(files, steps.Add, default).Select(known => known.Hash)];
        }

        string[] read = Known(new Later(), path, other);
        Assert.True(steps.Count > 2);
        Assert.Equal(2 * Large, steps.Sum());
        Assert.Equal(read, Known(new Later(), path, other));
        Assert.Equal([Large, Large], steps);

        // Of several files only the one that changed is read.
        WriteOld(folder, "b.txt", new string('c', Large));
        Assert.Equal(read[0], Known(new Later(), path, other)[0]);
        Assert.True(steps.Count > 2 && steps[0] == Large && steps[1] < Large);

        // Right after a change, or with a clock that is behind, nothing is known.
        Assert.Equal(read[0], Known(TimeProvider.System, path)[0]);
        Assert.True(steps.Count > 1);
        Assert.Equal(read[0], Known(new Later(TimeSpan.FromDays(-1)), path)[0]);
        Assert.True(steps.Count > 1);

        // What is not exactly what was written is not believed.
        foreach (string memory in Directory.GetFiles(folder["cache"], "*.hash"))
            File.WriteAllText(memory, "nonsense\n" + File.ReadAllText(memory)[..50]);
        Assert.Equal(read[0], Known(new Later(), path, other)[0]);
        Assert.True(steps.Count > 2);
    }

    [Fact]
    public void A_packed_file_of_equal_size_and_time_is_read()
    {
        using TestFolder folder = new();
        string[] texts = ["one text\n", "two text\n"], read = new string[2];
        for (int i = 0; i < 2; i++)
        {
            File.WriteAllBytes(folder["a.txt.gz"], TableCorpusTests.Pack(System.Text.Encoding.UTF8.GetBytes(texts[i]), ".gz"));
            File.SetLastWriteTimeUtc(folder["a.txt.gz"], Old);
            using TokenizedCorpus corpus = TokenizedCorpus.Prepare(new PrepareOptions { Corpus = Corpus.Open(folder["a.txt.gz"]), TokenizerKind = "byte", CacheFolder = folder["cache"], ValidationFraction = 0 });
            long[] ids = new long[corpus.Train.Count];
            corpus.Train.Read(0, ids);
            read[i] = corpus.Tokenizer.Decode([.. ids.Select(id => (int)id)]);
        }

        Assert.Equal(texts, read);
    }

    [Fact]
    public void The_stamp_is_the_systems_own_and_says_where_it_tells_nothing()
    {
        using TestFolder folder = new();
        string path = WriteOld(folder, "a.txt", "text");
        FileStamp stamp = FileStamp.Of(path);
        Assert.Equal(4, stamp.Length);
        Assert.SkipUnless(stamp.Tells, "the file system keeps no time of change");
        Assert.True(stamp.Changed > Old.AddYears(1));
        Assert.False(stamp.IsSettledAt(stamp.Changed));
        Assert.False(stamp.IsSettledAt(stamp.Changed.AddSeconds(-10)));
        Assert.True(stamp.IsSettledAt(stamp.Changed.AddSeconds(10)));
        Assert.Throws<FileNotFoundException>(() => FileStamp.Of(folder["nowhere"]));
        if (OperatingSystem.IsLinux())
            Assert.False(FileStamp.Of("/proc/self/status").Tells);
    }

    private static string Hash(ContentHashes hashes, string path) => Assert.Single(hashes.Of([path], _ => { }, default)).Hash;

    private static string WriteOld(TestFolder folder, string name, string text)
    {
        string path = folder.Write(name, text);
        File.SetLastWriteTimeUtc(path, Old);
        return path;
    }

    /// <summary>A clock by which a file that has just been written is an old one.</summary>
    private sealed class Later(TimeSpan? by = null) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + (by ?? TimeSpan.FromDays(1));
    }
}
