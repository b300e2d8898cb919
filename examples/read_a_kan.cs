#:project ../src/Kansformers/Kansformers.csproj
// Fits a small KAN to samples of exp(sin(pi x) + y²), finds which of its nodes do the work, and refines what is left:
//     dotnet run examples/read_a_kan.cs
using Kansformers.Inspection;

(Samples X, Samples Y) Draw(int count, int seed)
{
    Random random = new(seed);
    (Samples x, Samples y) = (new Samples(count, 2), new Samples(count, 1));
    for (int row = 0; row < count; row++)
    {
        (x[row, 0], x[row, 1]) = (2 * random.NextDouble() - 1, 2 * random.NextDouble() - 1);
        y[row, 0] = Math.Exp(Math.Sin(Math.PI * x[row, 0]) + x[row, 1] * x[row, 1]);
    }

    return (x, y);
}

(Samples x, Samples y) = Draw(1000, seed: 1);
(Samples testX, Samples testY) = Draw(1000, seed: 2);
FitData data = new(x, y);

// More nodes than it takes, and a price on every edge.
KanNetwork network = new(new KanNetworkOptions { Widths = [2, 5, 1], GridSize = 3 });
network.Fit(data, new FitOptions { Steps = 20, PenaltyWeight = 0.01 });
Tell("fitted");

// What brings little goes.
KanAttribution scores = network.Attribute(x);
Console.WriteLine($"scores of the inner nodes: {string.Join(", ", scores.Nodes[1].Select(score => score.ToString("0.000")))}");
network = network.Prune(x);
network.Fit(data, new FitOptions { Steps = 20 });
Tell("pruned");

// Finer grids through the same curves, as far as the samples carry them.
foreach (int gridSize in (int[])[10, 20])
{
    network = network.Refine(gridSize, x);
    network.Fit(data, new FitOptions { Steps = 50, GridUpdates = 0 });
    Tell("refined");
}

network.Save(Path.Combine(Path.GetTempPath(), "network.safetensors"));

void Tell(string what) => Console.WriteLine(FormattableString.Invariant($"{what,-8} {network}: test error {Math.Sqrt(network.Loss(testX, testY)):0.0e+00}"));
