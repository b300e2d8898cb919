using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Kansformers.Checkpoints;
using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>A network under the names and in the order of pykan's state dictionary.</summary>
internal static class PykanState
{
    /// <summary>The tensors of a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="prefix">What stands before their names.</param>
    public static IEnumerable<StoredTensor> Write(KanNetwork network, string prefix = "")
    {
        foreach ((string name, double[] values) in ForNodes(network.Layers))
            yield return Stored(prefix + name, values, [values.Length]);
        for (int at = 0; at < network.Layers.Count; at++)
        {
            KanNetworkLayer layer = network.Layers[at];
            long inputs = layer.Inputs, outputs = layer.Subnodes;
            yield return Stored($"{prefix}act_fun.{at}.grid", layer.Knots, [inputs, layer.KnotCount]);
            yield return Stored($"{prefix}act_fun.{at}.coef", layer.Coefficients, [inputs, outputs, layer.Functions]);
            yield return Stored($"{prefix}act_fun.{at}.mask", layer.Mask, [inputs, outputs]);
            yield return Stored($"{prefix}act_fun.{at}.scale_base", layer.BaseScale, [inputs, outputs]);
            yield return Stored($"{prefix}act_fun.{at}.scale_sp", layer.SplineScale, [inputs, outputs]);
            yield return Stored($"{prefix}symbolic_fun.{at}.mask", Turned(layer.FormulaMask, layer.Inputs, 1), [outputs, inputs]);
            yield return Stored($"{prefix}symbolic_fun.{at}.affine", Turned(layer.FormulaNumbers, layer.Inputs, 4), [outputs, inputs, 4]);
        }
    }

