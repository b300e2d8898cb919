#:project ../src/Kansformers/Kansformers.csproj
// Fits a function of two variables by one KAN layer, and prints what each edge has learned:
//     dotnet run examples/kan_layer.cs
using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

// A KAN layer is a sum of one learned function per edge, so y = sin(2 x0) + x1² needs no hidden layer.
random.manual_seed(1);
using var scope = NewDisposeScope();
BSplineOptions options = new() { GridSize = 8, SplineOrder = 3, GridTolerance = double.PositiveInfinity };
using KanLinear layer = new(inFeatures: 2, outFeatures: 1, options);

// The grid starts at -1 to 1. These inputs reach from -2 to 2, and outside the grid the splines are zero, so move it to the inputs.
// A grid update never moves so far that what was learned changes; here nothing is yet, and the infinite tolerance says so.
Tensor x = rand(2048, 2) * 4 - 2; // (samples, in)
Tensor y = (2 * x[.., ..1]).sin() + x[.., 1..].square(); // (samples, out)
Console.WriteLine($"outside the grid before the update: {layer.OutsideShare(x):P0}");
layer.UpdateGrid(x);
Console.WriteLine($"outside the grid after it:          {layer.OutsideShare(x):P0}");

var optimizer = optim.Adam(layer.parameters(), lr: 0.02);
for (int step = 0; step <= 500; step++)
{
    using var stepScope = NewDisposeScope(); // frees this step's tensors
    Tensor loss = nn.functional.mse_loss(layer.forward(x), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 100 == 0)
        Console.WriteLine($"step {step,3}  mean squared error {loss.item<float>():0.000000}");
}

// Each edge alone: feed a line through one input and hold the other at 0. The edges differ from sin and square
// only by constants that cancel in the sum, so both columns are shown less their value at 0.
using var guard = no_grad();
float F(float x0, float x1) => layer.forward(tensor(new[] { x0, x1 }).reshape(1, 2)).item<float>() - layer.forward(zeros(1, 2)).item<float>();
Console.WriteLine("     x   edge 0  sin(2x)   edge 1       x²");
for (float at = -1.75f; at <= 1.75f; at += 0.5f)
    Console.WriteLine($"{at,6:0.00} {F(at, 0),8:0.000} {MathF.Sin(2 * at),8:0.000} {F(0, at),8:0.000} {at * at,8:0.000}");
Console.WriteLine($"spline coefficients of edge 0: {string.Join(" ", layer.Coefficients[0, 0].data<float>().Select(c => c.ToString("0.00")))}");
