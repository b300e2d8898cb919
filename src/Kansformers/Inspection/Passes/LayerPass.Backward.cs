using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Kansformers.Numerics;

namespace Kansformers.Inspection;

internal sealed partial class LayerPass
{
    private double[]? _ofSums, _ofInputs;

    /// <summary>From the gradient of the nodes to that of the inputs; adds the parameters' on the way.</summary>
    /// <param name="ofNodes">By node, as <see cref="Nodes"/>.</param>
    /// <param name="gradients">Added to.</param>
    /// <param name="deviations">The gradient of this layer's deviations; null where nothing depends on them.</param>
    /// <param name="wantsInputs">Whether the gradient of the inputs is wanted.</param>
    /// <returns>By input; empty where not wanted. It is overwritten by the next call.</returns>
    public double[] Backward(ReadOnlySpan<double> ofNodes, ParameterGradients gradients, DeviationGradients? deviations, bool wantsInputs)
    {
        double[] ofSums = _ofSums ??= new double[Sums.Length];
        BackwardNodes(ofNodes, gradients, ofSums);
        if (deviations is not null)
        {
            for (int output = 0; output < _layer.Subnodes; output++)
                AddDeviation(ofSums.AsSpan(output * Rows, Rows), deviations.Sums[output], Sums.AsSpan(output * Rows, Rows), SumMoments[output]);
        }

        double[] ofInputs = wantsInputs ? _ofInputs ??= new double[Inputs.Length] : [];
        ofInputs.AsSpan().Clear();
        if (deviations is not null)
            (_, _) = (CurveMoments, EdgeMoments); // made before threads ask for them
        ForInputs(input =>
        {
            Span<double> ofInput = wantsInputs ? ofInputs.AsSpan(input * Rows, Rows) : [];
            int functions = _layer.Tables[input].Functions;
            Span<double> coefficients = stackalloc double[functions], sums = stackalloc double[functions];
            double[]? shifted = null;
            for (int output = 0; output < _layer.Subnodes; output++)
            {
                int edge = input * _layer.Subnodes + output;
                ReadOnlySpan<double> ofEdge = ofSums.AsSpan(output * Rows, Rows);
                if (deviations is not null && deviations.Edges[edge] != 0)
                    ofEdge = Shifted(ref shifted, ofEdge, deviations.Edges[edge], Edges.AsSpan(edge * Rows, Rows), EdgeMoments[edge]);
                if (_layer.FormulaMask[edge] != 0)
                    BackwardFormula(input, edge, ofEdge, gradients, ofInput);
                if (_layer.Mask[edge] == 0)
                    continue;
                if (deviations is not null && deviations.Curves[edge] != 0)
                    ofEdge = Shifted(ref shifted, ofEdge, deviations.Curves[edge], Curves.AsSpan(edge * Rows, Rows), CurveMoments[edge]);
                BackwardCurve(input, edge, ofEdge, ofInput, coefficients, sums);
                EdgeGradients(input, edge, ofEdge, sums, gradients);
            }

            if (wantsInputs && deviations is not null)
                AddDeviation(ofInput, deviations.Inputs[input], Inputs.AsSpan(input * Rows, Rows), InputMoments[input]);
        });
        return ofInputs;
    }

    private void BackwardNodes(ReadOnlySpan<double> ofNodes, ParameterGradients gradients, double[] ofSums)
    {
        KanWidth width = _layer.Width;
        for (int node = 0, subnode = 0; node < width.Nodes; node++)
        {
            ReadOnlySpan<double> ofNode = ofNodes.Slice(node * Rows, Rows);
            gradients.NodeScale[node] += DoubleVectors.Dot(ofNode, Products.AsSpan(node * Rows, Rows));
            gradients.NodeBias[node] += DoubleVectors.Sum(ofNode);
            int factors = width.SubnodesOf(node);
            for (int factor = 0; factor < factors; factor++)
            {
                Span<double> to = ofSums.AsSpan((subnode + factor) * Rows, Rows);
                DoubleVectors.Affine(to, ofNode, _layer.NodeScale[node], 0);
                for (int other = 0; other < factors; other++)
                {
                    if (other == factor)
                        continue;
                    ReadOnlySpan<double> by = Subnodes.AsSpan((subnode + other) * Rows, Rows);
                    for (int row = 0; row < to.Length; row++)
                        to[row] *= by[row];
                }
            }

            for (int factor = 0; factor < factors; factor++, subnode++)
            {
                Span<double> to = ofSums.AsSpan(subnode * Rows, Rows);
                gradients.SubnodeScale[subnode] += DoubleVectors.Dot(to, Sums.AsSpan(subnode * Rows, Rows));
                gradients.SubnodeBias[subnode] += DoubleVectors.Sum(to);
                DoubleVectors.Affine(to, to, _layer.SubnodeScale[subnode], 0);
            }
        }
    }

