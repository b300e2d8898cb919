using Kansformers.Pictures;
using Kansformers.Training;

namespace Kansformers.Scaling;

/// <summary>
/// A chart of fixed size in SVG, small enough to stand beside others on a wide page and to fill a narrow one. Colours come from the page's style, by classes
/// <c>c0</c>, <c>c1</c>, ...; marks differ in form, too, for people and printers that see few colours.
/// </summary>
internal sealed class Chart
{
    private const double Width = 440, Height = 320, Left = 56, Right = 104, Top = 34, Bottom = 48;
    private const double PlotRight = Width - Right, PlotBottom = Height - Bottom, LabelRoom = 14;
    private const int ManyMarks = 100, LongestLabel = 11;

    private readonly SvgDocument _svg = new();
    private readonly List<(double Y, string Text, int Group)> _labels = [];
    private readonly ChartAxis _x, _y;
    private readonly string _id;
    private readonly double _size;

    /// <summary>Begins a chart with its axes.</summary>
    /// <param name="id">A word that no other chart of the page has.</param>
    /// <param name="description">What it shows, for people who do not see it.</param>
    /// <param name="x">The axis below, and its name with the unit.</param>
    /// <param name="y">The axis at the left, and its name with the unit, which stands above it.</param>
    /// <param name="marks">How many marks it will have: many are drawn smaller.</param>
    public Chart(string id, string description, (ChartAxis Axis, string Name) x, (ChartAxis Axis, string Name) y, int marks)
    {
        (_id, _x, _y, _size) = (id, x.Axis, y.Axis, marks > ManyMarks ? 0.7 : 1);
        _svg.Add($"<svg viewBox=\"0 0 {Width:0} {Height:0}\" role=\"img\" tabindex=\"0\" aria-label=\"{SvgDocument.Escape(description)}\">");
        _svg.Add($"<clipPath id=\"{id}\"><rect x=\"{Left:0}\" y=\"{Top - 6:0}\" width=\"{PlotRight - Left + 6:0}\" height=\"{PlotBottom - Top + 12:0}\"/></clipPath>");
        foreach ((double at, string text) in _y.Marks)
        {
            _svg.Add($"<path class=\"grid\" d=\"M{Left:0} {Y(at):0.#}H{PlotRight:0}\"/>");
            _svg.Text(Left - 7, Y(at) + 4, text, "class=\"tick end\"");
        }

        _svg.Add($"<path class=\"axis\" d=\"M{Left:0} {PlotBottom:0}H{PlotRight:0}\"/>");
        foreach ((double at, string text) in _x.Marks)
        {
            _svg.Add($"<path class=\"axis\" d=\"M{X(at):0.#} {PlotBottom:0}v5\"/>");
            _svg.Text(X(at), PlotBottom + 19, text, "class=\"tick mid\"");
        }

        _svg.Text(Left + ((PlotRight - Left) / 2), Height - 8, x.Name, "class=\"name mid\"");
        _svg.Text(4, 16, y.Name, "class=\"name\"");
    }

    /// <summary>A line through points; those that are no numbers are left out.</summary>
    /// <param name="group">Whose colour it has; below 0 that of the axes.</param>
    /// <param name="style">Further classes: <c>thin</c>, <c>dash</c>.</param>
    /// <param name="points">The points.</param>
    /// <param name="shade">How much of the colour it has, in per cent.</param>
    public void Line(int group, string style, IEnumerable<(double X, double Y)> points, int shade = 100)
    {
        (double, double)[] placed = [.. points.Select(point => (X(point.X), Y(point.Y))).Where(point => double.IsFinite(point.Item1) && double.IsFinite(point.Item2))];
        if (placed.Length > 1)
            Clipped($"line {style}", group, SvgDocument.Path(placed), shade < 100 ? $" style=\"--shade:{shade}%\"" : "");
    }

    /// <summary>The room between two lines.</summary>
    public void Band(int group, IEnumerable<(double X, double Low, double High)> points)
    {
        (double X, double Low, double High)[] all = [.. points.Where(point => double.IsFinite(Y(point.Low)) && double.IsFinite(Y(point.High)))];
        if (all.Length > 1)
            Clipped("band", group, SvgDocument.Path([.. all.Select(point => (X(point.X), Y(point.High))), .. all.Reverse().Select(point => (X(point.X), Y(point.Low)))]) + "Z", "");
    }

