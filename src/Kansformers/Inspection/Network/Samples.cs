using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>A table of numbers in double precision, a row for each sample and a column for each variable; what a <see cref="KanNetwork"/> reads and computes.</summary>
public sealed class Samples
{
    // Column after column: networks run over all rows of one column at a time.
    private readonly double[] _values;

    /// <summary>A table of zeros.</summary>
    /// <param name="rows">The number of samples.</param>
    /// <param name="columns">The number of variables.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is negative.</exception>
    public Samples(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        (Rows, Columns, _values) = (rows, columns, new double[rows * columns]);
    }

    /// <summary>A table of (rows, columns).</summary>
    /// <param name="values">Copied.</param>
    public Samples(double[,] values)
        : this((values ?? throw new ArgumentNullException(nameof(values))).GetLength(0), values.GetLength(1))
    {
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
                this[row, column] = values[row, column];
        }
    }

    /// <summary>Columns that are given.</summary>
    /// <param name="columns">Each as long as the others; copied.</param>
    /// <exception cref="ArgumentException">Their lengths differ.</exception>
    public static Samples OfColumns(params IReadOnlyList<double[]> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        Samples made = new(columns.Count == 0 ? 0 : columns[0].Length, columns.Count);
        for (int column = 0; column < columns.Count; column++)
        {
            if (columns[column].Length != made.Rows)
                throw new ArgumentException($"column {column} has {columns[column].Length} rows, the first has {made.Rows}", nameof(columns));
            columns[column].CopyTo(made.Column(column));
        }

        return made;
    }

    /// <summary>The columns, each an array of its own: what formulas take.</summary>
    public double[][] ToColumns() => [.. Enumerable.Range(0, Columns).Select(column => Column(column).ToArray())];

    /// <summary>A matrix of torch, of any type and on any device.</summary>
    /// <param name="tensor">(rows, columns); copied.</param>
    /// <exception cref="ArgumentException">It is no matrix.</exception>
    public static Samples FromTensor(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        LibTorch.Load();
        if (tensor.dim() != 2)
            throw new ArgumentException($"samples are (rows, columns), the tensor has {tensor.dim()} dimensions", nameof(tensor));
        using Tensor columns = tensor.detach().to(ScalarType.Float64).cpu().t().contiguous();
        Samples made = new((int)tensor.shape[0], (int)tensor.shape[1]);
        columns.data<double>().CopyTo(made._values);
        return made;
    }

    /// <summary>The number of samples.</summary>
    public int Rows { get; }

    /// <summary>The number of variables.</summary>
    public int Columns { get; }

    /// <summary>One value.</summary>
    /// <param name="row">The sample.</param>
    /// <param name="column">The variable.</param>
    public double this[int row, int column]
    {
        get => Column(column)[row];
        set => Column(column)[row] = value;
    }

    /// <summary>All values of a variable, to be read and written.</summary>
    /// <param name="column">The variable.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column.</exception>
    public Span<double> Column(int column)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, Columns);
        return _values.AsSpan(column * Rows, Rows);
    }

    /// <summary>Some of the samples, in the order that is asked for.</summary>
    /// <param name="rows">Which; copied.</param>
    public Samples Take(params ReadOnlySpan<int> rows)
    {
        Samples taken = new(rows.Length, Columns);
        for (int column = 0; column < Columns; column++)
        {
            ReadOnlySpan<double> from = Column(column);
            Span<double> to = taken.Column(column);
            for (int row = 0; row < rows.Length; row++)
                to[row] = from[rows[row]];
        }

        return taken;
    }

    /// <summary>The table as a float64 tensor of torch, (rows, columns), on the CPU.</summary>
    public Tensor ToTensor()
    {
        LibTorch.Load();
        using Tensor columns = tensor(_values, [Columns, Rows]);
        return columns.t().contiguous();
    }

    /// <summary>Row and column counts, for people.</summary>
    public override string ToString() => $"{Rows} samples of {Columns} columns";

    /// <summary>All values, column after column.</summary>
    internal double[] Values => _values;
}
