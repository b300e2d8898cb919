using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>
/// A network of formulas alone at work on some samples: its outputs, and how they move with each edge's a, b, c and d. Splines are not looked at.
/// </summary>
internal sealed class FormulaPass
{
    private readonly KanNetwork _network;
    private readonly double[][] _levels, _sums, _subnodes, _slopes, _values;
    private readonly (int Layer, int Edge)[] _edges;

    public FormulaPass(KanNetwork network, Samples samples)
    {
        (_network, Rows) = (network, samples.Rows);
        int layers = network.Layers.Count;
        (_levels, _sums, _subnodes, _slopes, _values) = (new double[layers + 1][], new double[layers][], new double[layers][], new double[layers][], new double[layers][]);
        _levels[0] = new double[network.InputColumns.Count * Rows];
        for (int input = 0; input < network.InputColumns.Count; input++)
            samples.Column(network.InputColumns[input]).CopyTo(_levels[0].AsSpan(input * Rows));
        List<(int, int)> edges = [];
        for (int at = 0; at < layers; at++)
        {
            KanNetworkLayer layer = network.Layers[at];
            _levels[at + 1] = new double[layer.Nodes * Rows];
            (_sums[at], _subnodes[at]) = (new double[layer.Subnodes * Rows], new double[layer.Subnodes * Rows]);
            (_slopes[at], _values[at]) = (new double[layer.Mask.Length * Rows], new double[layer.Mask.Length * Rows]);
            edges.AddRange(Enumerable.Range(0, layer.Mask.Length).Where(edge => layer.FormulaMask[edge] != 0).Select(edge => (at, edge)));
        }

        _edges = [.. edges];
    }

    public int Rows { get; }

    /// <summary>Four for each edge.</summary>
    public int Count => 4 * _edges.Length;

    /// <summary>What the network computes, output after output.</summary>
    public double[] Outputs => _levels[^1];

    /// <summary>The numbers of all edges: a, b, c, d of the first, and so on.</summary>
    public double[] Read() => [.. _edges.SelectMany(edge => _network.Layers[edge.Layer].FormulaNumbers[(edge.Edge * 4)..(edge.Edge * 4 + 4)])];

    /// <summary>Sets them.</summary>
    public void Write(ReadOnlySpan<double> numbers)
    {
        for (int at = 0; at < _edges.Length; at++)
            numbers.Slice(at * 4, 4).CopyTo(_network.Layers[_edges[at].Layer].FormulaNumbers.AsSpan(_edges[at].Edge * 4, 4));
    }

    /// <summary>Computes the outputs.</summary>
    /// <returns>Whether every function is defined all over what enters it, and every output is a number.</returns>
    public bool Forward()
    {
        for (int at = 0; at < _network.Layers.Count; at++)
        {
            if (!Forward(at))
                return false;
        }

        return DoubleVectors.AllFinite(Outputs);
    }

    /// <summary>The derivatives of one output by all numbers, after <see cref="Forward()"/>.</summary>
    /// <param name="output">The output.</param>
    /// <param name="columns">(<see cref="Rows"/>, <see cref="Count"/>) column after column, a column <paramref name="stride"/> long.</param>
    /// <param name="stride">The length of a column.</param>
    public void Jacobian(int output, Span<double> columns, int stride)
    {
        double[] ofNodes = new double[_levels[^1].Length];
        ofNodes.AsSpan(output * Rows, Rows).Fill(1);
        int last = _edges.Length - 1;
        for (int at = _network.Layers.Count - 1; at >= 0; at--)
        {
            KanNetworkLayer layer = _network.Layers[at];
            double[] ofSums = OfSums(at, ofNodes), ofInputs = new double[_levels[at].Length];
            for (int edge = layer.Mask.Length - 1; edge >= 0; edge--)
            {
                if (layer.FormulaMask[edge] == 0)
                    continue;
                (int input, int sum) = (edge / layer.Subnodes * Rows, edge % layer.Subnodes * Rows);
                (double a, double c) = (layer.FormulaNumbers[edge * 4], layer.FormulaNumbers[edge * 4 + 2]);
                for (int row = 0; row < Rows; row++)
                {
                    double of = ofSums[sum + row], slope = of * c * _slopes[at][edge * Rows + row];
                    columns[4 * last * stride + row] = slope * _levels[at][input + row];
                    columns[(4 * last + 1) * stride + row] = slope;
                    columns[(4 * last + 2) * stride + row] = of * _values[at][edge * Rows + row];
                    columns[(4 * last + 3) * stride + row] = of;
                    ofInputs[input + row] += slope * a;
                }

                last--;
            }

            ofNodes = ofInputs;
        }
    }

    private bool Forward(int at)
    {
        KanNetworkLayer layer = _network.Layers[at];
        _sums[at].AsSpan().Clear();
        for (int edge = 0; edge < layer.Mask.Length; edge++)
        {
            if (layer.FormulaMask[edge] == 0 || layer.Function(edge) is not EdgeFunction function)
                continue;
            ReadOnlySpan<double> x = _levels[at].AsSpan(edge / layer.Subnodes * Rows, Rows), numbers = layer.FormulaNumbers.AsSpan(edge * 4, 4);
            Span<double> sum = _sums[at].AsSpan(edge % layer.Subnodes * Rows, Rows), values = _values[at].AsSpan(edge * Rows, Rows), slopes = _slopes[at].AsSpan(edge * Rows, Rows);
            (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
            for (int row = 0; row < Rows; row++)
            {
                double argument = numbers[0] * x[row] + numbers[1];
                (low, high) = (Math.Min(low, argument), Math.Max(high, argument));
                (values[row], slopes[row]) = (function.Value(argument), function.Slope(argument));
                sum[row] += numbers[2] * values[row] + numbers[3];
            }

            if (!double.IsFinite(low + high) || !function.IsDefined(low, high))
                return false;
        }

        for (int node = 0, subnode = 0; node < layer.Nodes; node++)
        {
            Span<double> to = _levels[at + 1].AsSpan(node * Rows, Rows);
            to.Fill(layer.NodeScale[node]);
            for (int factor = layer.Width.SubnodesOf(node); factor > 0; factor--, subnode++)
            {
                Span<double> own = _subnodes[at].AsSpan(subnode * Rows, Rows);
                DoubleVectors.Affine(own, _sums[at].AsSpan(subnode * Rows, Rows), layer.SubnodeScale[subnode], layer.SubnodeBias[subnode]);
                for (int row = 0; row < Rows; row++)
                    to[row] *= own[row];
            }

            for (int row = 0; row < Rows; row++)
                to[row] += layer.NodeBias[node];
        }

        return true;
    }

    private double[] OfSums(int at, double[] ofNodes)
    {
        KanNetworkLayer layer = _network.Layers[at];
        double[] ofSums = new double[_sums[at].Length];
        for (int node = 0; node < layer.Nodes; node++)
        {
            (int first, int factors) = (layer.Width.FirstSubnode(node), layer.Width.SubnodesOf(node));
            for (int factor = 0; factor < factors; factor++)
            {
                Span<double> to = ofSums.AsSpan((first + factor) * Rows, Rows);
                DoubleVectors.Affine(to, ofNodes.AsSpan(node * Rows, Rows), layer.NodeScale[node] * layer.SubnodeScale[first + factor], 0);
                for (int other = 0; other < factors; other++)
                {
                    for (int row = 0; row < Rows && other != factor; row++)
                        to[row] *= _subnodes[at][(first + other) * Rows + row];
                }
            }
        }

        return ofSums;
    }
}
