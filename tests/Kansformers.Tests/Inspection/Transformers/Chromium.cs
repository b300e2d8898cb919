using System.Diagnostics;

namespace Kansformers.Tests.Inspection;

/// <summary>A browser without a window, where the machine has one.</summary>
internal static class Chromium
{
    /// <summary>The program; null where there is none.</summary>
    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
        .SelectMany(folder => ((string[])["chromium", "chromium-browser", "google-chrome"]).Select(name => System.IO.Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    /// <summary>What a page is made of after its script has run.</summary>
    /// <param name="program">The browser.</param>
    /// <param name="file">The page.</param>
    /// <param name="fragment">What follows its address, from #.</param>
    public static string Dom(string program, string file, string fragment)
    {
        using TestFolder profile = new();
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", $"--user-data-dir={profile["profile"]}", "--virtual-time-budget=2000", "--dump-dom", new Uri(file).AbsoluteUri + fragment])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string dom = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        errors.Wait();
        // The scripts stand in the page, too; only what they made is of interest.
        int from = dom.IndexOf("<body", StringComparison.Ordinal), to = dom.IndexOf("<script type=\"application/json\"", StringComparison.Ordinal);
        return from >= 0 && to > from ? dom[from..to] : throw new InvalidOperationException($"{program} gave no page: {errors.Result}");
    }
}
