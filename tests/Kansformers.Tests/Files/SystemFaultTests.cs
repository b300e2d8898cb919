using Kansformers.Files;

namespace Kansformers.Tests.Files;

/// <summary>What the system can say against a write: each is one clear line, and nothing half-made stays.</summary>
public class SystemFaultTests
{
    public static TheoryData<string, string> Faults => new()
    {
        { "ENOSPC", "the disk is full" },
        { "EDQUOT", "your quota of the disk is used up" },
        { "EFBIG", "ulimit -f" },
        { "EIO", "input/output error" },
        { "EROFS", "read-only" },
        { "EPERM", "permission denied" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void An_atomic_write_keeps_the_old_file_and_leaves_no_new_folder(string fault, string words)
    {
        using TestFolder folder = new();
        string old = folder.Write("old/a.txt", "old");
        Directory.CreateDirectory(folder["empty"]);
        using (FileFault.After(2, () => SystemFailure.Of(fault)))
        {
            foreach (string path in new[] { old, folder["new/deep/a.txt"], folder["empty/a.txt"] })
            {
                KansformersException failure = Assert.Throws<KansformersException>(() => AtomicFile.WriteText(path, "new text"));
                Assert.Contains(path, failure.Message, StringComparison.Ordinal);
                Assert.Contains(words, failure.Message, StringComparison.Ordinal);
            }
        }

        Assert.Equal("old", File.ReadAllText(old));
        Assert.Equal([folder["empty"], folder["old"], old], Directory.EnumerateFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_log_names_the_fault_and_keeps_what_it_held(string fault, string words)
    {
        using TestFolder folder = new();
        using (FileFault.After(5, () => SystemFailure.Of(fault)))
        using (AppendFile file = new(folder["log"], FileMode.Create))
        {
            file.Append("first"u8);
            Assert.Contains(words, Assert.Throws<KansformersException>(() => file.Append("second"u8)).Message, StringComparison.Ordinal);
        }

        Assert.Equal("first", File.ReadAllText(folder["log"]));
    }

    [Fact]
    public void A_wrong_argument_of_our_own_is_no_fault_of_the_system()
    {
        using TestFolder folder = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => AtomicFile.Write(folder["a"], stream => ArgumentOutOfRangeException.ThrowIfNegative(-1, "value")));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Files_together_stay_or_go_together()
    {
        using TestFolder folder = new();
        string old = folder.Write("a/old.txt", "old");
        using (FilesTogether.Begin())
        {
            AtomicFile.WriteText(old, "newer");
            AtomicFile.WriteText(folder["a/new.txt"], "new");
            using FilesTogether inner = FilesTogether.Begin();
            AtomicFile.WriteText(folder["b/c/new.txt"], "new");
            inner.Keep();
        }

        Assert.Equal([folder["a"], old], Directory.EnumerateFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
        using (FilesTogether kept = FilesTogether.Begin())
        {
            AtomicFile.WriteText(folder["b/new.txt"], "new");
            kept.Keep();
        }

        Assert.Equal("new", File.ReadAllText(folder["b/new.txt"]));
    }
}
