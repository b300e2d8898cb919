using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Kansformers.Tests;

/// <summary>The programs in <c>examples</c>, and so the pieces of them on the pages, compile against the library as it is, by the SDK's own compiler.</summary>
public class ExampleTests
{
    // What `dotnet run FILE` gives every program unsaid.
    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    private const string ProjectDirective = "#:project ";

    /// <summary>The names of the programs.</summary>
    public static TheoryData<string> Programs =>
        SharedFolder.RepositoryRoot is string root ? [.. Directory.EnumerateFiles(Path.Combine(root, "examples"), "*.cs").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)] : ["none"];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Every_example_compiles(string program)
    {
        Assert.SkipWhen(SharedFolder.RepositoryRoot is null, "needs the repository around the test program");
        string errors = Compile(Path.Combine(SharedFolder.RepositoryRoot!, "examples", program));
        Assert.True(errors.Length == 0, errors);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Every_example_names_the_library_that_it_is_built_with(string program)
    {
        Assert.SkipWhen(SharedFolder.RepositoryRoot is null, "needs the repository around the test program");
        string examples = Path.Combine(SharedFolder.RepositoryRoot!, "examples");
        string[] projects = [.. File.ReadLines(Path.Combine(examples, program)).Where(line => line.StartsWith(ProjectDirective, StringComparison.Ordinal)).Select(line => line[ProjectDirective.Length..].Trim())];
        Assert.Equal("../src/Kansformers/Kansformers.csproj", Assert.Single(projects));
        Assert.True(File.Exists(Path.Combine(examples, projects[0])));
    }

    [Fact]
    public void A_program_that_does_not_compile_is_found()
    {
        using TestFolder folder = new();
        string errors = Compile(folder.Write("program.cs", "#:project ../src/Kansformers/Kansformers.csproj\nConsole.WriteLine(new Kansformers.Kan.BSplineOptions { NoSuch = 3 });"));
        Assert.Contains("NoSuch", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", errors, StringComparison.Ordinal);
    }

    // The compiler's errors and warnings, or nothing.
    private static string Compile(string path)
    {
        using TestFolder folder = new();
        string[] references = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(IsForExamples)];
        string[] options = ["/nostdlib", "/nologo", "/target:exe", "/nullable:enable", "/warnaserror", "/nowarn:1701,1702", "/features:FileBasedProgram", $"/out:\"{folder["example.dll"]}\""];
        string[] sources = [path, folder.Write("usings.cs", ImplicitUsings)];
        string response = folder.Write("compile.rsp", string.Join('\n', [.. options, .. references.Select(file => $"/reference:\"{file}\""), .. sources.Select(file => $"\"{file}\"")]));
        ProcessStartInfo start = new(Host) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { "exec", Compiler, "/noconfig", "@" + response })
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + error.Result;
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : $"{output.Trim()}\n(the compiler ended with code {process.ExitCode})";
    }

    // The framework, the library and what it brings, not this program or the tool.
    private static bool IsForExamples(string file) =>
        Path.GetFileName(file) is var name && name != "Kansformers.Tests.dll" && name != "Kansformers.Cli.dll" && name != "Kansformers.Golden.dll" && !name.StartsWith("xunit", StringComparison.Ordinal);

    private static string DotnetFolder => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string Host => Path.Combine(DotnetFolder, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    // That of the newest SDK beside the runtime that runs this.
    private static string Compiler
    {
        get
        {
            string sdks = Path.Combine(DotnetFolder, "sdk");
            string? newest = !Directory.Exists(sdks) ? null : Directory.EnumerateDirectories(sdks).Select(sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll"))
                .Where(File.Exists).MaxBy(file => Version.TryParse(Path.GetFileName(Path.GetFullPath(Path.Combine(file, "..", "..", ".."))).Split('-')[0], out Version? version) ? version : new Version());
            Assert.SkipWhen(newest is null, "needs the .NET SDK beside the runtime");
            return newest!;
        }
    }
}
