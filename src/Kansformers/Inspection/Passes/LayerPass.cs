using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>
/// One layer at work on a number of samples: what the forward pass found, kept for the backward pass, and that pass. Only the k + 1 functions that are not zero at a
/// sample are ever touched. Every array is column after column: all samples of an input, an edge or a node lie together.
/// </summary>
internal sealed partial class LayerPass
{
    // Below so many edge evaluations one thread is quicker than two.
    private const int WorthThreads = 200_000;

    private readonly KanNetworkLayer _layer;
    private readonly EdgeBase _base;
    private readonly int _live;
    private readonly int[] _first;
    private readonly double[] _values, _slopes, _baseValues, _baseSlopes;
    private (double Mean, double Deviation)[]? _inputMoments, _curveMoments, _edgeMoments, _sumMoments;

    public LayerPass(KanNetworkLayer layer, EdgeBase function, int rows)
    {
        (_layer, _base, Rows, _live) = (layer, function, rows, layer.Order + 1);
        _first = new int[layer.Inputs * rows];
        (_values, _slopes) = (new double[layer.Inputs * rows * _live], new double[layer.Inputs * rows * _live]);
        (_baseValues, _baseSlopes) = (new double[layer.Inputs * rows], new double[layer.Inputs * rows]);
        Inputs = new double[layer.Inputs * rows];
        Curves = new double[layer.Inputs * layer.Subnodes * rows];
        Edges = Curves;
        (Sums, Subnodes) = (new double[layer.Subnodes * rows], new double[layer.Subnodes * rows]);
        (Products, Nodes) = (new double[layer.Nodes * rows], new double[layer.Nodes * rows]);
    }

    public int Rows { get; }

    public KanNetworkLayer Layer => _layer;

    /// <summary>What enters, by input.</summary>
    public double[] Inputs { get; }

    /// <summary>Each edge's masked curve, by edge.</summary>
    public double[] Curves { get; }

    /// <summary>Each edge with its formula, by edge; the curves themselves where the layer has no formula.</summary>
    public double[] Edges { get; private set; }

    /// <summary>The sums of the edges, by subnode.</summary>
    public double[] Sums { get; }

    /// <summary>The sums, scaled and shifted.</summary>
    public double[] Subnodes { get; }

    /// <summary>Each node before its own scale and bias.</summary>
    public double[] Products { get; }

    /// <summary>What leaves, by node.</summary>
    public double[] Nodes { get; }

    public (double Mean, double Deviation)[] InputMoments => _inputMoments ??= Moments(Inputs, _layer.Inputs);

    public (double Mean, double Deviation)[] CurveMoments => _curveMoments ??= Moments(Curves, _layer.Mask.Length);

    public (double Mean, double Deviation)[] EdgeMoments => _edgeMoments ??= ReferenceEquals(Edges, Curves) ? CurveMoments : Moments(Edges, _layer.Mask.Length);

    public (double Mean, double Deviation)[] SumMoments => _sumMoments ??= Moments(Sums, _layer.Subnodes);

    /// <summary>Evaluates bases at what stands in <see cref="Inputs"/>. Needed again only when inputs or grid have changed.</summary>
    public void Expand()
    {
        IReadOnlyList<KnotTable> tables = _layer.Tables;
        ForInputs(input =>
        {
            ReadOnlySpan<double> x = Inputs.AsSpan(input * Rows, Rows);
            Span<double> values = _values.AsSpan(input * Rows * _live, Rows * _live), slopes = _slopes.AsSpan(input * Rows * _live, Rows * _live);
            Span<int> first = _first.AsSpan(input * Rows, Rows);
            KnotTable table = tables[input];
            for (int row = 0; row < x.Length; row++)
                first[row] = table.Expand(x[row], values.Slice(row * _live, _live), slopes.Slice(row * _live, _live));
            EdgeBases.Compute(_base, x, _baseValues.AsSpan(input * Rows, Rows), _baseSlopes.AsSpan(input * Rows, Rows));
        });
        _inputMoments = null;
    }

