using System.Globalization;
using Kansformers.Pictures;

namespace Kansformers.Training;

/// <summary>Draws a <see cref="LossCurve"/>: heading, legend, axes, curves, from the ground up.</summary>
internal sealed class LossCurvePainter
{
    private const double Left = LossScale.Left, Right = LossScale.Right, Top = LossScale.Top, Bottom = LossScale.Bottom;
    private const string Ink = "#1f2933", Faded = "#5b6770", Grid = "#e4e7eb", Blue = "#2b6cb0", Orange = "#c2410c", Red = "#b91c1c";
    private const int MostDots = 80;

    private readonly SvgDocument _svg = new();
    private readonly LossCurve _curve;
    private readonly double[] _smoothed;
    private readonly int _radius;
    private readonly LossScale _scale;
    private readonly LossPoint? _best;

    public LossCurvePainter(LossCurve curve)
    {
        _curve = curve;
        _radius = LossSeries.SmoothingRadius(curve.Train.Count);
        _smoothed = LossSeries.Smooth(curve.Train, _radius);
        _scale = new LossScale(curve, _smoothed);
        foreach (LossPoint point in curve.Validation)
        {
            if (double.IsFinite(point.Loss) && !(_best?.Loss <= point.Loss))
                _best = point;
        }
    }

    public string Paint()
    {
        string description = _best is { } best ? $"Best validation loss {Loss(best.Loss)} at step {best.Step}." : "Training loss by step.";
        _svg.Begin(960, 540, _curve.Title, description);
        _svg.Add($"<clipPath id=\"plot\"><rect x=\"{Left:0.#}\" y=\"{Top:0.#}\" width=\"{Right - Left:0.#}\" height=\"{Bottom - Top:0.#}\"/></clipPath>");
        _svg.Text(Left, 40, Shorten(_curve.Title, 74), $"font-size=\"20\" font-weight=\"600\" fill=\"{Ink}\"");
        _svg.Text(Left, 64, Shorten(_curve.Subtitle, 120), $"font-size=\"13.5\" fill=\"{Faded}\"");
        PaintLegend();
        PaintAxes();
        PaintTraining();
        PaintValidation();
        PaintNotFinite();
        if (_curve.Train.Count + _curve.Validation.Count == 0)
            _svg.Text((Left + Right) / 2, (Top + Bottom) / 2, "no losses yet", $"font-size=\"16\" text-anchor=\"middle\" fill=\"{Faded}\"");
        return _svg.End();
    }

    private void PaintAxes()
    {
        const string label = "font-size=\"12.5\" fill=\"" + Faded + "\"", axis = "font-size=\"13.5\" fill=\"" + Ink + "\"";
        for (int i = 0; i < _scale.LossTicks.Count; i++)
        {
            double y = _scale.Y(_scale.LossTicks.At(i));
            _svg.Add($"<path d=\"M{Left:0.#} {y:0.#}H{Right:0.#}\" stroke=\"{(i == 0 ? Faded : Grid)}\" stroke-width=\"1\"/>");
            _svg.Text(Left - 10, y + 4.5, _scale.LossTicks.Label(i), label + " text-anchor=\"end\"");
        }

        for (int i = 0; i < _scale.StepTicks.Count; i++)
        {
            double x = _scale.X(_scale.StepTicks.At(i));
            _svg.Add($"<path d=\"M{x:0.#} {Bottom:0.#}v5\" stroke=\"{Faded}\" stroke-width=\"1\"/>");
            _svg.Text(x, Bottom + 21, _scale.StepTicks.Label(i), label + " text-anchor=\"middle\"");
        }

        _svg.Text((Left + Right) / 2, 522, "step", axis + " text-anchor=\"middle\"");
        FormattableString turned = $"transform=\"translate(26 {(Top + Bottom) / 2:0.#}) rotate(-90)\"";
        _svg.Text(0, 0, $"loss ({_curve.Unit})", $"{axis} text-anchor=\"middle\" {turned.ToString(CultureInfo.InvariantCulture)}");
        if (_scale.CutOff)
            _svg.Text(Right, Top - 6, string.Create(CultureInfo.InvariantCulture, $"losses above {_scale.LossTicks.Last:0.####} are cut off"), $"font-size=\"11.5\" font-style=\"italic\" text-anchor=\"end\" fill=\"{Faded}\"");
    }

    private void PaintTraining()
    {
        if (_radius > 0)
            PaintStrokes(LossSeries.Strokes(_curve.Train, X), Blue, width: 1, opacity: 0.28);
        LossPoint[] smooth = [.. _curve.Train.Select((point, i) => point with { Loss = _smoothed[i] })];
        PaintStrokes(LossSeries.Strokes(smooth, X), Blue, width: 2.2, opacity: 1);
    }

