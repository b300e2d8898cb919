using System.Runtime.InteropServices;
using Kansformers.Runtime;

namespace Kansformers.Tests.Runtime;

public class PatchedTorchSharpTests
{
    private const string Version = "GLIBCXX_3.4.32";

    [Fact]
    public void Exactly_one_flag_of_the_real_library_is_changed()
    {
        byte[] original = Library(), changed = [.. original];
        Assert.Equal(1, ElfSymbolVersions.MakeWeak(changed, Version));
        int[] places = [.. Enumerable.Range(0, original.Length).Where(at => original[at] != changed[at])];
        int place = Assert.Single(places);
        Assert.Equal(original[place] | 2, changed[place]);
        byte[] again = [.. changed];
        Assert.Equal(1, ElfSymbolVersions.MakeWeak(again, Version));
        Assert.Equal(changed, again);
    }

    [Theory]
    [InlineData("GLIBCXX_3.4")]
    [InlineData("GLIBCXX_3.4.3")]
    [InlineData("GLIBCXX_3.4.320")]
    [InlineData("NOSUCH_1.0")]
    public void A_version_is_matched_by_its_whole_name(string version)
    {
        byte[] original = Library(), changed = [.. original];
        int marked = ElfSymbolVersions.MakeWeak(changed, version);
        Assert.Equal(marked, Enumerable.Range(0, original.Length).Count(at => original[at] != changed[at]));
        byte[] other = [.. original];
        ElfSymbolVersions.MakeWeak(other, Version);
        Assert.NotEqual(other, changed);
    }

    [Fact]
    public void Foreign_files_are_refused()
    {
        foreach (byte[] image in new byte[][] { [], [0x7f, (byte)'E', (byte)'L', (byte)'F'], new byte[200], [.. "\u007fELF\u0001\u0001"u8, .. new byte[100]], [.. "MZ"u8, .. new byte[300]] })
            Assert.Throws<InvalidDataException>(() => ElfSymbolVersions.MakeWeak(image, Version));
    }

    [Fact]
    public void A_library_that_is_cut_short_or_damaged_is_refused_or_left_alone_and_never_read_beyond()
    {
        byte[] original = Library();
        foreach (int length in new[] { 64, 1000, original.Length / 2, original.Length - 1 })
            Assert.Throws<InvalidDataException>(() => ElfSymbolVersions.MakeWeak(original.AsSpan(0, length).ToArray(), Version));
        Random random = new(1);
        for (int round = 0; round < 40; round++)
        {
            byte[] damaged = [.. original];
            damaged[random.Next(0x28, 64)] ^= (byte)random.Next(1, 256); // the place and size of the section table
            try
            {
                Assert.InRange(ElfSymbolVersions.MakeWeak(damaged, Version), 0, 1);
            }
            catch (InvalidDataException)
            {
                // It was refused, as it should be.
            }
        }
    }

    private static byte[] Library()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "looks at TorchSharp's library for Linux");
        string? path = NativeFolders.Find("libLibTorchSharp.so");
        Assert.NotNull(path);
        return File.ReadAllBytes(path);
    }
}