    /// <summary>From the bases to the nodes.</summary>
    public void Forward()
    {
        (_curveMoments, _edgeMoments, _sumMoments) = (null, null, null);
        bool formulas = _layer.HasFormulas;
        Edges = !formulas ? Curves : ReferenceEquals(Edges, Curves) ? new double[Curves.Length] : Edges;
        ForInputs(input =>
        {
            Span<double> coefficients = stackalloc double[_layer.Tables[input].Functions];
            for (int output = 0; output < _layer.Subnodes; output++)
            {
                int edge = input * _layer.Subnodes + output;
                Span<double> curve = Curves.AsSpan(edge * Rows, Rows);
                if (_layer.Mask[edge] == 0)
                    curve.Clear();
                else
                    Curve(input, edge, coefficients, curve);
                if (formulas)
                    AddFormula(input, edge, curve, Edges.AsSpan(edge * Rows, Rows));
            }
        });
        Sums.AsSpan().Clear();
        for (int input = 0; input < _layer.Inputs; input++)
        {
            // The edges of an input lie together, subnode by subnode, as the sums do.
            ReadOnlySpan<double> edges = Edges.AsSpan(input * Sums.Length, Sums.Length);
            DoubleVectors.AddScaled(Sums, 1, edges);
        }

        for (int output = 0; output < _layer.Subnodes; output++)
            DoubleVectors.Affine(Subnodes.AsSpan(output * Rows, Rows), Sums.AsSpan(output * Rows, Rows), _layer.SubnodeScale[output], _layer.SubnodeBias[output]);
        Multiply();
        for (int node = 0; node < _layer.Nodes; node++)
            DoubleVectors.Affine(Nodes.AsSpan(node * Rows, Rows), Products.AsSpan(node * Rows, Rows), _layer.NodeScale[node], _layer.NodeBias[node]);
    }

    // mask · (base scale · base + spline scale · Σ coefficient · B).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a short fit would end before the loop is compiled well
    private void Curve(int input, int edge, Span<double> coefficients, Span<double> curve)
    {
        double mask = _layer.Mask[edge], ofBase = mask * _layer.BaseScale[edge];
        Padded(edge, mask * _layer.SplineScale[edge], coefficients);
        ReadOnlySpan<double> values = _values.AsSpan(input * Rows * _live, Rows * _live), bases = _baseValues.AsSpan(input * Rows, Rows);
        ReadOnlySpan<int> first = _first.AsSpan(input * Rows, Rows);
        if (_live == 4)
        {
            for (int row = 0; row < curve.Length; row++)
                curve[row] = ofBase * bases[row] + Vector256.Sum(Four(values, row * 4) * Four(coefficients, first[row]));
            return;
        }

        for (int row = 0; row < curve.Length; row++)
        {
            double sum = ofBase * bases[row];
            ReadOnlySpan<double> live = values.Slice(row * _live, _live), by = coefficients.Slice(first[row], _live);
            for (int at = 0; at < live.Length; at++)
                sum += live[at] * by[at];
            curve[row] = sum;
        }
    }

    private void AddFormula(int input, int edge, ReadOnlySpan<double> curve, Span<double> to)
    {
        curve.CopyTo(to);
        double mask = _layer.FormulaMask[edge];
        if (mask == 0 || _layer.Function(edge) is not EdgeFunction function)
            return;
        ReadOnlySpan<double> x = Inputs.AsSpan(input * Rows, Rows), numbers = _layer.FormulaNumbers.AsSpan(edge * 4, 4);
        (double a, double b, double c, double d) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        for (int row = 0; row < to.Length; row++)
            to[row] += mask * (c * function.Value(a * x[row] + b) + d);
    }

    private void Multiply()
    {
        KanWidth width = _layer.Width;
        Subnodes.AsSpan(0, width.Additions * Rows).CopyTo(Products);
        int subnode = width.Additions;
        for (int node = width.Additions; node < width.Nodes; node++)
        {
            Span<double> product = Products.AsSpan(node * Rows, Rows);
            Subnodes.AsSpan(subnode++ * Rows, Rows).CopyTo(product);
            for (int factor = 1; factor < width.SubnodesOf(node); factor++)
            {
                ReadOnlySpan<double> by = Subnodes.AsSpan(subnode++ * Rows, Rows);
                for (int row = 0; row < product.Length; row++)
                    product[row] *= by[row];
            }
        }
    }

    // An edge's coefficients times a factor, between the zeros of the functions that the table has added.
    private void Padded(int edge, double factor, Span<double> to)
    {
        to.Clear();
        DoubleVectors.Affine(to.Slice(_layer.Order, _layer.Functions), _layer.Coefficients.AsSpan(edge * _layer.Functions, _layer.Functions), factor, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Four(ReadOnlySpan<double> from, int at) => Vector256.Create(from.Slice(at, 4));

    private (double, double)[] Moments(double[] columns, int count)
    {
        (double, double)[] moments = new (double, double)[count];
        for (int at = 0; at < count; at++)
            moments[at] = DoubleVectors.Moments(columns.AsSpan(at * Rows, Rows));
        return moments;
    }

    // Inputs share nothing but what they read, so the result is the same with any number of threads.
    private void ForInputs(Action<int> work)
    {
        if (Curves.Length >= WorthThreads && _layer.Inputs > 1)
        {
            Parallel.For(0, _layer.Inputs, work);
            return;
        }

        for (int input = 0; input < _layer.Inputs; input++)
            work(input);
    }
}
