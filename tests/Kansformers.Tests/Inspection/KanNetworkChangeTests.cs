using System.Globalization;
using Kansformers.Inspection;

namespace Kansformers.Tests.Inspection;

public class KanNetworkChangeTests
{
    [Theory]
    [InlineData("plain", 3)]
    [InlineData("products", 3)]
    [InlineData("formulas", 2)]
    public void A_finer_grid_computes_the_same(string shape, int order)
    {
        KanNetwork network = KanNetworkTests.Make(shape, 3, order);
        Samples inside = Tables.Random(400, 2, 1, -0.9, 0.9);
        network.Regrid(inside);
        KanNetwork finer = network.Refine(12, inside);
        Assert.True(Tables.Distance(network.Forward(inside), finer.Forward(inside)) < 1e-10);
        Assert.Same(network, finer.Before);
        Assert.Equal(12, finer.Options.GridSize);
        Assert.Throws<KansformersException>(() => finer.Refine(5, inside));
        // Few samples hold the curve where they are, and the rest is held too.
        Assert.True(Tables.Distance(network.Forward(inside), network.Refine(12, inside.Take(1, 2, 3)).Forward(inside)) < 1e-3);
    }

    [Fact]
    public void Samples_beyond_the_grid_are_kept()
    {
        KanNetwork network = new(new KanNetworkOptions { Widths = [1, 1], GridSize = 4, NoiseScale = 3 });
        Samples wide = Tables.Random(300, 1, 1, -1.9, 1.9);
        Assert.True(Tables.Distance(network.Forward(wide), network.Refine(14, wide).Forward(wide)) < 0.02);
        Assert.True(Tables.Distance(network.Forward(wide), network.Refine(14, wide, coversSamples: false).Forward(wide)) > 0.05);
    }

    [Fact]
    public void A_grid_moves_to_its_samples()
    {
        KanNetwork network = new(new KanNetworkOptions { Widths = [1, 1], GridSize = 4, GridEps = 0.5 });
        double[] column = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.9];
        network.Regrid(Samples.OfColumns(column));
        // Half the quantiles 0, 0.2, 0.4, 0.6, 0.9 and half the uniform 0, 0.225, 0.45, 0.675, 0.9; 0.225 apart beyond.
        double[] wanted = [-0.675, -0.45, -0.225, 0, 0.2125, 0.425, 0.6375, 0.9, 1.125, 1.35, 1.575];
        Assert.All(network.Layers[0].KnotsOf(0).ToArray().Zip(wanted), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
        KanNetwork wider = new(new KanNetworkOptions { Widths = [1, 1], GridSize = 4, GridMargin = 0.1 });
        wider.Regrid(Samples.OfColumns(column));
        Assert.Equal((-0.09, 0.99), (Math.Round(wider.Layers[0].KnotsOf(0)[3], 12), Math.Round(wider.Layers[0].KnotsOf(0)[^4], 12)));
    }

