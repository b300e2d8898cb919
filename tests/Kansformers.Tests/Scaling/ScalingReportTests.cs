using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Kansformers.Scaling;

namespace Kansformers.Tests.Scaling;

/// <summary>The page of a study: it stands alone, tells what came out, and bears any name and any number of runs.</summary>
public partial class ScalingReportTests
{
    private const string Hostile = "<script>alert(1)</script> \"|' & </svg>";

    private static readonly ScalingReportOptions Quick = new() { Fit = new FitOptions { Bootstraps = 40 } };

    private static readonly ScalingReport Study = ScalingReport.Of([.. Ladder("linear", MadeUpRuns.Truth, 6), .. Ladder(Hostile, MadeUpRuns.Truth with { A = 300 }, 20)], Quick with { Subject = "Made up.", Command = "kansformers <x>" });

    [Fact]
    public void The_page_loads_nothing_and_runs_no_name()
    {
        string page = Study.ToHtml();
        Assert.Contains(Hostile, Study.Headline, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"https?:|\bsrc=|\bhref=|@import|url\((?!#)", page);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(page, "<script"));
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;|' &amp; &lt;/svg&gt;", page, StringComparison.Ordinal);
        Assert.Contains("kansformers &lt;x&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_are_well_formed_and_their_marks_have_something_to_tell()
    {
        string page = Study.ToHtml();
        string[] readings = JsonSerializer.Deserialize<string[]>(Runs().Match(page).Groups[1].Value)!;
        Assert.Equal(Study.Groups.Sum(group => group.Points.Count), readings.Length);
        Assert.Contains(readings, text => text.StartsWith(Hostile, StringComparison.Ordinal));
        XElement[] pictures = [.. Pictures().Matches(page).Select(match => XElement.Parse(match.Value))];

        // Compute, sizes, tokens, two of equal budgets, best sizes, residuals, times, two of curves.
        Assert.Equal(10, pictures.Length);
        Assert.All(pictures, picture => Assert.True(picture.Attribute("aria-label")!.Value.Length > 20));
        int[] told = [.. pictures.SelectMany(picture => picture.Descendants("path")).Select(path => (string?)path.Attribute("data-r")).OfType<string>().Select(int.Parse)];
        Assert.Equal(Enumerable.Range(0, readings.Length), told.Distinct().Order());
        Assert.DoesNotMatch("NaN|Infinity|∞", page);
    }

    [Fact]
    public void Words_in_pictures_neither_cover_each_other_nor_leave_the_frame()
    {
        foreach (XElement picture in Pictures().Matches(Study.ToHtml()).Select(match => XElement.Parse(match.Value)))
        {
            double[] heights = [.. picture.Elements("text").Where(text => text.Attribute("class")!.Value.StartsWith("label", StringComparison.Ordinal)).Select(text => Number(text, "y")).Order()];
            Assert.All(heights.Zip(heights.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 13.9));
            Assert.All(picture.Elements("text"), text => Assert.InRange(Number(text, "y"), 0, 320));
            double[] marks = [.. picture.Elements("text").Where(text => text.Attribute("class")!.Value == "tick mid").Select(text => Number(text, "x"))];
            Assert.InRange(marks.Length, 2, 9);
            Assert.All(marks.Zip(marks.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 20));
        }

        static double Number(XElement text, string name) => double.Parse(text.Attribute(name)!.Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void The_largest_size_is_held_out_and_predicted()
    {
        GroupFits group = Study.Groups[0];
        double largest = group.Points.Max(point => point.Parameters);
        Assert.All(group.HeldOutPoints, point => Assert.Equal(largest, point.Parameters));
        Assert.Equal(5, group.HeldOut.Count);
        Assert.DoesNotContain(group.Chinchilla!.Points, point => point.Parameters == largest);
        Assert.All(group.HeldOut, run => Assert.InRange(Math.Abs(run.Difference), 0, 0.02));
        Assert.True(group.HeldOut.Count(run => run.IsWithin) >= 4);
        Assert.Contains("10 runs of the largest sizes, held out", Study.Headline, StringComparison.Ordinal);
        Assert.Empty(ScalingReport.Of(group.Points, Quick with { HoldOutLargest = false }).Groups[0].HeldOut);
    }

    [Fact]
    public void The_first_sentence_says_which_is_lower_and_by_how_much()
    {
        Assert.Matches(@"^With .*10¹⁹ operations, spent on the best size, .* is expected to reach a loss of \d\.\d{3}, .* \d\.\d{3}; .* lower than .* interval\)\. The ", Study.Headline);
        ScalingPoint[] far = [.. Ladder("a", MadeUpRuns.Truth, 6), .. Ladder("b", MadeUpRuns.Truth with { E = 2.3 }, 6)];
        Assert.Matches(@"a is lower than b by 0\.\d{3} to 0\.\d{3} \(95 % interval\)", ScalingReport.Of(far, Quick).Headline);
        ScalingPoint[] same = [.. Ladder("a", MadeUpRuns.Truth, 6), .. Ladder("b", MadeUpRuns.Truth, 6, seed: 9)];
        Assert.Contains("are not told apart", ScalingReport.Of(same, Quick).Headline, StringComparison.Ordinal);
        Assert.StartsWith("The loss follows ", ScalingReport.Of(Ladder("a", MadeUpRuns.Truth, 6), Quick).Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_way_of_counting_parameters_has_its_coefficients()
    {
        GroupFits group = Study.Groups[0];
        Assert.Equal([ParameterCount.WithoutEmbeddings, ParameterCount.Live], group.OtherCounts.Select(fit => fit.Options.Parameters));
        Assert.Equal(ParameterCount.WithoutEmbeddings, group.Kaplan!.Options.Parameters);
        Assert.All(group.Powers, power => Assert.False(power.Law.HasIrreducible));
        Assert.Equal(3, group.Missing.Count(missing => missing.Contains("with an irreducible part: there are", StringComparison.Ordinal)));
        Assert.Equal(6, ScalingReport.Of(MadeUpRuns.Grid(MadeUpRuns.Truth, 8, 8), Quick).Groups[0].Powers.Count);
        Assert.True(group.OptimizersDiffer < 1e-6);
        Assert.Equal(20, Study.Groups[1].FlopsPerParameterToken, 1e-6);
        Assert.Contains("| coefficient | all parameters | without embeddings | live parameters |", Study.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_in_Markdown_have_as_many_cells_in_each_row()
    {
        string text = Study.ToMarkdown();
        int cells = 0;
        foreach (string line in text.Split('\n'))
        {
            int bars = Regex.Count(line, @"(?<!\\)\|");
            if (line.StartsWith('|'))
                Assert.True(cells == 0 || cells == bars, line);
            cells = line.StartsWith('|') ? bars : 0;
        }

        Assert.DoesNotContain("<script>", text, StringComparison.Ordinal);
        Assert.Contains(Study.Headline.Replace("<", "&lt;", StringComparison.Ordinal), text, StringComparison.Ordinal);
    }

    public static TheoryData<string, ScalingPoint[]> Few() => new()
    {
        { "there are 1 runs", [new("a", 1e6, 1e8, 3)] },
        { "1 size", [.. MadeUpRuns.Grid(MadeUpRuns.Truth, 4, 4).Where(point => point.Parameters < 2e7).Concat(MadeUpRuns.Grid(MadeUpRuns.Truth, 4, 4).Where(point => point.Parameters < 2e7))] },
        { "cannot be told apart", [.. MadeUpRuns.Grid(MadeUpRuns.Truth, 7, 2).Select(point => point with { Tokens = 20 * point.Parameters })] },
        { "The largest size was not held out", [.. MadeUpRuns.Grid(MadeUpRuns.Truth, 3, 4)] },
    };

    [Theory]
    [MemberData(nameof(Few))]
    public void Too_few_runs_make_a_page_that_says_so(string told, ScalingPoint[] points)
    {
        ScalingReport report = ScalingReport.Of(points, Quick);
        Assert.Contains(report.Notes, note => note.Contains(told, StringComparison.Ordinal));
        string page = report.ToHtml();
        Assert.DoesNotMatch("NaN|Infinity|∞", page);
        Assert.All(Pictures().Matches(page), match => XElement.Parse(match.Value));
        Assert.NotEmpty(report.ToMarkdown());
    }

    // Losses without rhyme or reason, that rise, or that are all the same.
    [Theory]
    [InlineData(0, 0.3)]
    [InlineData(0.2, 0)]
    [InlineData(0, 0)]
    public void Losses_that_follow_no_law_make_a_page_of_finite_numbers(double rise, double scatter)
    {
        Random random = new(7);
        ScalingPoint[] points = [.. MadeUpRuns.Grid(MadeUpRuns.Truth, 4, 3).Select(point => point with { Loss = 3 * Math.Pow(point.Parameters / 1e8, rise) * Math.Exp(scatter * MadeUpRuns.Normal(random)) })];
        foreach (bool holdOut in new[] { false, true })
        {
            ScalingReport report = ScalingReport.Of(points, Quick with { HoldOutLargest = holdOut });
            if (scatter == 0)
                Assert.Contains("the loss does not fall with size", report.Headline, StringComparison.Ordinal);
            string page = report.ToHtml();
            Assert.DoesNotMatch("NaN|Infinity|∞", page);
            Assert.All(Pictures().Matches(page), match => XElement.Parse(match.Value));
        }
    }

    // As de-DE and sv-SE write them; tests run without the system's cultures.
    [Theory]
    [InlineData(",", "-")]
    [InlineData(",", "\u2212")]
    public void Numbers_are_the_same_in_every_culture(string point, string minus)
    {
        CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.NumberGroupSeparator, culture.NumberFormat.NegativeSign) = (point, ".", minus);
        ScalingPoint[] points = [.. Ladder("a", MadeUpRuns.Truth, 6), .. Ladder("b", MadeUpRuns.Truth with { A = 300 }, 6)];
        (string Html, string Markdown, string Alone) expected = Pages();
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = culture;
            Assert.Equal(expected, Pages());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        (string, string, string) Pages()
        {
            ScalingReport report = ScalingReport.Of(points, Quick);
            return (report.ToHtml(), report.ToMarkdown(), ScalingReport.Of(points[..^(points.Length / 2)], Quick).ToMarkdown());
        }
    }

    [Fact]
    public void Fits_that_came_to_no_law_are_counted_and_told()
    {
        // Five sizes at each budget: many draws leave fewer than the four that a parabola needs.
        ScalingPoint[] points = [.. MadeUpRuns.Valleys(MadeUpRuns.Truth, 8).Where((_, i) => i % 9 % 2 == 0)];
        ScalingReport report = ScalingReport.Of(points, Quick);
        GroupFits group = Assert.Single(report.Groups);
        (string Law, int Dropped)[] dropped = [.. group.Dropped];
        Assert.Equal(group.Powers.Where(fit => fit.Dropped > 0).Select(fit => fit.Dropped).Order(), dropped.Where(one => one.Law.StartsWith("the power law", StringComparison.Ordinal)).Select(one => one.Dropped).Order());
        Assert.All(group.Powers, fit => Assert.Equal(40, fit.Replicates.Count + fit.Dropped));
        Assert.Contains(dropped, one => one.Law == "equal budgets" && one.Dropped == group.IsoFlop!.Dropped && one.Dropped is > 0 and < 40);
        Assert.Contains(report.Notes, note => note.Contains($"{dropped[0].Dropped} of 40 of {dropped[0].Law}", StringComparison.Ordinal));
        Assert.Contains("came to no law, and are in no interval", report.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_runs_are_left_out_and_told()
    {
        List<ScalingPoint> good = Ladder("a", MadeUpRuns.Truth, 6);
        ScalingReport report = ScalingReport.Of([.. good, new("a", 1e7, 1e9, double.NaN), new("b", 1e7, 1e9, double.PositiveInfinity)], Quick);
        Assert.Equal(good.Count, Assert.Single(report.Groups).Points.Count);
        Assert.Contains("2 of 27 runs have no loss, size or tokens and are left out.", report.Notes);
    }

    [Fact]
    public void Nothing_to_report_is_refused()
    {
        Assert.Equal("there are no runs to report", Assert.Throws<KansformersException>(() => ScalingReport.Of([])).Message);
        Assert.Contains("no run has a loss", Assert.Throws<KansformersException>(() => ScalingReport.Of([new("a", 1, 1, double.NaN)])).Message, StringComparison.Ordinal);
        Assert.Contains("budget", Assert.Throws<KansformersException>(() => ScalingReport.Of(Ladder("a", MadeUpRuns.Truth, 6), Quick with { Budgets = [-1] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_runs_make_the_same_page()
    {
        List<ScalingPoint> points = Ladder("a", MadeUpRuns.Truth, 6);
        Assert.Equal(ScalingReport.Of(points, Quick).ToHtml(), ScalingReport.Of(points, Quick).ToHtml());
    }

    // Five sizes at five budgets each, with curves, times and embeddings.
    private static List<ScalingPoint> Ladder(string group, ChinchillaLaw law, double perParameterToken, int seed = 1)
    {
        Random random = new(seed);
        List<ScalingPoint> points = [];
        for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++)
        {
            double parameters = 1e7 * Math.Pow(4, i), flops = 1e16 * Math.Pow(4, j) * perParameterToken, tokens = flops / perParameterToken / parameters;
            double loss = law.Loss(new LawInput(parameters, tokens)) * Math.Exp(0.002 * MadeUpRuns.Normal(random));
            points.Add(new ScalingPoint(group, parameters, tokens, loss)
            {
                Flops = flops,
                EmbeddingParameters = 2e6 + (0.1 * parameters),
                LiveParameters = 0.7 * parameters,
                Seconds = flops / 1e13,
                Seed = seed,
                Curve = [.. Enumerable.Range(1, 6).Select(step => (tokens * step / 6, loss * (1 + (0.1 * (6 - step)))))],
            });
        }

        return points;
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Pictures();

    [GeneratedRegex("<script type=\"application/json\" id=\"runs\">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Runs();
}
