using System.Globalization;
using Kansformers.Pictures;

namespace Kansformers.Inspection;

/// <summary>Draws losses against the share of edges that is pruned: the rise on a logarithmic scale, so that small ones are seen.</summary>
internal sealed class PruningPicture(PruningSweep sweep, string title, string unit)
{
    private const double Width = 760, Left = 84, Right = 170, Top = 84, Height = 330;
    private const double Least = 1e-4;
    private const string Ink = "#1f2933", Faded = "#5b6770", Grid = "#e4e7eb";
    private static readonly string[] Colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

    private readonly SvgDocument _svg = new();

    public string Paint()
    {
        double most = Math.Max(Least * 10, sweep.Curves.SelectMany(curve => curve.Points).Select(point => point.Loss - sweep.Loss).Where(double.IsFinite).DefaultIfEmpty(1).Max());
        (int low, int high) = ((int)Math.Round(Math.Log10(Least)), (int)Math.Ceiling(Math.Log10(most)));
        double plot = Width - Left - Right, widest = sweep.Curves.SelectMany(curve => curve.Points).Max(point => point.Share), total = Top + Height + 56;
        widest = Math.Max(widest, 0.01);
        _svg.Begin(Width, total, title);
        _svg.Text(24, 36, title, $"font-size=\"19\" font-weight=\"600\" fill=\"{Ink}\"");
        _svg.Text(24, 59, string.Create(CultureInfo.InvariantCulture, $"rise of the held-out loss over {sweep.Loss:0.0000} {unit}; rises below {Least} lie on the axis"), $"font-size=\"12.5\" fill=\"{Faded}\"");
        for (int power = low; power <= high; power++)
        {
            double y = Y(Math.Pow(10, power));
            _svg.Add($"<path d=\"M{Left:0.#} {y:0.#}h{plot:0.#}\" stroke=\"{(power == low ? Faded : Grid)}\"/>");
            _svg.Text(Left - 9, y + 4, Math.Pow(10, power).ToString("0.####", CultureInfo.InvariantCulture), $"font-size=\"12\" fill=\"{Faded}\" text-anchor=\"end\"");
        }

        NiceTicks marks = NiceTicks.Inside(0, widest * 100, 9);
        for (int i = 0; i < marks.Count; i++)
        {
            double x = X(marks.At(i) / 100);
            _svg.Add($"<path d=\"M{x:0.#} {Top + Height:0.#}v5\" stroke=\"{Faded}\"/>");
            _svg.Text(x, Top + Height + 20, marks.Label(i) + " %", $"font-size=\"12\" fill=\"{Faded}\" text-anchor=\"middle\"");
        }

        _svg.Text(Left + plot / 2, Top + Height + 42, "edges pruned", $"font-size=\"13\" fill=\"{Ink}\" text-anchor=\"middle\"");
        double label = double.PositiveInfinity;
        foreach ((int i, PruningCurve curve) in sweep.Curves.Index().OrderBy(entry => entry.Item.Points[^1].Loss))
            Curve(curve, Colors[i % Colors.Length]);
        return _svg.End();

        void Curve(PruningCurve curve, string color)
        {
            PruningPoint[] points = [.. curve.Points.Where(point => double.IsFinite(point.Loss))];
            _svg.Add($"<path d=\"{SvgDocument.Path(points.Select(point => (X(point.Share), Y(point.Loss - sweep.Loss))))}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2.2\" stroke-linejoin=\"round\"/>");
            foreach (PruningPoint point in points)
                _svg.Add($"<circle cx=\"{X(point.Share):0.#}\" cy=\"{Y(point.Loss - sweep.Loss):0.#}\" r=\"3.2\" fill=\"{color}\"><title>{point.Share * 100:0.#} %: {point.Loss:0.0000}</title></circle>");
            PruningPoint last = points[^1];
            double y = label = Math.Min(Y(last.Loss - sweep.Loss) + 4, label - 16); // no label over another
            _svg.Text(X(last.Share) + 12, y, $"by {curve.Order.ToString().ToLowerInvariant()}", $"font-size=\"13\" font-weight=\"600\" fill=\"{color}\"");
        }

        double X(double share) => Left + share / widest * plot;
        double Y(double rise) => Top + Height - (Math.Log10(Math.Clamp(rise, Least, Math.Pow(10, high))) - low) / (high - low) * Height;
    }
}
