namespace Kansformers.Kan;

/// <summary>The parameters that kernels read, row by row: one row for all inputs, or one for each of their groups.</summary>
/// <param name="values">(rows, stride).</param>
/// <param name="stride">From a row to the next.</param>
/// <param name="inputsPerRow">How many neighbouring inputs share a row.</param>
internal readonly unsafe struct KernelParameters(float* values, int stride, int inputsPerRow)
{
    private readonly float* _values = values;
    private readonly int _stride = stride, _inputsPerRow = inputsPerRow;

    /// <summary>The parameters of an input.</summary>
    public float* Of(int input) => Row(RowOf(input));

    /// <summary>Which row an input has.</summary>
    public int RowOf(int input) => input / _inputsPerRow;

    /// <summary>The parameters of a row.</summary>
    public float* Row(int row) => _values + (nint)row * _stride;

    /// <summary>The same rows from a later column on.</summary>
    public KernelParameters From(int column) => new(_values + column, _stride, _inputsPerRow);
}
