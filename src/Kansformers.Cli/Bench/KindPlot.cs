using System.Globalization;
using Kansformers.Pictures;
using Kansformers.Training;

namespace Kansformers.Cli.Bench;

/// <summary>One measure of a kind; null is what was not measured.</summary>
/// <param name="Ours">By the engine.</param>
/// <param name="Reference">By the plain operations.</param>
/// <param name="Plain">Of the layer or network without a KAN.</param>
internal readonly record struct KindMeasure(double? Ours, double? Reference, double? Plain);

/// <summary>A row of the picture.</summary>
/// <param name="Label">The kind.</param>
/// <param name="Milliseconds">Its time.</param>
/// <param name="Bytes">Its memory.</param>
internal sealed record KindPlotRow(string Label, KindMeasure Milliseconds, KindMeasure Bytes);

/// <summary>Draws kinds of KAN layers below one another: time on the left, memory on the right, from ours to the reference, on logarithmic scales.</summary>
internal static class KindPlot
{
    private const double Width = 960, Labels = 206, Gap = 58, Right = 24, Head = 118, Row = 44, Foot = 40;
    private const double Panel = (Width - Labels - Gap - Right) / 2;
    private const string Ink = "#1f2933", Faded = "#5b6770", Grid = "#e4e7eb", OursColor = "#2b6cb0", ReferenceColor = "#b45309", PlainColor = "#15803d", Link = "#c3cad1";

    private static readonly int[] Digit = [1, 2, 5];

    /// <summary>The SVG text.</summary>
    /// <param name="title">What is shown.</param>
    /// <param name="setting">Sizes and machine.</param>
    /// <param name="kinds">The rows.</param>
    public static string Paint(string title, string setting, IEnumerable<KindPlotRow> kinds)
    {
        KindPlotRow[] rows = [.. kinds];
        SvgDocument svg = new();
        double height = Head + rows.Length * Row + Foot;
        svg.Begin(960, height, title);
        svg.Text(24, 38, title, $"font-size=\"20\" font-weight=\"600\" fill=\"{Ink}\"");
        svg.Text(24, 61, setting, $"font-size=\"13\" fill=\"{Faded}\"");
        PaintLegend(svg);
        for (int i = 0; i < rows.Length; i++)
            PaintLabel(svg, rows[i].Label, Head + (i + 0.5) * Row);
        PaintPanel(svg, Labels, "time", [.. rows.Select(row => row.Milliseconds)], ms => ms >= 1000 ? Digits(ms / 1000) + " s" : Digits(ms) + " ms");
        PaintPanel(svg, Labels + Panel + Gap, "peak memory beyond the parameters", [.. rows.Select(row => row.Bytes)], bytes => HumanText.Bytes((long)Math.Round(bytes)).Replace(".0 ", " ", StringComparison.Ordinal));
        return svg.End();
    }

    private static void PaintLegend(SvgDocument svg)
    {
        double x = 24;
        foreach ((string name, string color) in new[] { ("ours", OursColor), ("plain torch operations (reference)", ReferenceColor), ("without KAN", PlainColor) })
        {
            if (color == PlainColor)
                svg.Add($"<path d=\"M{x + 5:0.#} {76:0.#}v14\" stroke=\"{color}\" stroke-width=\"2.4\"/>");
            else
                svg.Add($"<circle cx=\"{x + 5:0.#}\" cy=\"83\" r=\"5.5\" fill=\"{color}\"/>");
            svg.Text(x + 17, 87.5, name, $"font-size=\"13\" fill=\"{Ink}\"");
            x += 44 + 6.7 * name.Length;
        }
    }

    // The kind's name and sharing, and its size in smaller letters below; long ones shrink to what room there is.
    private static void PaintLabel(SvgDocument svg, string label, double y)
    {
        const string sharing = ", sharing ";
        int shared = label.IndexOf(sharing, StringComparison.Ordinal);
        string[] parts = (shared < 0 ? label : label[..shared]).Split(", ", 2);
        string name = shared < 0 ? parts[0] : $"{parts[0]} {label[(shared + sharing.Length)..]}";
        svg.Text(Labels - 18, parts.Length > 1 ? y - 2 : y + 4.5, name, Size(14, name) + $" font-weight=\"600\" text-anchor=\"end\" fill=\"{Ink}\"");
        if (parts.Length > 1)
            svg.Text(Labels - 18, y + 13, parts[1], Size(11.5, parts[1]) + $" text-anchor=\"end\" fill=\"{Faded}\"");

        static string Size(double size, string text) =>
            string.Create(CultureInfo.InvariantCulture, $"font-size=\"{Math.Min(size, (Labels - 24) / (0.58 * text.Length)):0.#}\"");
    }