    /// <summary>A run's mark.</summary>
    /// <param name="group">Whose colour and form it has.</param>
    /// <param name="at">Where.</param>
    /// <param name="run">The number of the run, by which the page finds what to tell of it.</param>
    /// <param name="hollow">Whether it was held out.</param>
    public void Mark(int group, (double X, double Y) at, int run, bool hollow = false)
    {
        (double x, double y) = (X(at.X), Y(at.Y));
        if (!double.IsFinite(x) || !double.IsFinite(y) || y < Top - 6 || y > PlotBottom + 6 || x < Left - 1 || x > PlotRight + 6)
            return;
        double r = 3.6 * _size;
        string form = (group % 4) switch
        {
            0 => FormattableString.Invariant($"M{x - r:0.#} {y:0.#}a{r:0.##} {r:0.##} 0 1 0 {2 * r:0.##} 0a{r:0.##} {r:0.##} 0 1 0 {-2 * r:0.##} 0"),
            1 => FormattableString.Invariant($"M{x - r:0.#} {y - r:0.#}h{2 * r:0.##}v{2 * r:0.##}h{-2 * r:0.##}Z"),
            2 => FormattableString.Invariant($"M{x:0.#} {y - (1.3 * r):0.#}l{1.2 * r:0.##} {2.1 * r:0.##}h{-2.4 * r:0.##}Z"),
            _ => FormattableString.Invariant($"M{x:0.#} {y - (1.35 * r):0.#}l{1.35 * r:0.##} {1.35 * r:0.##}l{-1.35 * r:0.##} {1.35 * r:0.##}")
                + FormattableString.Invariant($"l{-1.35 * r:0.##} {-1.35 * r:0.##}Z"),
        };
        _svg.Add($"<path class=\"mark {(hollow ? "hollow " : "")}{Class(group)}\"{Group(group)} data-r=\"{run}\" data-x=\"{x:0.#}\" data-y=\"{y:0.#}\" d=\"{form}\"/>");
    }

    /// <summary>A cross where something was computed, not run.</summary>
    public void Cross(int group, (double X, double Y) at) =>
        _svg.Add($"<path class=\"line {Class(group)}\"{Group(group)} d=\"M{X(at.X) - 5:0.#} {Y(at.Y):0.#}h10m-5 -5v10\"/>");

    /// <summary>A word at the right, at the height of a value; words that would cover each other are moved apart.</summary>
    public void Label(int group, double y, string text)
    {
        if (double.IsFinite(Y(y)))
            _labels.Add((Math.Clamp(Y(y), Top, PlotBottom), text, group));
    }

    /// <summary>What stands in the middle of a chart without marks.</summary>
    public void Say(string text) => _svg.Text((Left + PlotRight) / 2, (Top + PlotBottom) / 2, text, "class=\"name mid\"");

    public override string ToString()
    {
        double last = double.NegativeInfinity;
        (double Y, string Text, int Group)[] labels = [.. _labels.OrderBy(label => label.Y)];
        double[] heights = new double[labels.Length];
        for (int i = 0; i < labels.Length; i++)
            heights[i] = last = Math.Max(labels[i].Y, last + LabelRoom);

        // What was pushed below the plot goes up again, and those above it with it.
        double room = PlotBottom;
        for (int i = labels.Length - 1; i >= 0; i--)
            room = (heights[i] = Math.Min(heights[i], room)) - LabelRoom;
        for (int i = 0; i < labels.Length; i++)
            _svg.Text(PlotRight + 8, heights[i] + 4, Fitting(labels[i].Text), $"class=\"label {Class(labels[i].Group)}\"{Group(labels[i].Group)}");
        return _svg + "</svg>";
    }

    private void Clipped(string style, int group, string path, string more) =>
        _svg.Add($"<path class=\"{style} {Class(group)}\"{Group(group)} clip-path=\"url(#{_id})\" d=\"{path}\"{more}/>");

    private static string Fitting(string text)
    {
        int kept = LongestLabel - 1;
        return text.Length <= LongestLabel ? text : text[..(char.IsHighSurrogate(text[kept - 1]) ? kept - 1 : kept)] + "…";
    }

    private static string Class(int group) => group < 0 ? "plain" : FormattableString.Invariant($"c{group % PageDocument.Colors}");

    private static string Group(int group) => group < 0 ? "" : FormattableString.Invariant($" data-g=\"{group}\"");

    private double X(double value) => Left + (_x.Place(value) * (PlotRight - Left));

    private double Y(double value) => PlotBottom - (_y.Place(value) * (PlotBottom - Top));
}
