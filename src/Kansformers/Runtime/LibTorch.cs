using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Kansformers.Runtime;

/// <summary>
/// Finds and loads the native library libtorch. The library does it by itself, before the first torch call that follows
/// any use of Kansformers; nothing is loaded until torch is really needed.
/// </summary>
/// <remarks>
/// Two things can differ from TorchSharp's own loading. Where the system's libstdc++ is older than the one that
/// TorchSharp's library was linked with, a patched copy of that library is made once and used (see <see cref="PatchedTorchSharp"/>).
/// And when the environment variable <see cref="FolderVariable"/> names a folder, libtorch is loaded from there
/// (for a CUDA build, for example).
/// </remarks>
public static class LibTorch
{
    /// <summary>The environment variable that names the folder of another libtorch 2.10 (the one that holds <c>libtorch_cpu.so</c>).</summary>
    public const string FolderVariable = "KANSFORMERS_LIBTORCH";

    private const string Bridge = "LibTorchSharp";
    private static readonly Lock Gate = new();
    private static nint _bridge;
    private static KansformersException? _failure;

    /// <summary>
    /// Loads libtorch now. Never needed for correctness: use it to take the loading time, or its failure, at a moment of your choice,
    /// or before torch calls in a program that has not touched any other Kansformers type.
    /// </summary>
    /// <exception cref="KansformersException">libtorch is not there or cannot be loaded.</exception>
    public static void Load()
    {
        try
        {
            TorchSharp.torch.InitializeDeviceType(TorchSharp.DeviceType.CPU);
            _ = TorchSharp.torch.get_num_threads();
        }
        catch (Exception failure) when ((KansformersException.Within(failure) ?? _failure) is { } cause)
        {
            throw cause;
        }
        catch (Exception failure) when (failure is NotSupportedException or DllNotFoundException or TypeInitializationException or EntryPointNotFoundException)
        {
            throw new KansformersException(
                "libtorch could not be loaded: reference the package libtorch-cpu-<system> 2.10.0 in the program, "
                + $"or set {FolderVariable} to the folder of a libtorch 2.10 ({FirstLine(failure)})",
                failure);
        }
    }

    /// <summary>Registers the hooks that fire when TorchSharp is first used; loads nothing.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Users must not have to call anything before the first torch call.")]
    internal static void Register()
    {
        AssemblyLoadContext context = AssemblyLoadContext.GetLoadContext(typeof(LibTorch).Assembly) ?? AssemblyLoadContext.Default;

        // Raised only after the system's loader has refused the library: on most systems never.
        context.ResolvingUnmanagedDll += (_, name) => IsBridge(name) ? LoadPatchedBridge() : 0;

        if (Array.Find(AppDomain.CurrentDomain.GetAssemblies(), IsTorchSharp) is Assembly loaded)
            Prepare(loaded);
        else
            AppDomain.CurrentDomain.AssemblyLoad += (_, load) => Prepare(load.LoadedAssembly);
    }

    // Runs when TorchSharp's managed part is there and its native part is not yet.
    private static void Prepare(Assembly assembly)
    {
        if (!IsTorchSharp(assembly))
            return;
        OpenMpThreads.SleepWhileWaiting();
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(FolderVariable)))
            UseChosenFolder(assembly);
    }

    private static bool IsTorchSharp(Assembly assembly) => assembly.GetName().Name == "TorchSharp";

    private static bool IsBridge(string name) => Path.GetFileName(name).Contains(Bridge, StringComparison.Ordinal);

    private static nint LoadPatchedBridge()
    {
        lock (Gate)
        {
            if (_bridge == 0 && OperatingSystem.IsLinux() && NativeFolders.Find($"lib{Bridge}.so") is string original)
            {
                Preload(NativeFolders.Find("libtorch_cpu.so"));
                try
                {
                    _bridge = PatchedTorchSharp.Load(original);
                }
                catch (KansformersException failure)
                {
                    _failure = failure; // TorchSharp goes on to ways of its own, and fails with what these say.
                    throw;
                }
            }

            return _bridge;
        }
    }

    // The bridge names its needs without a path; the loader takes those that are already in the process.
    private static void Preload(string? libtorchCpu)
    {
        if (libtorchCpu is null)
            return;
        foreach (string name in new[] { "libc10.so", "libtorch_cpu.so", "libtorch.so" })
            NativeLibrary.Load(Path.Combine(Path.GetDirectoryName(libtorchCpu)!, name));
    }

    private static void UseChosenFolder(Assembly torchSharp)
    {
        string folder = Environment.GetEnvironmentVariable(FolderVariable)!;

        // The runtime swallows what an AssemblyLoad handler throws: the first call into libtorch has to tell it.
        NativeLibrary.SetDllImportResolver(torchSharp, (name, _, _) => !IsBridge(name) ? 0 : _failure is null ? _bridge : throw _failure);
        try
        {
            LoadChosenFolder(torchSharp, folder);
        }
        catch (KansformersException failure)
        {
            _failure = failure;
        }
    }

    private static void LoadChosenFolder(Assembly torchSharp, string folder)
    {
        lock (Gate)
        {
            if (_bridge != 0)
                return;
            ChosenLibTorch.LoadFrom(folder);
            string file = OperatingSystem.IsWindows() ? $"{Bridge}.dll" : OperatingSystem.IsMacOS() ? $"lib{Bridge}.dylib" : $"lib{Bridge}.so";
            string original = NativeFolders.Find(file)
                ?? throw new KansformersException($"'{file}' of the package TorchSharp is not beside the program; build it again");
            _bridge = NativeLibrary.TryLoad(original, out nint handle) ? handle : PatchedTorchSharp.Load(original);
            if (_bridge == 0)
                throw new KansformersException($"libtorch in '{folder}' does not fit TorchSharp's '{original}'; libtorch 2.10 is needed");
        }
    }

    private static string FirstLine(Exception failure) =>
        (failure.GetBaseException().Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [string first, ..]) ? first : "no reason given";
}
