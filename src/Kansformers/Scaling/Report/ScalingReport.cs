namespace Kansformers.Scaling;

/// <summary>Laws fitted to the runs of a study, and a page that shows them: as HTML with pictures, which needs no network, and as Markdown.</summary>
public sealed class ScalingReport
{
    private ScalingReport(IReadOnlyList<GroupFits> groups, ScalingReportOptions options, IReadOnlyList<string> notes) =>
        (Groups, Options, Notes) = (groups, options, notes);

    /// <summary>What is fitted to each kind of model, in the order of their first runs.</summary>
    public IReadOnlyList<GroupFits> Groups { get; }

    /// <summary>What the report was to say.</summary>
    public ScalingReportOptions Options { get; }

    /// <summary>What a reader must know of the numbers, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>What came out, in a sentence or two.</summary>
    public string Headline => ReportWords.Headline(this);

    /// <summary>The budgets whose best sizes are told.</summary>
    public IReadOnlyList<double> Budgets => Options.Budgets.Count > 0 ? Options.Budgets
        : [.. new[] { 1.0, 10, 100 }.Select(times => times * Groups.Max(group => group.Points.Max(ScalingRuns.Flops)))];

    /// <summary>Fits all laws to each group of runs.</summary>
    /// <param name="points">The runs; those whose loss is no number, as failed ones have it, are left out, and the notes tell.</param>
    /// <param name="options">What the report is to say.</param>
    /// <exception cref="KansformersException">No run has a loss, or an option makes no sense.</exception>
    public static ScalingReport Of(IReadOnlyList<ScalingPoint> points, ScalingReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(points);
        options ??= new ScalingReportOptions();
        options.Fit.Validate();
        if (!options.Budgets.All(IsSize))
            throw new KansformersException("a budget of operations must be above 0");
        ScalingPoint[] good = [.. points.Where(IsWhole).Select(point => point with { })]; // copies: pictures tell runs apart by reference
        if (good.Length == 0)
            throw new KansformersException(points.Count == 0 ? "there are no runs to report" : "no run has a loss, a size and tokens above 0; nothing can be reported");
        GroupFits[] groups = [.. good.GroupBy(point => point.Group).Select(group => new GroupFits(group.Key, [.. group], options))];
        List<string> notes = [];
        if (good.Length < points.Count)
            notes.Add($"{points.Count - good.Length} of {points.Count} runs have no loss, size or tokens and are left out.");
        notes.AddRange(ReportWords.Notes(groups, options));
        return new ScalingReport(groups, options, notes);
    }

    /// <summary>The page as one HTML file: pictures, style and script lie within, and nothing is loaded from elsewhere.</summary>
    public string ToHtml() => new HtmlPage(this).Write();

    /// <summary>The page as Markdown, without pictures.</summary>
    public string ToMarkdown() => MarkdownPage.Write(this);

    private static bool IsWhole(ScalingPoint point) => IsSize(point.Loss) && IsSize(point.Parameters) && IsSize(point.Tokens) && double.IsFinite(point.Flops);

    private static bool IsSize(double value) => value > 0 && double.IsFinite(value);
}
