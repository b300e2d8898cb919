using System.Text.Json;
using System.Xml.Linq;
using Kansformers.Findings;

namespace Kansformers.Tests;

/// <summary>The experiments of <c>docs/findings.md</c>, all of them, at a size that takes moments.</summary>
public class FindingsTests(FindingsTests.Tried tried) : IClassFixture<FindingsTests.Tried>
{
    public static TheoryData<string> Names => [.. Experiments.All.Select(experiment => experiment.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_experiment_gives_numbers_and_pictures(string name)
    {
        Assert.True(tried.Code == 0, tried.Error);
        (TestFolder folder, string table) = (tried.Folder, tried.Out);
        Finding finding = Open(folder, name);
        Assert.Contains($"## {name}: {finding.Summary}", table, StringComparison.Ordinal);
        Assert.NotEmpty(finding.Tables);
        Assert.All(finding.Tables, of =>
        {
            Assert.NotEmpty(of.Rows);
            Assert.All(of.Rows, row =>
            {
                Assert.Equal(of.Columns.Count, row.Values.Count);
                Assert.Contains(row.Values, value => value is not null);
                Assert.Contains($"| {row.Name} |", table, StringComparison.Ordinal);
            });
        });
        Assert.NotEmpty(finding.Pictures);
        Assert.All(finding.Pictures, picture =>
        {
            string svg = File.ReadAllText(folder[$"out/{picture.File}"]);
            Assert.Equal(picture.Svg, svg);
            Assert.Equal("svg", XDocument.Parse(svg).Root!.Name.LocalName);
            Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
            Assert.DoesNotContain("Infinity", svg, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Shares_outside_the_grid_are_shares_and_the_norms_before_layers_give_what_a_normal_distribution_has_there()
    {
        Table original = Open(tried.Folder, "outside").Tables[0];
        Assert.Equal(["block 1, queries, keys, values", "block 1, attention out", "block 1, feed-forward in", "block 1, feed-forward out",
            "head"], original.Rows.Select(row => row.Name));
        Assert.All(original.Rows, row => Assert.All(row.Values.Take(2), share => Assert.InRange(share!.Value, 0, 1)));
        Assert.InRange(original.Rows[0].Values[0]!.Value, 0.15, 0.55); // behind a layer norm; 0.32 of a normal distribution
        Assert.Equal(1, original.Rows[0].Values[2]!.Value, 1);
    }

    [Fact]
    public void Probability_is_shared_among_all_kinds_of_tokens_and_spreads_with_temperature()
    {
        Finding finding = Open(tried.Folder, "temperature");
        Table original = finding.Tables.Single(table => table.Title == "original, by temperature");
        int kinds = TokenClasses.Names.Count;
        Assert.All(original.Rows, row => Assert.Equal(1, row.Values.TakeLast(kinds).Sum()!.Value, 3));
        double[] entropies = [.. original.Rows.Skip(1).Select(row => row.Values[1]!.Value)];
        Assert.Equal(entropies.Order(), entropies);
        Assert.All(original.Rows.Skip(1), row => Assert.True(row.Values[3] <= row.Values[1], "some ids are left out, and nearly alike"));
        Assert.True(original.Rows[1].Values[^kinds] > 0, "a text of few bytes leaves many ids out");
        Assert.Equal(16, finding.Texts!.Count);
    }

    [Fact]
    public void Without_splines_a_model_is_another_one()
    {
        Assert.All(Open(tried.Folder, "splines").Tables[^1].Rows, row => Assert.NotEqual(row.Values[0], row.Values[2]));
    }

    [Fact]
    public void What_is_finished_is_not_run_again_unless_asked_for()
    {
        using TestFolder folder = new();
        string first = Run(folder, "outside").Error;
        Assert.Contains("original seed 1", first, StringComparison.Ordinal);
        Assert.Equal("", Run(folder, "outside").Error);
        string json = File.ReadAllText(folder["out/outside.json"]);

        // A training that was cut short, or whose file was, is run again, alone, and comes to the same.
        string kept = Directory.EnumerateFiles(folder["out/trainings"], "*original-seed-1*").Single();
        File.WriteAllText(kept, File.ReadAllText(kept)[..100]);
        Assert.Contains("original seed 1", Assert.Single(Run(folder, "outside").Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(json, File.ReadAllText(folder["out/outside.json"]));
        Assert.Equal(first.Split('\n').Length, Run(folder, "outside", "--again").Error.Split('\n').Length);
        Assert.Equal(json, File.ReadAllText(folder["out/outside.json"]));
    }

    [Theory]
    [InlineData("there is no experiment 'nothing'", "nothing")]
    [InlineData("unknown option '--fast'", "--fast")]
    [InlineData("--data needs a value", "outside", "--data")]
    [InlineData("--out needs a value", "--out", "--again")]
    public void What_makes_no_sense_is_told_in_a_line(string message, params string[] args)
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(FindingsProgram.BadUsage, FindingsProgram.Run(args, Scale.Tiny, output, error));
        Assert.Equal("", output.ToString());
        Assert.StartsWith("error: ", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(message, Assert.Single(error.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "missing.txt")]
    [InlineData("To be, or not to be, that is the question.", "longer text")]
    public void A_text_that_does_not_serve_is_told_in_a_line(string? text, string message)
    {
        using TestFolder folder = new();
        string path = text is null ? folder["missing.txt"] : folder.Write("short.txt", text);
        using StringWriter output = new(), error = new();
        Assert.Equal(FindingsProgram.RunFailed, FindingsProgram.Run(["outside", "--data", path, "--out", folder["out"]], Scale.Tiny, output, error));
        string last = error.ToString().TrimEnd().Split('\n')[^1];
        Assert.StartsWith("error: ", last, StringComparison.Ordinal);
        Assert.Contains(message, last, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_names_every_experiment()
    {
        using StringWriter output = new(), error = new();
        Assert.Equal(0, FindingsProgram.Run(["--list"], Scale.Tiny, output, error));
        Assert.All(Experiments.All, experiment => Assert.Contains(experiment.Summary, output.ToString(), StringComparison.Ordinal));
        Assert.Equal(Experiments.All.Count, Experiments.All.Select(experiment => experiment.Name).Distinct().Count());
    }

    private static (int Code, string Out, string Error) Run(TestFolder folder, params string[] args)
    {
        string text = folder["text.txt"];
        if (!File.Exists(text))
            folder.Write("text.txt", string.Concat(Enumerable.Range(0, 200).Select(i =>
                $"{i % 7} men came {(i % 3 == 0 ? "early" : "late")}, and {i * i % 11} went;\n")));
        using StringWriter output = new(), error = new();
        int code = FindingsProgram.Run([.. args, "--data", text, "--out", folder["out"]], Scale.Tiny, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private static Finding Open(TestFolder folder, string name)
    {
        return JsonSerializer.Deserialize<Finding>(File.ReadAllText(folder[$"out/{name}.json"]))!;
    }

    /// <summary>All experiments, run once.</summary>
    public sealed class Tried : IDisposable
    {
        public Tried() => (Code, Out, Error) = Run(Folder);

        internal TestFolder Folder { get; } = new();

        internal int Code { get; }

        internal string Out { get; }

        internal string Error { get; }

        public void Dispose() => Folder.Dispose();
    }
}
