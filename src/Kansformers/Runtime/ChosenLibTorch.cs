using System.Runtime.InteropServices;
using Kansformers.Files;

namespace Kansformers.Runtime;

/// <summary>Loads a libtorch that the user chose, in the order in which its parts need one another.</summary>
internal static class ChosenLibTorch
{
    private static readonly string[] Required = ["c10", "torch_cpu"];
    private static readonly string[] Optional = ["c10_cuda", "torch_cuda", "torch"];

    public static void LoadFrom(string folder)
    {
        if (!Directory.Exists(folder))
            throw new KansformersException($"{LibTorch.FolderVariable} names '{folder}', which is not a folder; set it to the 'lib' folder of a libtorch 2.10");
        HidePackage();
        foreach (string name in Required)
            LoadOne(folder, name, mustExist: true);
        foreach (string name in Optional)
            LoadOne(folder, name, mustExist: false);
    }

    /// <summary>
    /// Keeps TorchSharp from loading the libtorch of its package beside the chosen one: two copies in a process end it. TorchSharp asks the runtime for
    /// <c>torch_cpu</c>, and the runtime asks the system for <c>torch_cpu.so</c> before it looks for the package's <c>libtorch_cpu.so</c>;
    /// an empty library of that name ends the search. Elsewhere than on Linux the program has to be built without the package.
    /// </summary>
    private static void HidePackage()
    {
        const string name = "torch_cpu.so";
        if (!OperatingSystem.IsLinux())
        {
            if (NativeFolders.Find(OperatingSystem.IsWindows() ? "torch_cpu.dll" : "libtorch_cpu.dylib") is string packaged)
                throw new KansformersException($"the program holds a libtorch of its own, '{packaged}', beside the one that {LibTorch.FolderVariable} names; build it with -p:BundleLibtorch=false");
            return;
        }

        string alias = Path.Combine(UserCache.Folder, "native", "alias-1", name);
        byte[] image = ElfAlias.Create(name);
        if (!File.Exists(alias) || !File.ReadAllBytes(alias).AsSpan().SequenceEqual(image))
            AtomicFile.Write(alias, stream => stream.Write(image));
        NativeLibrary.Load(alias);
    }

    private static void LoadOne(string folder, string name, bool mustExist)
    {
        string file = Path.Combine(folder, OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so");
        if (!File.Exists(file))
        {
            if (mustExist)
                throw new KansformersException($"{LibTorch.FolderVariable} names '{folder}', which holds no '{Path.GetFileName(file)}'; set it to the 'lib' folder of a libtorch 2.10");
            return;
        }

        try
        {
            NativeLibrary.Load(file);
        }
        catch (DllNotFoundException failure)
        {
            throw new KansformersException($"'{file}' cannot be loaded: {failure.Message.ReplaceLineEndings(" ")}", failure);
        }
    }
}
