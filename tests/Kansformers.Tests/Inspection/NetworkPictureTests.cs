using System.Globalization;
using System.Xml.Linq;
using Kansformers.Inspection;
using Kansformers.Pictures;

namespace Kansformers.Tests.Inspection;

/// <summary>Pictures of small networks: what of a network is in them.</summary>
public class NetworkPictureTests
{
    [Fact]
    public void Every_edge_that_counts_is_a_line_with_a_panel_and_every_node_a_mark()
    {
        (KanNetwork network, Samples samples) = Make([4, new KanWidth(3, 2, 3), 2]);
        network.Layers[0].RemoveEdge(1, 2);
        network.Layers[1].RemoveEdge(0, 4);
        network.Layers[0].SetFormula(0, 1, new EdgeFormula(EdgeFunction.Of("sin"), 1, 0, 1, 0));
        XElement svg = XElement.Parse(NetworkPicture.Svg(network, samples));
        string[] panels = [.. Marked(svg, "data-edge")], nodes = [.. Marked(svg, "data-node")];
        Assert.Equal(4 * 8 + 5 * 2 - 2, panels.Length);
        Assert.Equal(panels.Length, panels.Distinct().Count());
        Assert.DoesNotContain("0,2,1", panels);
        Assert.DoesNotContain("1,4,0", panels);
        Assert.Equal(4 + 5 + 2, nodes.Length);
        Assert.Equal(panels.Length, Elements(svg, "path").Count(path => path.Parent == svg && path.Attribute("stroke-opacity") is not null));

        // Two products stand on two and three factors, and the only formula is orange and has its name.
        Assert.Equal(5, Elements(svg, "circle").Count(circle => (string)circle.Attribute("r")! == "3.5"));
        XElement formula = Assert.Single(Elements(svg, "g"), group => (string?)group.Attribute("data-edge") == "0,1,0");
        Assert.Equal("sin", Assert.Single(Elements(formula, "text")).Value);
        Assert.All(Elements(svg, "g").Where(group => group.Attribute("data-edge") is not null && group != formula), group => Assert.Empty(Elements(group, "text")));
        Assert.NotEmpty(PictureFile.Png(svg.ToString()));
    }

    [Fact]
    public void Lines_are_as_dark_as_their_scores()
    {
        (KanNetwork network, Samples samples) = Make([2, 3, 1]);
        double[] told = [.. Dark(NetworkPicture.Svg(network, samples, new NetworkPictureOptions { Beta = 2 }))];
        KanAttribution scores = network.Attribute(samples);
        double[] wanted = [.. scores.Edges.SelectMany(layer => layer.Cast<double>()).Select(score => Math.Max(0.1, Math.Tanh(2 * score))).Order()];
        Assert.Equal(wanted, told, (one, other) => Math.Abs(one - other) < 6e-4);
        Assert.Equal(0.8, Assert.Single(Dark(NetworkPicture.Svg(network, null)).Distinct()));
    }

    [Theory]
    [InlineData(2, 5, 1)]
    [InlineData(4, 9, 9, 3)]
    [InlineData(12, 1)]
    public void Panels_do_not_lie_on_each_other_nor_outside(params int[] widths)
    {
        (KanNetwork network, Samples samples) = Make([.. widths.Select(width => new KanWidth(width))]);
        XElement svg = XElement.Parse(NetworkPicture.Svg(network, samples));
        (double X, double Y, double W, double H)[] panels = [.. Elements(svg, "g").Where(group => group.Attribute("data-edge") is not null).Select(group => Box(Elements(group, "rect").Single()))];
        Assert.Equal(network.Layers.Sum(layer => layer.LiveEdges), panels.Length);
        (double width, double height) = (Number(svg, "width"), Number(svg, "height"));
        Assert.InRange(width, 500, 1800);
        Assert.All(panels, panel => Assert.True(panel.X >= 20 && panel.Y >= 112 && panel.X + panel.W <= width - 20 && panel.Y + panel.H < height - 40));
        for (int one = 0; one < panels.Length; one++)
        {
            for (int other = 0; other < one; other++)
                Assert.True(Math.Abs(panels[one].X - panels[other].X) >= panels[one].W + 4 || Math.Abs(panels[one].Y - panels[other].Y) >= panels[one].H + 4);
        }
    }

    [Fact]
    public void Names_are_those_of_the_table_and_the_same_network_gives_the_same_picture()
    {
        (KanNetwork network, Samples samples) = Make([2, 2, 1]);
        network.InputScaling = [new ColumnScaling("<mass>", 0, 1), new ColumnScaling("speed & more", 3, 2)];
        network.TargetScaling = [new ColumnScaling("energy", 0, 1)];
        string svg = NetworkPicture.Svg(network, samples);
        Assert.Equal(svg, NetworkPicture.Svg(network.Clone(), samples));
        string[] texts = [.. Elements(XElement.Parse(svg), "text").Select(text => text.Value)];
        Assert.Contains("energy from <mass>, speed & more", texts);
        Assert.Contains("<mass>", texts);
        Assert.Contains("energy", texts);
        Assert.Equal("mine", Elements(XElement.Parse(NetworkPicture.Svg(network, samples, new NetworkPictureOptions { Title = "mine" })), "title").First().Value);
    }

