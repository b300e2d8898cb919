using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Kansformers.Tests.Inspection;

/// <summary>Compiles a program by the SDK's own compiler and runs it.</summary>
internal static class CSharpProgram
{
    private static string DotnetFolder => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string Host => Path.Combine(DotnetFolder, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    /// <summary>What the program writes.</summary>
    public static string Run(string source)
    {
        string sdks = Path.Combine(DotnetFolder, "sdk");
        string? compiler = !Directory.Exists(sdks) ? null : Directory.EnumerateDirectories(sdks).Select(sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll")).LastOrDefault(File.Exists);
        Assert.SkipWhen(compiler is null, "needs the .NET SDK beside the runtime");
        using TestFolder folder = new();
        string[] options = ["/nostdlib", "/nologo", "/target:exe", "/warnaserror", "/nowarn:1701,1702", $"/out:\"{folder["program.dll"]}\""];
        string framework = RuntimeEnvironment.GetRuntimeDirectory();
        string[] references = [.. Directory.EnumerateFiles(framework, "System*.dll").Where(file => Path.GetFileName(file) is "System.Runtime.dll" or "System.Console.dll" or "System.Private.CoreLib.dll")];
        string program = folder.Write("program.cs", source);
        string response = folder.Write("compile.rsp", string.Join('\n', [.. options, .. references.Select(file => $"/reference:\"{file}\""), $"\"{program}\""]));
        Assert.Equal("", Output(Host, "exec", compiler!, "/noconfig", "@" + response).Trim());
        folder.Write("program.runtimeconfig.json", "{\"runtimeOptions\":{\"framework\":{\"name\":\"Microsoft.NETCore.App\",\"version\":\"" + Environment.Version + "\"}}}");
        return Output(Host, "exec", folder["program.dll"]);
    }

    /// <summary>What a command writes, errors too.</summary>
    public static string Output(string command, params string[] arguments)
    {
        ProcessStartInfo start = new(command) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + error.Result;
        process.WaitForExit();
        return output;
    }
}
