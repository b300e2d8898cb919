using System.Globalization;
using Kansformers.Pictures;
using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>Draws the curves of a comparison: validation loss against tokens on the left, against seconds on the right.</summary>
internal sealed class ComparisonPicture
{
    private const double Width = 960, Left = 76, Gap = 52, Right = 24, Top = 84, Plot = 300, Row = 21, Legend = 452;
    private const double Panel = (Width - Left - Gap - Right) / 2;
    private const string Ink = "#1f2933", Faded = "#5b6770", Grid = "#e4e7eb";

    // Told apart by people who see few colours, too (after Okabe and Ito); where there are more models, dashes tell rounds apart.
    private static readonly string[] Colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5195", "#8a6d00", "#56b4e9", "#444444"];
    private static readonly string[] Dashes = ["", "7 4", "2 3"];

    private readonly SvgDocument _svg = new();
    private readonly ModelResult[] _models;
    private readonly string _title, _unit;

    public ComparisonPicture(ComparisonResult result)
    {
        _models = [.. result.Models.Where(model => model.Curve.Count > 0).OrderBy(model => model.ValidationLoss)];
        _unit = result.LossUnit;
        _title = $"Validation loss on {Path.GetFileName(result.Config.Data.Data.TrimEnd('/', '\\'))}";
    }

    public string Paint()
    {
        double height = Legend + (Row * Math.Max(1, (_models.Length + 1) / 2)) + 12;
        _svg.Begin(Width, height, _title);
        _svg.Text(24, 36, _title, $"font-size=\"20\" font-weight=\"600\" fill=\"{Ink}\"");
        _svg.Text(24, 59, $"{_unit}, mean over the seeds; bands: one standard deviation; seconds as alone on the machine", $"font-size=\"13\" fill=\"{Faded}\"");
        CurvePoint[] points = [.. _models.SelectMany(model => model.Curve)];
        if (points.Length == 0)
        {
            _svg.Text(Width / 2, Top + (Plot / 2), "no losses yet", $"font-size=\"16\" text-anchor=\"middle\" fill=\"{Faded}\"");
        }
        else
        {
            NiceTicks losses = Losses(points);
            PaintPanel(Left, "tokens", losses, point => point.Tokens, points);
            PaintPanel(Left + Panel + Gap, "seconds", losses, point => point.Seconds, points);
        }

        for (int i = 0; i < _models.Length; i++)
            PaintKey(i);
        return _svg.End();
    }

    // From the lowest end of a band to the second validation's losses, so that the first one does not press the ends together; at least to the worst end.
    private NiceTicks Losses(CurvePoint[] points)
    {
        double low = points.Min(point => point.Loss - Band(point));
        double high = Math.Max(_models.Max(model => model.Curve[^1].Loss), _models.Max(model => model.Curve[Math.Min(1, model.Curve.Count - 1)].Loss));
        double margin = Math.Max(0.02 * (high - low), 0.005 * Math.Max(1e-3, Math.Abs(high)));
        return NiceTicks.Around(low - margin, high + margin, 6);
    }

    private void PaintPanel(double left, string title, NiceTicks losses, Func<CurvePoint, double> across, CurvePoint[] points)
    {
        double most = Math.Max(1e-9, points.Select(across).Where(double.IsFinite).DefaultIfEmpty(1).Max()), bottom = Top + Plot;
        NiceTicks marks = NiceTicks.Inside(0, most, 4);
        const string label = "font-size=\"12\" fill=\"" + Faded + "\"";
        for (int i = 0; i < losses.Count; i++)
        {
            double y = Y(losses.At(i));
            _svg.Add($"<path d=\"M{left:0.#} {y:0.#}h{Panel:0.#}\" stroke=\"{(i == 0 ? Faded : Grid)}\" stroke-width=\"1\"/>");
            if (left == Left)
                _svg.Text(left - 9, y + 4, losses.Label(i), label + " text-anchor=\"end\"");
        }

        for (int i = 0; i < marks.Count; i++)
        {
            _svg.Add($"<path d=\"M{X(marks.At(i)):0.#} {bottom:0.#}v5\" stroke=\"{Faded}\" stroke-width=\"1\"/>");
            _svg.Text(X(marks.At(i)), bottom + 20, marks.Label(i), label + " text-anchor=\"middle\"");
        }

        _svg.Text(left + (Panel / 2), bottom + 40, title, $"font-size=\"13\" text-anchor=\"middle\" fill=\"{Ink}\"");
        _svg.Add($"<clipPath id=\"{title}\"><rect x=\"{left:0.#}\" y=\"{Top:0.#}\" width=\"{Panel:0.#}\" height=\"{Plot:0.#}\"/></clipPath>");
        for (int i = 0; i < _models.Length; i++)
        {
            CurvePoint[] curve = [.. _models[i].Curve.Where(point => double.IsFinite(point.Loss) && double.IsFinite(across(point)))];
            if (curve.Length == 0)
                continue;
            if (curve.Any(point => Band(point) > 0))
                _svg.Add($"<path clip-path=\"url(#{title})\" d=\"{SvgDocument.Path([.. curve.Select(point => (X(across(point)), Y(point.Loss + Band(point)))), .. curve.Reverse().Select(point => (X(across(point)), Y(point.Loss - Band(point))))])}Z\" fill=\"{Color(i)}\" fill-opacity=\"0.13\"/>");
            _svg.Add($"<path clip-path=\"url(#{title})\" d=\"{SvgDocument.Path(curve.Select(point => (X(across(point)), Y(point.Loss))))}\" fill=\"none\" stroke=\"{Color(i)}\" stroke-width=\"2\" stroke-dasharray=\"{Dash(i)}\" stroke-linejoin=\"round\"/>");
            _svg.Add($"<circle cx=\"{X(across(curve[^1])):0.#}\" cy=\"{Y(curve[^1].Loss):0.#}\" r=\"3.4\" fill=\"{Color(i)}\"/>");
        }

        double X(double value) => left + (value / most * (Panel - 8));

        // Brought near where it lies far outside, since drawing programs fail on huge coordinates.
        double Y(double loss) => bottom - (Math.Clamp((loss - losses.First) / (losses.Last - losses.First), -1, 3) * Plot);
    }

    private void PaintKey(int i)
    {
        ModelResult model = _models[i];
        int rows = (_models.Length + 1) / 2;
        double x = i < rows ? 24 : Width / 2, y = Legend + (Row * (i % rows)) + 8;
        string spread = double.IsNaN(model.Spread) ? "" : model.Spread.ToString(" ± 0.0000", CultureInfo.InvariantCulture);
        string text = $"{model.ValidationLoss.ToString("0.0000", CultureInfo.InvariantCulture)}{spread}  {model.Model.Name}";
        _svg.Add($"<path d=\"M{x:0.#} {y - 4:0.#}h26\" stroke=\"{Color(i)}\" stroke-width=\"3\" stroke-dasharray=\"{Dash(i)}\"/>");
        _svg.Text(x + 34, y, text.Length > 60 ? text[..59] + "…" : text, $"font-size=\"13\" fill=\"{Ink}\"");
    }

    private static double Band(CurvePoint point) => double.IsFinite(point.Spread) ? point.Spread : 0;

    private static string Color(int i) => Colors[i % Colors.Length];

    private static string Dash(int i) => Dashes[i / Colors.Length % Dashes.Length];
}
