using Kansformers.Checkpoints;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>Collects rows for one golden file: what was computed beside what was expected.</summary>
internal sealed class Comparison(TensorFile? expected)
{
    /// <summary>Float32 sums in another order.</summary>
    public const double Float32 = 1e-5;

    /// <summary>After a least-squares solve, which multiplies rounding by the condition of the bases.</summary>
    public const double AfterSolve = 1e-4;

    private readonly List<GoldenRow> _rows = [];

    public IReadOnlyList<GoldenRow> Rows => _rows;

    /// <summary>What is expected; nothing where a folder holds weights alone.</summary>
    public IEnumerable<string> Names => expected?.Tensors.Select(tensor => tensor.Name) ?? [];

    public bool Has(string name) => expected?.TryGet(name, out _) is true;

    public Tensor Expected(string name) => StateDictionary.ToTensor(expected![name]);

    /// <summary>Compares with the expected tensor of that name; the row can be labelled with the way the value was computed.</summary>
    public void Add(string name, Tensor actual, double tolerance, string label = "")
    {
        using var scope = NewDisposeScope();
        Add(label + name, actual, Expected(name), tolerance);
    }

    /// <summary>Compares what is zero but for the rounding of sums: differences are a share of these, for the values themselves mean nothing.</summary>
    /// <param name="name">The expected tensor.</param>
    /// <param name="actual">What was computed.</param>
    /// <param name="size">How large the sums are.</param>
    /// <param name="tolerance">The largest difference, as a share of them.</param>
    public void AddRounding(string name, Tensor actual, double size, double tolerance)
    {
        using var scope = NewDisposeScope();
        Tensor wanted = Expected(name);
        double absolute = actual.shape.SequenceEqual(wanted.shape) ? (actual.to_type(ScalarType.Float64) - wanted).abs().max().item<double>() : double.NaN;
        _rows.Add(new GoldenRow(name, $"({string.Join(", ", wanted.shape)})", absolute, absolute / size, tolerance));
    }

    /// <summary>Compares two tensors.</summary>
    /// <param name="label">The row's name.</param>
    /// <param name="actual">What was computed.</param>
    /// <param name="expectedValue">What it should be.</param>
    /// <param name="tolerance">The largest difference, as a share of the largest expected value.</param>
    /// <param name="slack">An absolute difference that is allowed on top, for each value; null for none. The row shows the value that comes closest to its tolerance.</param>
    public void Add(string label, Tensor actual, Tensor expectedValue, double tolerance, Tensor? slack = null)
    {
        using var scope = NewDisposeScope();
        string shape = $"({string.Join(", ", expectedValue.shape)})";
        if (actual.numel() != expectedValue.numel())
        {
            _rows.Add(new GoldenRow($"{label}: computed ({string.Join(", ", actual.shape)})", shape, double.NaN, double.NaN, tolerance));
            return;
        }

        if (expectedValue.numel() == 0)
        {
            _rows.Add(new GoldenRow(label, shape, 0, 0, tolerance));
            return;
        }

        Tensor right = expectedValue.to_type(ScalarType.Float64).reshape(-1), difference = (actual.to_type(ScalarType.Float64).reshape(-1) - right).abs();
        double largest = right.abs().max().item<double>(), scale = largest > 0 ? largest : 1;
        if (slack is null)
        {
            double absolute = difference.max().item<double>();
            _rows.Add(new GoldenRow(label, shape, absolute, absolute / scale, tolerance));
            return;
        }

        Tensor allowed = slack.reshape(-1) + tolerance * scale;
        long worst = (difference / allowed).argmax().item<long>();
        double there = difference[worst].item<double>();
        _rows.Add(new GoldenRow(label, shape, there, there / scale, allowed[worst].item<double>() / scale));
    }
}
