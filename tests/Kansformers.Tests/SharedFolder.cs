namespace Kansformers.Tests;

/// <summary>Corpora and golden files that lie beside a checkout, in <c>../shared</c>. Tests that need them skip when they are absent.</summary>
internal static class SharedFolder
{
    /// <summary>The root of the checkout: the nearest folder above the test program that holds the solution.</summary>
    public static string? RepositoryRoot { get; } = FindRoot();

    /// <summary>The full path of a file or folder under <c>../shared</c>, or null when it is not there.</summary>
    public static string? Find(params string[] parts)
    {
        if (RepositoryRoot is null)
            return null;
        string path = Path.GetFullPath(Path.Combine([RepositoryRoot, "..", "shared", .. parts]));
        return Path.Exists(path) ? path : null;
    }

    /// <summary>As <see cref="Find"/>, but skips the running test, with the reason, when the path is not there.</summary>
    public static string Require(params string[] parts)
    {
        string? path = Find(parts);
        Assert.SkipWhen(path is null, $"needs ../shared/{string.Join('/', parts)} beside the checkout");
        return path!;
    }

    private static string? FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Kansformers.slnx")))
                return folder.FullName;
        }

        return null;
    }
}
