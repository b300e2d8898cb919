using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Kansformers.Cli;

/// <summary>The tool itself, for work that wants a process of its own.</summary>
internal static class ThisProgram
{
    /// <summary>How it is started: by its own executable or, where another program called it as a library, by the host with its assembly.</summary>
    public static ProcessStartInfo Start()
    {
        string? path = Environment.ProcessPath, assembly = typeof(ThisProgram).Assembly.Location;
        bool own = Assembly.GetEntryAssembly() == typeof(ThisProgram).Assembly;
        if (path is not null && own && (assembly.Length == 0 || Path.GetFileNameWithoutExtension(path) != "dotnet"))
            return new ProcessStartInfo(path);
        string host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return new ProcessStartInfo(File.Exists(host) ? host : "dotnet") { ArgumentList = { assembly } };
    }
}
