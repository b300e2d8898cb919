#:project ../src/Kansformers/Kansformers.csproj
// KAN or MLP? Fits one function by networks of about as many parameters, and tells error and time of each:
//     dotnet run examples/kinds.cs
using System.Diagnostics;
using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

// The function of the first KAN paper's first example: exp(sin(pi x) + y²), on [-1, 1].
(Tensor X, Tensor Y) Draw(int count)
{
    using var scope = NewDisposeScope();
    Tensor x = rand(count, 2) * 2 - 1; // (samples, 2)
    Tensor y = ((Math.PI * x[.., ..1]).sin() + x[.., 1..].square()).exp(); // (samples, 1)
    return (x.MoveToOuterDisposeScope(), y.MoveToOuterDisposeScope());
}

random.manual_seed(1);
using var all = NewDisposeScope();
(Tensor trainX, Tensor trainY) = Draw(1000);
(Tensor testX, Tensor testY) = Draw(1000);

// Every listed kind with a function for each edge, one with a function for each input, and a multilayer perceptron. The layer norm
// that some kinds bring is left out: of two inputs it tells only which is larger.
KanOptions[] kinds = [.. KanKinds.All.Where(kind => kind.Sharing.IsEdge), new BSplineOptions { Sharing = KanSharing.Channel, Bias = true }];
foreach (KanOptions kind in kinds.Select(kind => kind.Norm == InputNorm.LayerNorm ? kind with { Norm = InputNorm.None } : kind))
    Fit(kind.Summary(), new KanStack([2, Hidden(800, kind), 1], kind));
Fit("MLP, SiLU", nn.Sequential(nn.Linear(2, 26), nn.SiLU(), nn.Linear(26, 26), nn.SiLU(), nn.Linear(26, 1)));

// The widest hidden layer with at most so many parameters.
static long Hidden(long parameters, KanOptions kind)
{
    long hidden = 1;
    while (kind.ParameterCount(2, hidden + 1) + kind.ParameterCount(hidden + 1, 1) <= parameters)
        hidden++;
    return hidden;
}

void Fit(string name, nn.Module<Tensor, Tensor> network)
{
    long start = Stopwatch.GetTimestamp();
    var optimizer = optim.Adam(network.parameters(), lr: 0.01);
    var schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max: 1000);
    for (int step = 0; step < 1000; step++)
    {
        using var scope = NewDisposeScope(); // frees this step's tensors
        optimizer.zero_grad();
        nn.functional.mse_loss(network.forward(trainX), trainY).backward();
        optimizer.step();
        schedule.step();
    }

    using var guard = no_grad();
    double error = Math.Sqrt(nn.functional.mse_loss(network.forward(testX), testY).item<float>());
    Console.WriteLine($"{name,-54} {network.parameters().Sum(p => p.numel()),5} parameters   test error {error:0.00000}   {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
}
