using Kansformers.Pictures;

namespace Kansformers.Inspection;

/// <summary>The losses of a fit by step, on a logarithmic axis: of the fitted rows, and of the held-out ones where there are any.</summary>
internal static class FitPicture
{
    private const double Left = 84, Right = 936, Top = 104, Bottom = 470;

    public static string Paint(FitResult result, string title)
    {
        SvgDocument svg = new SvgDocument().Begin(960, 540, title);
        FitStep[] steps = [.. result.Steps];
        double[] losses = [.. steps.Select(step => step.Loss).Concat(steps.Select(step => step.HeldOutLoss).OfType<double>()).Where(loss => loss > 0 && double.IsFinite(loss))];
        svg.Text(Left, 40, title, $"font-size=\"20\" font-weight=\"600\" fill=\"{PictureStyle.Ink}\"");
        if (losses.Length == 0)
        {
            svg.Text((Left + Right) / 2, (Top + Bottom) / 2, "no losses", $"font-size=\"16\" text-anchor=\"middle\" fill=\"{PictureStyle.Faded}\"");
            return svg.End();
        }

        LogAxis axis = new(losses.Min(), losses.Max(), Top, Bottom);
        double last = Math.Max(1, steps[^1].Step);
        foreach (double mark in axis.Marks)
        {
            svg.Add($"<path d=\"M{Left} {axis.Y(mark):0.#}H{Right}\" stroke=\"{PictureStyle.Grid}\" stroke-width=\"1\"/>");
            svg.Text(Left - 10, axis.Y(mark) + 4.5, PictureStyle.Number(mark), $"font-size=\"12.5\" text-anchor=\"end\" fill=\"{PictureStyle.Faded}\"");
        }

        NiceTicks ticks = NiceTicks.Inside(0, last, 8, smallestStep: 1);
        for (int at = 0; at < ticks.Count; at++)
            svg.Text(X(ticks.At(at)), Bottom + 22, ticks.Label(at), $"font-size=\"12.5\" text-anchor=\"middle\" fill=\"{PictureStyle.Faded}\"");
        svg.Text((Left + Right) / 2, 522, "step", $"font-size=\"13.5\" text-anchor=\"middle\" fill=\"{PictureStyle.Ink}\"");
        svg.Text(0, 0, "loss", $"font-size=\"13.5\" text-anchor=\"middle\" fill=\"{PictureStyle.Ink}\" transform=\"translate(24 {(Top + Bottom) / 2:0}) rotate(-90)\"");
        Line("fitted rows", PictureStyle.Blue, Left, step => step.Loss);
        if (steps.Any(step => step.HeldOutLoss is not null))
            Line("held-out rows", PictureStyle.Orange, Left + 170, step => step.HeldOutLoss ?? double.NaN);
        return svg.End();

        double X(double step) => Left + step / last * (Right - Left);

        void Line(string name, string colour, double legend, Func<FitStep, double> loss)
        {
            (double X, double Y)[] points = [.. steps.Where(step => loss(step) > 0).Select(step => (X(step.Step), axis.Y(loss(step))))];
            if (points.Length > 1)
                svg.Add($"<path d=\"{SvgDocument.Path(points)}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.2\" stroke-linejoin=\"round\"/>");
            if (points.Length is > 0 and <= 60)
            {
                foreach ((double x, double y) in points)
                    svg.Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"2.6\" fill=\"{colour}\"/>");
            }

            svg.Add($"<path d=\"M{legend:0.#} 72h24\" stroke=\"{colour}\" stroke-width=\"2.4\"/>");
            svg.Text(legend + 32, 76.5, $"{name} {(points.Length > 0 ? PictureStyle.Number(loss(steps[^1])) : "")}", $"font-size=\"13.5\" fill=\"{PictureStyle.Ink}\"");
        }
    }
}
