#:project ../src/Kansformers/Kansformers.csproj
// A trained network of one's own becomes a KAN that computes the same, and is trained further:
//     dotnet run examples/swap.cs
using Kansformers.Kan;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

random.manual_seed(1);
using var all = NewDisposeScope();
Tensor x = rand(2000, 2) * 6 - 3; // (samples, 2)
Tensor y = ((Math.PI * x[.., ..1]).sin() + x[.., 1..].square()).exp().log1p(); // (samples, 1)
using Network network = new(width: 24);
Console.WriteLine($"linear layers, trained: error {Train(network, 1000):0.0000}");

// Each linear layer becomes splines that begin as straight lines, on grids where the samples are.
Tensor before = network.forward(x);
SwapReport report = LinearReplacement.Replace(network, new SwapPolicy
{
    Kan = new BSplineOptions { GridSize = 8 },
    Except = ["head"],
    Calibrate = () => network.forward(x),
});
Console.WriteLine(report);
Console.WriteLine($"largest change of an output: {(network.forward(x) - before).abs().max().item<float>():g2}");
Console.WriteLine($"KAN layers, trained further: error {Train(network, 300):0.0000}");

double Train(Network model, int steps)
{
    using var scope = NewDisposeScope();
    var optimizer = optim.Adam(model.parameters(), lr: 0.005); // a new one, for the parameters are others
    double error = 0;
    for (int step = 0; step < steps; step++)
    {
        using var inner = NewDisposeScope();
        optimizer.zero_grad();
        Tensor loss = nn.functional.mse_loss(model.forward(x), y);
        loss.backward();
        optimizer.step();
        error = Math.Sqrt(loss.item<float>());
    }

    return error;
}

// Nothing here knows of KANs; fields of the type Module<Tensor, Tensor> can hold any layer.
sealed class Network : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> _first, _second, head;

    public Network(int width)
        : base("network")
    {
        (_first, _second, head) = (nn.Linear(2, width), nn.Linear(width, width), nn.Linear(width, 1));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => head.forward(_second.forward(_first.forward(x).relu()).relu());
}
