using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kansformers.Files;

namespace Kansformers.Runtime;

/// <summary>
/// TorchSharp's native library names the symbol version <c>GLIBCXX_3.4.32</c> only for a marker that no code uses
/// (<c>std::ios_base_library_init</c>), yet the loader of a system with an older libstdc++ (Debian 12, Ubuntu 22.04)
/// refuses it. A copy in which that one need is marked weak loads and runs there.
/// </summary>
internal static class PatchedTorchSharp
{
    private const string Missing = "GLIBCXX_3.4.32";

    /// <summary>Loads the library from a patched copy in the user's cache.</summary>
    /// <param name="original">The library as it came with the package.</param>
    /// <returns>Its handle; 0 when the missing version is not what keeps the original from loading.</returns>
    /// <exception cref="KansformersException">The cache folder cannot be written.</exception>
    public static nint Load(string original)
    {
        try
        {
            return NativeLibrary.Load(original);
        }
        catch (DllNotFoundException failure) when (failure.Message.Contains(Missing, StringComparison.Ordinal))
        {
            return NativeLibrary.Load(CopyOf(original));
        }
        catch (DllNotFoundException)
        {
            return 0; // TorchSharp's own message about what is missing is better than any of ours.
        }
    }

    /// <summary>
    /// The patched copy, made when it is not there yet. Its folder's name holds TorchSharp's version and the hash of the original,
    /// and it is renamed into place when whole, so that it is right whichever of two processes is first.
    /// </summary>
    public static string CopyOf(string original)
    {
        byte[] image = File.ReadAllBytes(original);
        string hash = Convert.ToHexStringLower(SHA256.HashData(image))[..16];
        string copy = Path.Combine(UserCache.Folder, "native", $"torchsharp-{TorchSharpVersion()}-{hash}", Path.GetFileName(original));
        if (File.Exists(copy) && new FileInfo(copy).Length == image.Length)
            return copy;
        if (ElfSymbolVersions.MakeWeak(image, Missing) == 0)
            throw new KansformersException($"'{original}' needs {Missing}, which this system's libstdc++ lacks, in an unknown way; update libstdc++");
        AtomicFile.Write(copy, stream => stream.Write(image));
        return copy;
    }

    private static string TorchSharpVersion() => typeof(TorchSharp.torch).Assembly.GetName().Version?.ToString(3) ?? "unknown";
}
