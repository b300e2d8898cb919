using Kansformers.Checkpoints;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>Collects rows for one golden file: what was computed beside what was expected.</summary>
internal sealed class Comparison(TensorFile expected)
{
    /// <summary>Float32 sums in another order.</summary>
    public const double Float32 = 1e-5;

    /// <summary>After a least-squares solve, which multiplies rounding by the condition of the bases.</summary>
    public const double AfterSolve = 1e-4;

    private readonly List<GoldenRow> _rows = [];

    public IReadOnlyList<GoldenRow> Rows => _rows;

    public bool Has(string name) => expected.TryGet(name, out _);

    public Tensor Expected(string name) => StateDictionary.ToTensor(expected[name]);

    /// <summary>Compares with the expected tensor of that name; the row can be labelled with the way the value was computed.</summary>
    public void Add(string name, Tensor actual, double tolerance, string label = "")
    {
        using var scope = NewDisposeScope();
        Add(label + name, actual, Expected(name), tolerance);
    }

    /// <summary>Compares two tensors; <paramref name="slack"/> is an absolute difference that is allowed on top.</summary>
    public void Add(string label, Tensor actual, Tensor expectedValue, double tolerance, double slack = 0)
    {
        using var scope = NewDisposeScope();
        string shape = $"({string.Join(", ", expectedValue.shape)})";
        if (actual.numel() != expectedValue.numel())
        {
            _rows.Add(new GoldenRow($"{label}: computed ({string.Join(", ", actual.shape)})", shape, double.NaN, double.NaN, tolerance));
            return;
        }

        Tensor right = expectedValue.to_type(ScalarType.Float64), left = actual.to_type(ScalarType.Float64).reshape(right.shape);
        double absolute = right.numel() == 0 ? 0 : (left - right).abs().max().item<double>();
        double scale = right.numel() == 0 ? 0 : right.abs().max().item<double>();
        (double relative, double allowed) = scale > 0 ? (absolute / scale, tolerance + slack / scale) : (absolute, tolerance + slack);
        _rows.Add(new GoldenRow(label, shape, absolute, relative, allowed));
    }
}