    [Fact]
    public void Scores_go_down_in_the_measure_of_deviations()
    {
        // y = 3 x0 + x1, x2 unused: an output's score 1 reaches the inputs as 3 σ0 / σ and σ1 / σ.
        KanNetwork network = Linear(3, 1, 0);
        Samples x = Tables.Random(100, 3, 1);
        KanAttribution scores = network.Attribute(x);
        double sum = Deviation(network.Forward(x).Column(0).ToArray()) + 1e-4;
        double[] wanted = [3 * Deviation(x.Column(0).ToArray()) / sum, Deviation(x.Column(1).ToArray()) / sum, 0];
        Assert.All(scores.Features.Zip(wanted), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
        Assert.Equal(wanted[0], scores.Edges[0][0, 0], 1e-12);
        Assert.Equal(1, scores.Nodes[1][0]);

        static double Deviation(double[] values) => Math.Sqrt(values.Sum(value => (value - values.Average()) * (value - values.Average())) / (values.Length - 1));
    }

    [Fact]
    public void Inputs_and_edges_without_a_part_go_and_come_back()
    {
        KanNetwork network = Linear(3, 1, 0);
        Samples x = Tables.Random(100, 3, 1);
        KanNetwork pruned = network.PruneInputs(x);
        Assert.Equal([0, 1], pruned.InputColumns);
        Assert.Equal(0, Tables.Distance(network.Forward(x), pruned.Forward(x)));
        Assert.Equal(2, network.PruneEdges(x).Layers[0].LiveEdges);
        Assert.Equal(3, network.Layers[0].LiveEdges);
        Assert.Same(network, pruned.Before);
        // Inputs are counted among those that are left.
        Assert.Equal([1], pruned.WithNodes([[1], [0]]).InputColumns);
        Assert.Single(network.PruneInputs(x, threshold: 100).InputColumns);
    }

    [Fact]
    public void Nodes_go_with_their_factors()
    {
        KanNetwork network = KanNetworkTests.Make("products", 3, 3);
        KanNetwork pruned = network.WithNodes([[0, 1], [0, 2], [0]]);
        Assert.Equal([2, new KanWidth(1, 3), new KanWidth(0, 2)], pruned.Options.Widths);
        Samples x = Tables.Random(20, 2, 1);
        // The node that went brought nothing once its edges are gone.
        KanNetwork without = network.Clone();
        for (int output = 0; output < 2; output++)
            without.Layers[1].RemoveEdge(output, 1);
        Assert.True(Tables.Distance(without.Forward(x), pruned.Forward(x)) < 1e-14);
        Assert.Throws<ArgumentException>(() => network.WithNodes([[0, 1], [], [0]]));
        Assert.Throws<ArgumentException>(() => network.WithNodes([[0, 1], [2, 1], [0]]));
    }

    // KANSFORMERS_SEQUENCES=1000 runs as many.
    [Fact]
    public void No_sequence_of_changes_on_degenerate_data_makes_what_is_no_number()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("KANSFORMERS_SEQUENCES") ?? "60", CultureInfo.InvariantCulture);
        for (int seed = 0; seed < count; seed++)
        {
            Random random = new(seed);
            Samples x = Degenerate(random), y = Tables.Map(x, row => random.Next(3) == 0 ? 1 : row[0] * row[1]), probe = Tables.Random(20, x.Columns, seed, -3, 3);
            KanNetwork network = new(new KanNetworkOptions
            {
                Widths = random.Next(2) == 0 ? [x.Columns, 3, 1] : [x.Columns, new(1, 2, 3), 1], GridSize = random.Next(1, 6), SplineOrder = random.Next(1, 5), GridEps = random.Next(3) * 0.5, GridMargin = random.Next(2) * 0.1, Seed = seed,
            });
            List<string> done = [];
            for (int change = 0; change < 6; change++)
            {
                (string name, network) = Change(network, x, y, random);
                done.Add(name);
                string told = $"seed {seed}, {x}, {network}: {string.Join(", ", done)}";
                Assert.True(Tables.AllFinite(network.Forward(x)) && Tables.AllFinite(network.Forward(probe)), told);
                Assert.True(network.Layers.All(layer => layer.Arrays.All(array => array.All(double.IsFinite))), told);
                Assert.True(network.Attribute(x).Features.All(double.IsFinite) && double.IsFinite(network.Regularization(x)), told);
            }
        }
    }

    private static (string, KanNetwork) Change(KanNetwork network, Samples x, Samples y, Random random)
    {
        int which = random.Next(6);
        switch (which)
        {
            case 0:
                network.Regrid(x);
                return ("regrid", network);
            case 1:
                int size = Math.Min(40, network.Layers.Max(layer => layer.GridSize) + random.Next(6));
                return ($"refine {size}", network.Refine(Math.Max(size, network.Layers.Max(layer => layer.GridSize)), x));
            case 2:
                return ("prune", network.Prune(x, random.NextDouble() * 0.5, random.NextDouble() * 0.5));
            case 3:
                return ("prune inputs", network.PruneInputs(x, random.NextDouble() * 0.5));
            case 4 when network.Before is not null:
                return ("undo", network.Before);
            default:
                network.Fit(new FitData(x, y), new FitOptions { Steps = 2, PenaltyWeight = random.Next(2) * 0.01, GridUpdates = random.Next(2), Optimizer = (FitOptimizer)random.Next(2), Penalty = new PenaltyOptions { Measure = (EdgeMeasure)random.Next(5) } });
                return ("fit", network);
        }
    }

    // Constant columns, duplicates, two values alone, far outliers, one sample, none.
    private static Samples Degenerate(Random random)
    {
        int rows = random.Next(8) switch { 0 => 1, 1 => 2, 2 => 3, _ => random.Next(4, 60) };
        Samples x = new(rows, random.Next(2, 4));
        for (int column = 0; column < x.Columns; column++)
        {
            int kind = random.Next(7);
            double constant = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-8, 6));
            foreach (ref double value in x.Column(column))
            {
                double uniform = random.NextDouble() * 2 - 1;
                value = kind switch { 0 => constant, 1 => Math.Round(uniform), 2 => uniform > 0.9 ? 1e4 * uniform : uniform, 3 => uniform * 1e-9, 4 => constant * (1 + 1e-12 * uniform), _ => uniform };
            }

            if (kind == 5 && column > 0)
                x.Column(column - 1).CopyTo(x.Column(column));
        }

        return x;
    }

    // One layer of straight lines: the identity is its base, its splines are zero.
    private static KanNetwork Linear(params double[] slopes)
    {
        KanNetwork network = new(new KanNetworkOptions { Widths = [slopes.Length, 1], Base = EdgeBase.Identity, NoiseScale = 0 });
        slopes.CopyTo(network.Layers[0].BaseScale, 0);
        return network;
    }
}
