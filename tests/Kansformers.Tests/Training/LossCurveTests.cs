using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Kansformers.Files;
using Kansformers.Pictures;
using Kansformers.Training;

namespace Kansformers.Tests.Training;

public partial class LossCurveTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(3000)]
    public void Any_number_of_points_gives_a_picture_whose_every_coordinate_is_a_number(int count) =>
        Check(Decay(count) with { Validation = Decay(count / 10).Train });

    [Fact]
    public void Absurd_series_still_give_a_picture()
    {
        double[][] series =
        [
            [double.NaN], [double.NaN, double.NaN, double.PositiveInfinity], [1e308, -1e308, 1e308], [0, 0, 0], [5, 5, 5, 5],
            [double.Epsilon, 0], [1e-12, 2e-12], [-3, -2], [double.NaN, 1, double.NaN, 2, double.NegativeInfinity], [1e300], [1e13, 1],
        ];
        foreach (double[] losses in series)
        {
            LossPoint[] points = [.. losses.Select((loss, step) => new LossPoint(step, loss))];
            Check(new LossCurve { Train = points });
            Check(new LossCurve { Validation = points });
            Check(new LossCurve { Train = points, Validation = points });
            Check(new LossCurve { Train = [.. Enumerable.Range(0, 50).SelectMany(_ => losses).Select((loss, step) => new LossPoint(step * 100_000_000L, loss))] });
        }
    }

    [Fact]
    public void A_long_run_is_thinned_to_a_small_file_and_no_spike_is_lost()
    {
        LossPoint[] points = [.. Decay(300_000).Train];
        points[200_001] = points[200_001] with { Loss = 3.9 };
        string picture = (Decay(0) with { Train = points }).ToSvg();
        Assert.InRange(picture.Length, 10_000, 120_000);
        List<LossSeries.Stroke> strokes = LossSeries.Strokes(points, step => step / 300.0);
        Assert.Contains(strokes.Single(), point => point.Y == 3.9);
        Assert.InRange(strokes.Single().Count, 1000, 4004);
    }

    [Fact]
    public void A_loss_that_is_not_finite_parts_the_curve_and_is_marked()
    {
        LossPoint[] points = [.. Decay(10).Train];
        points[4] = points[4] with { Loss = double.NaN };
        Assert.Equal([4, 5], LossSeries.Strokes(points, step => 10 * step).Select(stroke => stroke.Count));
        string picture = new LossCurve { Train = points }.ToSvg();
        Assert.Contains("not finite", picture, StringComparison.Ordinal);
        Assert.DoesNotContain("not finite", Decay(10).ToSvg(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_validation_is_named_with_its_step()
    {
        LossCurve curve = Decay(100) with { Validation = [new(0, 4), new(50, double.NaN), new(60, 1.5), new(80, 1.5), new(99, 1.75)] };
        XElement picture = Check(curve);
        Assert.Contains(picture.Elements(Svg + "text"), text => text.Value == "best 1.5000 at step 60");
        Assert.Contains(picture.Elements(Svg + "text"), text => text.Value == "1.5000");
    }

    [Fact]
    public void Headings_may_hold_any_character_and_long_ones_are_shortened()
    {
        XElement picture = Check(Decay(5) with { Title = "<b> & \"x\" \u0001 漢 \ud800" + new string('x', 500), Subtitle = "]]>" });
        Assert.StartsWith("<b> & \"x\" \uFFFD 漢", picture.Element(Svg + "title")!.Value, StringComparison.Ordinal);
        Assert.All(picture.Elements(Svg + "text"), text => Assert.InRange(text.Value.Length, 0, 120));
    }

    [Fact]
    public void The_moving_mean_keeps_a_straight_line_a_constant_and_the_first_value()
    {
        LossPoint[] line = [.. Enumerable.Range(0, 200).Select(i => new LossPoint(i, 10 - (0.01 * i)))];
        double[] smooth = LossSeries.Smooth(line, 8);
        Assert.Equal(10, smooth[0]);
        for (int i = 0; i < 190; i++)
            Assert.Equal(line[i].Loss, smooth[i], 1e-9);
        Assert.All(LossSeries.Smooth([.. line.Select(point => point with { Loss = 3 })], 8), value => Assert.Equal(3, value, 1e-12));
    }

    [Theory]
    [InlineData(1.83, 4.21, 6, "1.5 2.0 2.5 3.0 3.5 4.0 4.5")]
    [InlineData(0, 1, 5, "0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(0, 2_000_000, 8, "0 0.25M 0.50M 0.75M 1.00M 1.25M 1.50M 1.75M 2.00M")]
    [InlineData(0, 20_000, 8, "0 2.5k 5.0k 7.5k 10.0k 12.5k 15.0k 17.5k 20.0k")]
    [InlineData(3, 9, 8, "3 4 5 6 7 8 9")]
    public void Axis_marks_are_round_numbers(double low, double high, int about, string expected)
    {
        NiceTicks ticks = NiceTicks.Around(low, high, about);
        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, ticks.Count).Select(ticks.Label)));
    }

    [Fact]
    public void The_log_of_a_run_becomes_its_curve_and_a_failed_write_keeps_the_old_picture()
    {
        using TestFolder folder = new();
        LossCurve curve = LossCurve.FromLog([RunLogTests.Train(0), new NoteRecord { Step = 1, Text = "" }, new ValidationRecord { Step = 1, Loss = 3 }]);
        Assert.Equal([new LossPoint(0, 4)], curve.Train);
        Assert.Equal([new LossPoint(1, 3)], curve.Validation);
        string path = folder.Write("loss.svg", "old");
        using (FileFault.DiskFullAfter(10))
            Assert.Throws<KansformersException>(() => curve.Write(path));
        Assert.Equal("old", File.ReadAllText(path));
        curve.Write(path);
        Assert.Equal(curve.ToSvg(), File.ReadAllText(path));
    }

    private static LossCurve Decay(int count) => new()
    {
        Title = "gpt-nano",
        Subtitle = "shakespeare",
        Train = [.. Enumerable.Range(0, count).Select(i => new LossPoint(i, 2 + (2 * Math.Exp(-10.0 * i / count)) + (0.01 * (i * 7919 % 13))))],
    };

    private static XElement Check(LossCurve curve)
    {
        string text = curve.ToSvg();
        XElement picture = XDocument.Parse(text).Root!;
        Assert.Equal(Svg + "svg", picture.Name);
        foreach (XAttribute attribute in picture.DescendantsAndSelf().Attributes().Where(a => a.Name.LocalName is "d" or "x" or "y" or "cx" or "cy" or "r" or "width" or "transform"))
        {
            Assert.DoesNotContain("NaN", attribute.Value, StringComparison.Ordinal);
            Assert.DoesNotContain("Infinity", attribute.Value, StringComparison.Ordinal);
            foreach (Match number in Numbers().Matches(attribute.Value))
                Assert.InRange(double.Parse(number.Value, CultureInfo.InvariantCulture), -1000, 2000);
        }

        Assert.All(picture.Elements(Svg + "text"), label => Assert.DoesNotContain("NaN", label.Value, StringComparison.Ordinal));
        return picture;
    }

    [GeneratedRegex(@"-?\d+(\.\d+)?")]
    private static partial Regex Numbers();
}
