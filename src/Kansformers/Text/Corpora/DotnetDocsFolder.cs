using System.Runtime.InteropServices;

namespace Kansformers.Text;

/// <summary>Finds the XML documentation of the .NET API, which comes with every .NET SDK.</summary>
internal static class DotnetDocsFolder
{
    /// <summary>The documentation of the newest version beside the running .NET, in <c>DOTNET_ROOT</c>, or beside the <c>dotnet</c> on the path; null when there is none.</summary>
    public static string? Find() => Roots().Select(FindUnder).FirstOrDefault(folder => folder is not null);

    /// <summary>The newest folder <c>packs/Microsoft.NETCore.App.Ref/VERSION/ref/netX.Y</c> that holds XML files.</summary>
    public static string? FindUnder(string root)
    {
        string pack = Path.Combine(root, "packs", "Microsoft.NETCore.App.Ref");
        return NewestFirst(pack)
            .SelectMany(version => NewestFirst(Path.Combine(version, "ref")))
            .FirstOrDefault(folder => Directory.EnumerateFiles(folder, "*.xml").Any());
    }

    private static IEnumerable<string> Roots()
    {
        // .../shared/Microsoft.NETCore.App/10.0.0/ -> ...
        yield return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } chosen)
            yield return chosen;
        string program = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            FileInfo file = new(Path.Combine(folder, program));
            if (file.Exists)
                yield return Path.GetDirectoryName((file.ResolveLinkTarget(returnFinalTarget: true) ?? file).FullName)!;
        }
    }

    private static IEnumerable<string> NewestFirst(string folder) => Directory.Exists(folder)
        ? Directory.GetDirectories(folder).OrderByDescending(path => VersionOf(Path.GetFileName(path))).ThenBy(path => path, StringComparer.Ordinal)
        : [];

    /// <summary><c>10.0.1</c>, <c>11.0.0-preview.1</c> or <c>net10.0</c>; a preview comes before its release.</summary>
    private static (Version Number, bool Release) VersionOf(string name)
    {
        string number = name.StartsWith("net", StringComparison.Ordinal) ? name[3..] : name;
        int dash = number.IndexOf('-', StringComparison.Ordinal);
        bool known = Version.TryParse(dash < 0 ? number : number[..dash], out Version? version);
        return (known ? version! : new Version(0, 0), dash < 0);
    }
}
