namespace Kansformers.Tests;

public class PublicApiTests
{
    private const string Accept = "KANSFORMERS_ACCEPT_API";

    [Fact]
    public void The_public_api_is_the_one_that_was_decided_on()
    {
        string? root = SharedFolder.RepositoryRoot;
        Assert.SkipWhen(root is null, "needs the repository around the test program");
        string path = Path.Combine(root!, "tests", "Kansformers.Tests", "PublicApi.txt");
        string[] now = [.. PublicApi.Render(typeof(KansformersException).Assembly)];
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(path, string.Join('\n', now) + '\n');
        string[] decided = File.Exists(path) ? File.ReadAllLines(path) : [];

        string[] gone = [.. WithType(decided).Except(WithType(now)).Select(line => "- " + line)];
        string[] come = [.. WithType(now).Except(WithType(decided)).Select(line => "+ " + line)];
        Assert.True(now.SequenceEqual(decided), $"""
            The public API has changed ({gone.Length} lines gone, {come.Length} new):
            {string.Join('\n', gone.Take(10).Concat(come.Take(10)))}
            If that is meant, run this test again with {Accept}=1 in the environment, which writes PublicApi.txt, and commit the file.
            """);
    }

    [Fact]
    public void The_rendering_shows_kinds_accessors_defaults_and_nullability()
    {
        string[] lines = [.. PublicApi.Render(typeof(KansformersException).Assembly)];
        Assert.Contains(lines, line => line.StartsWith("sealed record class Kansformers.Kan.BSplineOptions : GridOptions", StringComparison.Ordinal));
        Assert.Contains("    int GridSize { get; init; }", lines);
        Assert.Contains("sealed class Kansformers.Kan.KanLinear : Module<Tensor, Tensor>, IHasPrecision", lines);
        Assert.Contains("    Parameter? Scaler { get; }", lines);
        Assert.Contains("    GridUpdateReport UpdateGrid(Tensor samples, double margin = 0.01)", lines);
        Assert.DoesNotContain(lines, line => line.Contains("PrintMembers", StringComparison.Ordinal) || line.Contains("<Clone>", StringComparison.Ordinal));
    }

    // Members of different types can read alike.
    private static IEnumerable<string> WithType(string[] lines)
    {
        string type = "";
        foreach (string line in lines)
        {
            if (!line.StartsWith(' '))
                type = line.Split(" : ")[0].Split(' ')[^1];
            yield return line.StartsWith(' ') ? $"{type}: {line.Trim()}" : line;
        }
    }
}