    [Fact]
    public void A_layers_panels_tell_what_lies_outside_the_grid()
    {
        (KanNetwork network, _) = Make([2, 2, 1]);
        Samples samples = new(new double[,] { { -0.5, 0 }, { 0.5, 0.1 }, { 3, 0.2 }, { -0.1, 0.3 } });
        network.InputScaling = [new ColumnScaling("a", 10, 2), new ColumnScaling("b", 0, 1)];
        network.Layers[0].RemoveEdge(1, 1);
        XElement svg = XElement.Parse(LayerPicture.Svg(network, 0, samples));
        XElement[] panels = [.. Elements(svg, "g")];
        Assert.Equal(["a → 0", "b → 0", "a → 1"], panels.Select(panel => Elements(panel, "text").First().Value));
        Assert.Equal(["25 % outside the grid", "none outside the grid", "25 % outside the grid"], panels.Select(panel => Elements(panel, "text").Last().Value));
        Assert.Equal(0.25, network.Trace(samples).OutsideShare(0, 0));

        // The axis is the table's: from the grid's end at -1 to the sample at 3; the grid's other end is dashed.
        Assert.Equal(["8", "16"], Elements(panels[0], "text").Skip(2).Take(2).Select(text => text.Value));
        Assert.Single(Elements(panels[0], "path"), path => path.Attribute("stroke-dasharray") is not null);
        Assert.Equal(4, Elements(panels[0], "rect").Count() - 1); // each sample in a bar of its own
        XElement without = XElement.Parse(LayerPicture.Svg(network, 0, null));
        Assert.All(Elements(without, "g"), panel => Assert.Single(Elements(panel, "rect")));
    }

    [Fact]
    public void A_curve_has_a_gap_where_its_formula_has_no_value()
    {
        (KanNetwork network, Samples samples) = Make([1, 1]);
        network.Layers[0].SetFormula(0, 0, new EdgeFormula(EdgeFunction.Of("log"), 1, 0, 1, 0));
        foreach (string svg in (string[])[NetworkPicture.Svg(network, samples), LayerPicture.Svg(network, 0, samples)])
        {
            Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
            Assert.DoesNotContain("Infinity", svg, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_cannot_be_drawn_is_told()
    {
        (KanNetwork network, Samples samples) = Make([2, 1]);
        Told("there is no layer 1: the network has 1", () => LayerPicture.Svg(network, 1, samples));
        Told("there is no layer -1", () => LayerPicture.Svg(network, -1, samples));
        Told("no samples to look at", () => NetworkPicture.Svg(network, new Samples(0, 2)));
        Told("Beta is 0", () => NetworkPicture.Svg(network, samples, new NetworkPictureOptions { Beta = 0 }));
        Told("Columns is 0", () => LayerPicture.Svg(network, 0, samples, new NetworkPictureOptions { Columns = 0 }));
        Assert.Throws<ArgumentException>(() => NetworkPicture.Svg(network, new Samples(3, 5)));
        (KanNetwork large, _) = Make([40, 40]);
        Told("1600 edges", () => NetworkPicture.Svg(large, null));
        Told("1600 edges", () => LayerPicture.Svg(large, 0, null));
        network.Layers[0].RemoveEdge(0, 0);
        network.Layers[0].RemoveEdge(0, 1);
        Told("all edges of the network are pruned", () => NetworkPicture.Svg(network, samples));
        Told("all edges of layer 0 are pruned", () => LayerPicture.Svg(network, 0, samples));
    }

    private static void Told(string words, Func<string> draw) => Assert.Contains(words, Assert.Throws<KansformersException>(() => { _ = draw(); }).Message, StringComparison.Ordinal);

    private static (KanNetwork Network, Samples Samples) Make(KanWidth[] widths)
    {
        Random random = new(5);
        Samples samples = new(50, widths[0].Nodes);
        for (int column = 0; column < samples.Columns; column++)
        {
            foreach (ref double value in samples.Column(column))
                value = 2 * random.NextDouble() - 1;
        }

        return (new KanNetwork(new KanNetworkOptions { Widths = widths, GridSize = 3 }), samples);
    }

    private static IEnumerable<XElement> Elements(XElement parent, string name) => parent.Descendants().Where(element => element.Name.LocalName == name);

    private static IEnumerable<string> Marked(XElement svg, string attribute) => svg.Descendants().Select(element => (string?)element.Attribute(attribute)).OfType<string>();

    private static IEnumerable<double> Dark(string svg)
    {
        XElement root = XElement.Parse(svg);
        return Elements(root, "path").Where(path => path.Parent == root && path.Attribute("stroke-opacity") is not null).Select(path => Number(path, "stroke-opacity")).Order();
    }

    private static (double, double, double, double) Box(XElement rect) => (Number(rect, "x"), Number(rect, "y"), Number(rect, "width"), Number(rect, "height"));

    private static double Number(XElement element, string name) => double.Parse((string)element.Attribute(name)!, CultureInfo.InvariantCulture);
}
