using System.Reflection;
using System.Runtime.InteropServices;

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
        foreach (string name in Required)
            LoadOne(folder, name, mustExist: true);
        foreach (string name in Optional)
            LoadOne(folder, name, mustExist: false);
    }

    /// <summary>
    /// Tells TorchSharp that its native part is already in the process. Without this it would load the libtorch of its package
    /// beside the chosen one, and two copies in a process end it. TorchSharp has no public way to say so.
    /// </summary>
    public static void TellTorchSharp(Assembly torchSharp)
    {
        Type torch = torchSharp.GetType("TorchSharp.torch", throwOnError: true)!;
        foreach (string field in new[] { "nativeBackendLoaded", "nativeBackendCudaLoaded" })
        {
            FieldInfo flag = torch.GetField(field, BindingFlags.Static | BindingFlags.NonPublic)
                ?? throw new KansformersException($"{LibTorch.FolderVariable} is not supported with this version of TorchSharp; unset it");
            flag.SetValue(null, true);
        }
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