    private void PaintValidation()
    {
        List<LossSeries.Stroke> strokes = LossSeries.Strokes(_curve.Validation, X);
        PaintStrokes(strokes, Orange, width: 2, opacity: 1);
        if (_curve.Validation.Count <= MostDots)
        {
            foreach (LossPoint point in _curve.Validation.Where(point => _scale.Shows(point.Loss)))
                _svg.Add($"<circle cx=\"{X(point.Step):0.#}\" cy=\"{_scale.Y(point.Loss):0.#}\" r=\"3.2\" fill=\"{Orange}\"/>");
        }

        if (_best is not { } best || !_scale.Shows(best.Loss))
            return;
        (double x, double y) = (X(best.Step), _scale.Y(best.Loss));
        _svg.Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"6.5\" fill=\"#ffffff\" stroke=\"{Orange}\" stroke-width=\"2\"/>");
        _svg.Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"2.6\" fill=\"{Orange}\"/>");
        string anchor = x > Right - 40 ? "end" : x < Left + 40 ? "start" : "middle";
        double shift = anchor == "end" ? 8 : anchor == "start" ? -8 : 0;
        _svg.Text(x + shift, y - 14 < Top + 10 ? y + 24 : y - 14, Loss(best.Loss), $"font-size=\"13.5\" font-weight=\"600\" text-anchor=\"{anchor}\" fill=\"{Orange}\" stroke=\"#ffffff\" stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\"");
    }

    /// <summary>Crosses along the upper edge, side by side where there are many.</summary>
    private void PaintNotFinite()
    {
        double last = double.NegativeInfinity;
        foreach (LossPoint point in _curve.Train.Concat(_curve.Validation).Where(point => !double.IsFinite(point.Loss)).OrderBy(point => point.Step))
        {
            double x = X(point.Step);
            if (x - last < 10)
                continue;
            last = x;
            _svg.Add($"<path d=\"{Cross(x, Top + 8)}\" stroke=\"{Red}\" stroke-width=\"1.6\" fill=\"none\"/>");
        }
    }

    private void PaintLegend()
    {
        double x = Left;
        if (_radius > 0)
        {
            x = Legend(x, "training", x => $"<path d=\"M{x:0.#} 90l5 -5l5 8l5 -9l5 6l4 -3\" stroke=\"{Blue}\" stroke-opacity=\"0.5\" stroke-width=\"1.2\" fill=\"none\"/>");
            x = Legend(x, $"moving mean of {LossSeries.Window(_radius)}", x => $"<path d=\"M{x:0.#} 88h24\" stroke=\"{Blue}\" stroke-width=\"2.4\"/>");
        }
        else if (_curve.Train.Count > 0)
        {
            x = Legend(x, "training", x => $"<path d=\"M{x:0.#} 88h24\" stroke=\"{Blue}\" stroke-width=\"2.4\"/>");
        }

        if (_curve.Validation.Count > 0)
            x = Legend(x, "validation", x => $"<path d=\"M{x:0.#} 88h24\" stroke=\"{Orange}\" stroke-width=\"2\"/><circle cx=\"{x + 12:0.#}\" cy=\"88\" r=\"3.2\" fill=\"{Orange}\"/>");
        if (_best is { } best)
            x = Legend(x, $"best {Loss(best.Loss)} at step {best.Step.ToString(CultureInfo.InvariantCulture)}", x => $"<circle cx=\"{x + 12:0.#}\" cy=\"88\" r=\"6\" fill=\"#ffffff\" stroke=\"{Orange}\" stroke-width=\"2\"/><circle cx=\"{x + 12:0.#}\" cy=\"88\" r=\"2.4\" fill=\"{Orange}\"/>");
        if (_curve.Train.Concat(_curve.Validation).Any(point => !double.IsFinite(point.Loss)))
            Legend(x, "not finite", x => $"<path d=\"{Cross(x + 12, 88)}\" stroke=\"{Red}\" stroke-width=\"1.6\"/>");
    }

    private double Legend(double x, string text, Func<double, FormattableString> key)
    {
        _svg.Add(key(x));
        _svg.Text(x + 31, 92.5, text, $"font-size=\"12.5\" fill=\"{Ink}\"");
        return x + 31 + (7.3 * text.Length) + 18;
    }

    private void PaintStrokes(List<LossSeries.Stroke> strokes, string color, double width, double opacity)
    {
        foreach (LossSeries.Stroke stroke in strokes)
        {
            if (stroke.Count == 1 && _scale.Shows(stroke[0].Y))
                _svg.Add($"<circle cx=\"{stroke[0].X:0.#}\" cy=\"{_scale.Y(stroke[0].Y):0.#}\" r=\"{width + 1:0.#}\" fill=\"{color}\" fill-opacity=\"{opacity}\"/>");
            else if (stroke.Count > 1)
                _svg.Add($"<path clip-path=\"url(#plot)\" d=\"{SvgDocument.Path(stroke.Select(point => (point.X, _scale.Y(point.Y))))}\" fill=\"none\" stroke=\"{color}\" stroke-opacity=\"{opacity}\" stroke-width=\"{width}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>");
        }
    }

    private double X(long step) => _scale.X(step);

    private static string Cross(double x, double y) => string.Create(CultureInfo.InvariantCulture, $"M{x - 4:0.#} {y - 4:0.#}l8 8m0 -8l-8 8");

    private static string Loss(double loss) => loss.ToString(Math.Abs(loss) is >= 1e-3 and < 1e5 ? "0.0000" : "0.###e+0", CultureInfo.InvariantCulture);

    private static string Shorten(string text, int length) => text.Length <= length ? text : text[..(length - 1)].TrimEnd() + "…";
}
