using Kansformers.Files;

namespace Kansformers.Tests.Files;

public class AtomicFileTests
{
    [Fact]
    public void A_failed_write_keeps_the_old_file_and_leaves_nothing_behind()
    {
        using TestFolder folder = new();
        string path = folder.Write("a.txt", "old");
        using (FileFault.DiskFullAfter(2))
        {
            KansformersException failure = Assert.Throws<KansformersException>(() => AtomicFile.WriteText(path, "new text"));
            Assert.Contains("disk is full", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_write_replaces_the_file_and_makes_its_folder()
    {
        using TestFolder folder = new();
        string path = folder["x/y/a.txt"];
        AtomicFile.WriteText(path, "one");
        AtomicFile.WriteText(path, "two");
        Assert.Equal("two", File.ReadAllText(path));
    }
}
