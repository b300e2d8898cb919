using Kansformers.Files;

namespace Kansformers.Tests.Files;

/// <summary>Files that a person named.</summary>
public class OutputFileTests
{
    [Fact]
    public void A_full_disk_leaves_the_old_file_and_nothing_else()
    {
        using TestFolder folder = new();
        string file = folder.Write("a.csv", "old");
        using (FileFault.DiskFullAfter(3))
            Assert.Contains("cannot write", Assert.Throws<KansformersException>(() => OutputFile.WriteText(file, "longer than that")).Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(file));
        Assert.Equal(file, Assert.Single(Directory.GetFileSystemEntries(folder.Path)));
    }

    [Fact]
    public void Folders_are_made_and_links_followed()
    {
        using TestFolder folder = new();
        OutputFile.WriteText(folder["in/here/a.txt"], "ä\n");
        Assert.Equal("ä\n"u8.ToArray(), File.ReadAllBytes(folder["in/here/a.txt"]));
        if (OperatingSystem.IsWindows())
            return;
        File.CreateSymbolicLink(folder["link"], "in/here/a.txt");
        OutputFile.WriteText(folder["link"], "new");
        Assert.Equal("new", File.ReadAllText(folder["in/here/a.txt"]));
        Assert.NotNull(new FileInfo(folder["link"]).LinkTarget);
    }

    [Fact]
    public void Devices_are_written_and_stay_devices()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a device of Linux");
        OutputFile.WriteText("/dev/null", "nothing");
        using FileStream device = new("/dev/null", FileMode.Open, FileAccess.Read);
        Assert.Equal(-1, device.ReadByte());
    }
}
