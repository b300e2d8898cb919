using Kansformers.Files;

namespace Kansformers.Tests.Files;

public class RealFileTests
{
    [Fact]
    public void Links_to_files_and_folders_are_followed_as_the_system_does()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        using TestFolder folder = new();
        string real = folder.Write("blobs/abc", "twelve bytes");
        Directory.CreateDirectory(folder["snapshots/main"]);
        File.CreateSymbolicLink(folder["snapshots/main/a.txt"], "../../blobs/abc");
        Directory.CreateSymbolicLink(folder["data"], "./snapshots/main");
        File.CreateSymbolicLink(folder["last"], folder["data/a.txt"]);
        string expected = RealFile.PathOf(real);
        foreach (string name in new[] { "blobs/abc", "snapshots/main/a.txt", "data/a.txt", "last" })
        {
            Assert.Equal(expected, RealFile.PathOf(folder[name]));
            Assert.Equal((12, File.GetLastWriteTimeUtc(real)), (RealFile.Of(folder[name]).Length, RealFile.Of(folder[name]).LastWriteTimeUtc));
        }
    }

    [Fact]
    public void What_is_missing_and_links_in_a_circle_stay_what_they_are()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        using TestFolder folder = new();
        File.CreateSymbolicLink(folder["a"], "b");
        File.CreateSymbolicLink(folder["b"], "a");
        Assert.Equal(folder["a"], RealFile.PathOf(folder["a"]));
        Assert.False(RealFile.Of(folder["nothing"]).Exists);
    }
}