    private static void PaintPanel(SvgDocument svg, double left, string title, IReadOnlyList<KindMeasure> rows, Func<double, string> text)
    {
        double[] all = [.. rows.SelectMany(row => new[] { row.Ours, row.Reference, row.Plain }).OfType<double>().Where(value => value > 0 && double.IsFinite(value))];
        double bottom = Head + rows.Count * Row;
        svg.Text(left, Head - 8, title, $"font-size=\"13\" fill=\"{Ink}\"");
        if (all.Length == 0)
        {
            svg.Text(left, Head + 24, "not measured", $"font-size=\"13\" fill=\"{Faded}\"");
            return;
        }

        double[] marks = Marks(all.Min(), all.Max());
        double X(double value) => left + Math.Log(value / marks[0]) / Math.Log(marks[^1] / marks[0]) * Panel;
        foreach (double mark in marks)
        {
            svg.Add($"<path d=\"M{X(mark):0.#} {Head:0.#}V{bottom:0.#}\" stroke=\"{Grid}\" stroke-width=\"1\"/>");
            svg.Text(X(mark), bottom + 20, text(mark), $"font-size=\"12\" text-anchor=\"middle\" fill=\"{Faded}\"");
        }

        for (int i = 0; i < rows.Count; i++)
            PaintRow(svg, rows[i], Head + (i + 0.5) * Row, X);
    }

    private static void PaintRow(SvgDocument svg, KindMeasure row, double y, Func<double, double> x)
    {
        if (row.Plain is > 0 and double plain)
            svg.Add($"<path d=\"M{x(plain):0.#} {y - 9:0.#}v18\" stroke=\"{PlainColor}\" stroke-width=\"2.4\"/>");
        if (row.Ours is > 0 and double ours && row.Reference is > 0 and double reference)
        {
            svg.Add($"<path d=\"M{x(ours):0.#} {y:0.#}H{x(reference):0.#}\" stroke=\"{Link}\" stroke-width=\"3\"/>");
            string times = (reference / ours).ToString(reference / ours < 9.95 ? "0.0" : "0", CultureInfo.InvariantCulture);
            svg.Text((x(ours) + x(reference)) / 2, y - 7, $"{times}×", $"font-size=\"12\" text-anchor=\"middle\" fill=\"{Ink}\"");
        }

        if (row.Reference is > 0 and double slow)
            svg.Add($"<circle cx=\"{x(slow):0.#}\" cy=\"{y:0.#}\" r=\"5.5\" fill=\"{ReferenceColor}\"/>");
        if (row.Ours is > 0 and double fast)
            svg.Add($"<circle cx=\"{x(fast):0.#}\" cy=\"{y:0.#}\" r=\"5.5\" fill=\"{OursColor}\"/>");
    }

    // From the first to the last of 1, 2 and 5 times powers of ten that enclose the values; those between are left out where they would stand close.
    private static double[] Marks(double low, double high)
    {
        double[] round = [.. Enumerable.Range(-9, 28).SelectMany(power => Digit.Select(digit => digit * Math.Pow(10, power)))];
        int first = Array.FindLastIndex(round, mark => mark < low * 0.97), last = Array.FindIndex(round, mark => mark > high * 1.03);
        double[] marks = round[first..(last + 1)];
        return marks.Length <= 6 ? marks : [.. marks.Where((mark, i) => i == 0 || i == marks.Length - 1 || (IsPower(mark) && i > 1 && i < marks.Length - 2))];

        static bool IsPower(double mark) => Math.Abs(Math.Log10(mark) - Math.Round(Math.Log10(mark))) < 1e-6;
    }

    private static string Digits(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