    // Σ_rows g B_c into the sums of the live functions, and the curve's slope into the input's gradient.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardCurve(int input, int edge, ReadOnlySpan<double> ofEdge, Span<double> ofInput, Span<double> coefficients, Span<double> sums)
    {
        double mask = _layer.Mask[edge], ofBase = mask * _layer.BaseScale[edge];
        Padded(edge, mask * _layer.SplineScale[edge], coefficients);
        sums.Clear();
        ReadOnlySpan<double> values = _values.AsSpan(input * Rows * _live, Rows * _live), slopes = _slopes.AsSpan(input * Rows * _live, Rows * _live);
        ReadOnlySpan<double> baseSlopes = _baseSlopes.AsSpan(input * Rows, Rows);
        ReadOnlySpan<int> first = _first.AsSpan(input * Rows, Rows);
        if (_live == 4)
        {
            ref double sum = ref MemoryMarshal.GetReference(sums);
            for (int row = 0; row < ofEdge.Length; row++)
            {
                // The bounds are those of the slice that Four takes of the coefficients, which are as many as the sums.
                _ = Four(coefficients, first[row]);
                ref double at = ref Unsafe.Add(ref sum, first[row]);
                (Vector256.LoadUnsafe(ref at) + Four(values, row * 4) * ofEdge[row]).StoreUnsafe(ref at);
            }

            for (int row = 0; row < ofInput.Length; row++)
                ofInput[row] += ofEdge[row] * (ofBase * baseSlopes[row] + Vector256.Sum(Four(slopes, row * 4) * Four(coefficients, first[row])));
            return;
        }

        for (int row = 0; row < ofEdge.Length; row++)
        {
            ReadOnlySpan<double> live = values.Slice(row * _live, _live);
            Span<double> to = sums.Slice(first[row], _live);
            for (int at = 0; at < live.Length; at++)
                to[at] += ofEdge[row] * live[at];
        }

        for (int row = 0; row < ofInput.Length; row++)
        {
            double slope = ofBase * baseSlopes[row];
            ReadOnlySpan<double> live = slopes.Slice(row * _live, _live), by = coefficients.Slice(first[row], _live);
            for (int at = 0; at < live.Length; at++)
                slope += live[at] * by[at];
            ofInput[row] += ofEdge[row] * slope;
        }
    }

    private void EdgeGradients(int input, int edge, ReadOnlySpan<double> ofEdge, ReadOnlySpan<double> sums, ParameterGradients gradients)
    {
        double mask = _layer.Mask[edge];
        ReadOnlySpan<double> own = sums.Slice(_layer.Order, _layer.Functions), coefficients = _layer.Coefficients.AsSpan(edge * _layer.Functions, _layer.Functions);
        DoubleVectors.AddScaled(gradients.Coefficients.AsSpan(edge * _layer.Functions, _layer.Functions), mask * _layer.SplineScale[edge], own);
        gradients.SplineScale[edge] += mask * DoubleVectors.Dot(own, coefficients);
        gradients.BaseScale[edge] += mask * DoubleVectors.Dot(ofEdge, _baseValues.AsSpan(input * Rows, Rows));
    }

    private void BackwardFormula(int input, int edge, ReadOnlySpan<double> ofEdge, ParameterGradients gradients, Span<double> ofInput)
    {
        if (_layer.Function(edge) is not EdgeFunction function)
            return;
        double mask = _layer.FormulaMask[edge];
        ReadOnlySpan<double> x = Inputs.AsSpan(input * Rows, Rows), numbers = _layer.FormulaNumbers.AsSpan(edge * 4, 4);
        Span<double> of = gradients.FormulaNumbers.AsSpan(edge * 4, 4);
        (double a, double b, double c) = (numbers[0], numbers[1], numbers[2]);
        for (int row = 0; row < ofEdge.Length; row++)
        {
            double g = mask * ofEdge[row], at = a * x[row] + b, slope = g * c * function.Slope(at);
            of[0] += slope * x[row];
            of[1] += slope;
            of[2] += g * function.Value(at);
            of[3] += g;
            if (!ofInput.IsEmpty)
                ofInput[row] += slope * a;
        }
    }

    private static Span<double> Shifted(scoped ref double[]? scratch, ReadOnlySpan<double> gradient, double ofDeviation, ReadOnlySpan<double> values, (double Mean, double Deviation) moments)
    {
        double[] to = scratch ??= new double[gradient.Length];
        gradient.CopyTo(to); // which may be itself
        AddDeviation(to, ofDeviation, values, moments);
        return to;
    }

    // The derivative of a standard deviation: (x - mean) / ((n - 1) · deviation); none where all values are one.
    private static void AddDeviation(Span<double> gradient, double ofDeviation, ReadOnlySpan<double> values, (double Mean, double Deviation) moments)
    {
        if (ofDeviation == 0 || !(moments.Deviation > 0))
            return;
        double factor = ofDeviation / ((gradient.Length - 1) * moments.Deviation);
        for (int row = 0; row < gradient.Length; row++)
            gradient[row] += factor * (values[row] - moments.Mean);
    }
}