    /// <summary>The layers that a state dictionary holds.</summary>
    /// <param name="tensors">The tensor of a name; null where there is none.</param>
    /// <param name="widths">The nodes of each level; null takes every level for addition nodes, and pairs of factors where subnodes are more than nodes.</param>
    /// <param name="functions">The name of the function on an edge (layer, output, input); null where none is told.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="KansformersException">A tensor is missing, has another shape than it must, or holds something that is no number; a formula has no function.</exception>
    public static IReadOnlyList<KanNetworkLayer> Read(Func<string, StoredTensor?> tensors, IReadOnlyList<KanWidth>? widths, Func<int, int, int, string?>? functions, string path)
    {
        List<KanNetworkLayer> layers = [];
        for (int at = 0; tensors($"act_fun.{at}.coef") is StoredTensor coefficients; at++)
        {
            if (coefficients.Shape is not [long inputs, long outputs, long count] || inputs < 1 || outputs < 1)
                throw Fault($"'{coefficients}' is not (inputs, outputs, coefficients)");
            StoredTensor grid = Tensor($"act_fun.{at}.grid");
            // G + k coefficients, G + 2k + 1 knots.
            long order = grid.Shape is [_, long knots] ? knots - count - 1 : -1, size = count - order;
            if (order is < 1 or > 10 || size is < 1 or > 10_000)
                throw Fault($"'{grid}' does not fit '{coefficients}': there are G + k coefficients and G + 2k + 1 knots, k from 1 to 10 and G from 1 to 10000");
            KanWidth width = widths is null ? Width(at, (int)outputs) : widths.Count > at + 1 ? widths[at + 1] : throw Fault($"it has more than the {widths.Count - 1} layers that its widths have");
            if (width.Subnodes != outputs || (widths is not null && widths[at].Nodes != inputs) || (layers.Count > 0 && layers[^1].Nodes != inputs))
                throw Fault($"'{coefficients}' does not fit between levels of {widths?[at].ToString() ?? (layers.Count > 0 ? layers[^1].Nodes : inputs).ToString(System.Globalization.CultureInfo.InvariantCulture)} and {width} nodes");
            KanNetworkLayer layer = new((int)inputs, width, (int)size, (int)order);
            Fill(layer, at);
            layers.Add(layer);
        }

        if (layers.Count == 0)
            throw Fault("it has no tensor 'act_fun.0.coef'; it is no state dictionary of pykan");
        if (widths is not null && widths.Count != layers.Count + 1)
            throw Fault($"it has {layers.Count} layers, its widths {widths.Count - 1}");
        foreach ((string name, double[] values) in ForNodes(layers))
            Copy(name, values, [values.Length]);
        return layers;

        void Fill(KanNetworkLayer layer, int at)
        {
            long inputs = layer.Inputs, outputs = layer.Subnodes;
            Copy($"act_fun.{at}.grid", layer.Knots, [inputs, layer.KnotCount]);
            Copy($"act_fun.{at}.coef", layer.Coefficients, [inputs, outputs, layer.Functions]);
            Copy($"act_fun.{at}.mask", layer.Mask, [inputs, outputs]);
            Copy($"act_fun.{at}.scale_base", layer.BaseScale, [inputs, outputs]);
            Copy($"act_fun.{at}.scale_sp", layer.SplineScale, [inputs, outputs]);
            for (int input = 0; input < inputs; input++)
            {
                ReadOnlySpan<double> knots = layer.KnotsOf(input);
                for (int knot = 1; knot < knots.Length; knot++)
                {
                    if (knots[knot] < knots[knot - 1])
                        throw Fault($"the knots of 'act_fun.{at}.grid' do not ascend for input {input}");
                }
            }

            if (tensors($"symbolic_fun.{at}.mask") is null)
                return;
            double[] mask = new double[outputs * inputs], numbers = new double[outputs * inputs * 4];
            Copy($"symbolic_fun.{at}.mask", mask, [outputs, inputs]);
            Copy($"symbolic_fun.{at}.affine", numbers, [outputs, inputs, 4]);
            Turned(mask, (int)outputs, 1).CopyTo(layer.FormulaMask, 0);
            Turned(numbers, (int)outputs, 4).CopyTo(layer.FormulaNumbers, 0);
            for (int input = 0; input < inputs; input++)
            {
                for (int output = 0; output < outputs; output++)
                {
                    int edge = layer.Edge(output, input);
                    string? function = functions?.Invoke(at, output, input);
                    if (function is not null)
                        layer.SetFunction(edge, EdgeFunction.Of(function));
                    else if (layer.FormulaMask[edge] != 0)
                        throw Fault($"the edge from {input} to {output} of layer {at} has a formula, but no file tells its function; pykan writes it to the checkpoint's _config.yml");
                }
            }
        }

        KanWidth Width(int at, int subnodes)
        {
            int nodes = (int)Tensor($"node_bias_{at}").Count, products = subnodes - nodes;
            return products >= 0 && products <= nodes ? new KanWidth(nodes - products, [.. Enumerable.Repeat(2, products)])
                : throw Fault($"layer {at} has {subnodes} subnodes for {nodes} nodes; tell its widths");
        }

        void Copy(string name, double[] to, ImmutableArray<long> shape)
        {
            StoredTensor stored = Tensor(name);
            if (!stored.Shape.AsSpan().SequenceEqual(shape.AsSpan()))
                throw Fault($"'{stored}' should be {StoredTensor.ShapeText(shape.AsSpan())}");
            Numbers(stored).CopyTo(to, 0);
            if (!DoubleVectors.AllFinite(to))
                throw Fault($"'{name}' holds something that is no number");
        }

        StoredTensor Tensor(string name) => tensors(name) ?? throw Fault($"it has no tensor '{name}'");

        KansformersException Fault(string what) => new($"cannot read '{path}': {what}");
    }

    /// <summary>The numbers of a tensor of any floating type.</summary>
    public static double[] Numbers(StoredTensor tensor)
    {
        if (tensor.Type == StoredType.F64)
            return tensor.ToArray<double>();
        return Array.ConvertAll(tensor.Type == StoredType.F32 ? tensor.ToArray<float>()
            : throw new KansformersException($"tensor '{tensor}' should be F64 or F32"), number => (double)number);
    }

    private static IEnumerable<(string Name, double[] Values)> ForNodes(IReadOnlyList<KanNetworkLayer> layers)
    {
        for (int at = 0; at < layers.Count; at++)
        {
            yield return ($"node_bias_{at}", layers[at].NodeBias);
            yield return ($"node_scale_{at}", layers[at].NodeScale);
            yield return ($"subnode_bias_{at}", layers[at].SubnodeBias);
            yield return ($"subnode_scale_{at}", layers[at].SubnodeScale);
        }
    }

    // (first, other, size) to (other, first, size).
    private static double[] Turned(double[] values, int first, int size)
    {
        double[] turned = new double[values.Length];
        int others = values.Length / (first * size);
        for (int at = 0; at < first; at++)
        {
            for (int other = 0; other < others; other++)
                values.AsSpan((at * others + other) * size, size).CopyTo(turned.AsSpan((other * first + at) * size));
        }

        return turned;
    }

    private static StoredTensor Stored(string name, double[] values, ImmutableArray<long> shape) =>
        StoredTensor.Create(name, StoredType.F64, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
