using Kansformers.Inspection;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Formulas;

/// <summary>
/// A KAN network of torch operations, written from the formulas: every function of every grid at every sample by the recursion of Cox and de Boor, gradients by autograd.
/// Slow and plain; what <see cref="KanNetwork"/> is tested and timed against.
/// </summary>
internal sealed class KanNetworkReference : IDisposable
{
    private readonly KanNetwork _network;
    private readonly List<LayerTensors> _layers = [];

    public KanNetworkReference(KanNetwork network)
    {
        _network = network;
        foreach (KanNetworkLayer layer in network.Layers)
            _layers.Add(new LayerTensors(layer));
    }

    /// <summary>What is learned, in the order of a network's parameters: coefficients, base scales, spline scales, formulas' numbers, affine.</summary>
    public IEnumerable<Tensor> Parameters => _layers.SelectMany(layer =>
        (Tensor[])[layer.Coefficients, layer.BaseScale, layer.SplineScale, .. layer.Layer.HasFormulas ? (Tensor[])[layer.Numbers] : [], layer.SubnodeScale, layer.SubnodeBias, layer.NodeScale, layer.NodeBias]);

    /// <summary>What a fit without affine learns: coefficients, base scales and spline scales of each layer.</summary>
    public IEnumerable<Tensor> Learned => _layers.SelectMany(layer => (Tensor[])[layer.Coefficients, layer.BaseScale, layer.SplineScale]);

    /// <summary>Outputs, and what penalties are made of: deviations of inputs, curves, edges and sums of each layer.</summary>
    public (Tensor Outputs, List<LayerDeviations> Deviations) Forward(Tensor x)
    {
        List<LayerDeviations> deviations = [];
        foreach (LayerTensors layer in _layers)
        {
            Tensor basis = Basis(x, layer.Knots, layer.Layer.Order); // (rows, in, n)
            Tensor spline = einsum("rin,ion->rio", basis, layer.Coefficients);
            Tensor bases = _network.Options.Base switch { EdgeBase.Silu => nn.functional.silu(x), EdgeBase.Identity => x, _ => zeros_like(x) };
            Tensor curves = layer.Mask * (layer.BaseScale * bases.unsqueeze(2) + layer.SplineScale * spline); // (rows, in, out)
            Tensor edges = layer.Layer.HasFormulas ? curves + Formulas(layer, x) : curves;
            Tensor sums = edges.sum([1L]);
            deviations.Add(new LayerDeviations(x.std(0), curves.std(0).t(), edges.std(0).t(), sums.std(0)));
            Tensor subnodes = sums * layer.SubnodeScale + layer.SubnodeBias;
            List<Tensor> nodes = [];
            for (int node = 0, subnode = 0; node < layer.Layer.Nodes; node++)
            {
                Tensor product = subnodes[.., subnode++];
                for (int factor = 1; factor < layer.Layer.Width.SubnodesOf(node); factor++)
                    product = product * subnodes[.., subnode++];
                nodes.Add(product);
            }

            x = stack(nodes, 1) * layer.NodeScale + layer.NodeBias;
        }

        return (x, deviations);
    }

    /// <summary>The penalty, as pykan computes it; whether constants are what pykan detaches is told.</summary>
    public Tensor Penalty(List<LayerDeviations> deviations, PenaltyOptions options)
    {
        IEnumerable<Tensor> sizes = options.Measure switch
        {
            EdgeMeasure.CurveOverInput => deviations.Select(layer => layer.Curves / (layer.Inputs + 0.1)),
            EdgeMeasure.Edge => deviations.Select(layer => layer.Edges),
            EdgeMeasure.EdgeOverInput => deviations.Select(layer => Held(layer.Edges / (layer.Inputs + 0.1))),
            EdgeMeasure.EdgeScore => Scores(deviations, deviations.Count, eye(_network.Outputs, dtype: ScalarType.Float64)).Edges,
            _ => NodeScores(deviations),
        };
        Tensor penalty = zeros(1, dtype: ScalarType.Float64);
        foreach (Tensor size in sizes)
            penalty = penalty + options.L1 * size.sum() + options.Entropy * (Entropy(size, 1) + Entropy(size, 0));
        foreach (LayerTensors layer in _layers)
        {
            Tensor coefficients = layer.Coefficients, steps = coefficients[.., .., 1..] - coefficients[.., .., ..^1];
            penalty = penalty + (options.Coefficients * coefficients.abs().sum() + options.Smoothness * steps.abs().sum()) / coefficients.shape[1];
        }

        return penalty;

        Tensor Held(Tensor value) => options.GradientsOfPykan ? value.detach() : value;

        static Tensor Entropy(Tensor size, long dimension)
        {
            Tensor shares = size / (size.sum([dimension], keepdim: true) + 1);
            return -(shares * (shares + 1e-4).log2()).sum([dimension]).mean();
        }

        (List<Tensor> Edges, List<Tensor> Nodes) Scores(List<LayerDeviations> all, int top, Tensor start)
        {
            List<Tensor> edges = [], nodes = [start];
            for (int at = top - 1; at >= 0; at--)
            {
                KanWidth width = _layers[at].Layer.Width;
                long[] nodeOf = [.. Enumerable.Range(0, width.Nodes).SelectMany(node => Enumerable.Repeat((long)node, width.SubnodesOf(node)))];
                Tensor subnodes = nodes[0].index_select(1, tensor(nodeOf));
                Tensor scores = subnodes.unsqueeze(2) * all[at].Edges / (Held(all[at].Sums) + 1e-4).unsqueeze(1); // (rows, out, in)
                edges.Insert(0, scores.mean([0L]));
                nodes.Insert(0, scores.sum([1L]));
            }

            return (edges, nodes);
        }

        IEnumerable<Tensor> NodeScores(List<LayerDeviations> all)
        {
            List<Tensor> whole = Scores(all, all.Count, eye(_network.Outputs, dtype: ScalarType.Float64)).Nodes;
            for (int level = 1; level <= all.Count; level++)
                yield return Scores(all, level, diag(whole[level].mean([0L]))).Nodes[0];
        }
    }

    public void Dispose()
    {
        foreach (LayerTensors layer in _layers)
            layer.Dispose();
    }

    // Zeros where knots coincide.
    private static Tensor Basis(Tensor x, Tensor knots, int order)
    {
        Tensor at = x.unsqueeze(2), t = knots.unsqueeze(0);
        Tensor basis = (at >= t[.., .., ..^1]).logical_and(at < t[.., .., 1..]).to_type(ScalarType.Float64);
        for (int d = 1; d <= order; d++)
        {
            Tensor left = (at - t[.., .., ..^(d + 1)]) / (t[.., .., d..^1] - t[.., .., ..^(d + 1)]) * basis[.., .., ..^1];
            Tensor right = (t[.., .., (d + 1)..] - at) / (t[.., .., (d + 1)..] - t[.., .., 1..^d]) * basis[.., .., 1..];
            basis = left.nan_to_num() + right.nan_to_num();
        }

        return basis;
    }

    private static Tensor Formulas(LayerTensors layer, Tensor x)
    {
        List<Tensor> columns = [];
        for (int input = 0; input < layer.Layer.Inputs; input++)
        {
            for (int output = 0; output < layer.Layer.Subnodes; output++)
            {
                Tensor numbers = layer.Numbers[input, output], at = numbers[0] * x[.., input] + numbers[1];
                Tensor value = layer.Layer.Function(layer.Layer.Edge(output, input))?.Name switch { "sin" => at.sin(), "exp" => at.exp(), "x^2" => at * at, _ => zeros_like(at) };
                columns.Add(layer.FormulaMask[input, output] * (numbers[2] * value + numbers[3]));
            }
        }

        return stack(columns, 1).view(x.shape[0], layer.Layer.Inputs, layer.Layer.Subnodes);
    }

    private sealed class LayerTensors(KanNetworkLayer layer) : IDisposable
    {
        public KanNetworkLayer Layer => layer;

        public Tensor Knots { get; } = tensor(layer.Knots).view(layer.Inputs, -1);

        public Tensor Mask { get; } = tensor(layer.Mask).view(layer.Inputs, -1);

        public Tensor FormulaMask { get; } = tensor(layer.FormulaMask).view(layer.Inputs, -1);

        public Tensor Coefficients { get; } = tensor(layer.Coefficients).view(layer.Inputs, layer.Subnodes, -1).requires_grad_();

        public Tensor BaseScale { get; } = tensor(layer.BaseScale).view(layer.Inputs, -1).requires_grad_();

        public Tensor SplineScale { get; } = tensor(layer.SplineScale).view(layer.Inputs, -1).requires_grad_();

        public Tensor Numbers { get; } = tensor(layer.FormulaNumbers).view(layer.Inputs, layer.Subnodes, 4).requires_grad_();

        public Tensor SubnodeScale { get; } = tensor(layer.SubnodeScale).requires_grad_();

        public Tensor SubnodeBias { get; } = tensor(layer.SubnodeBias).requires_grad_();

        public Tensor NodeScale { get; } = tensor(layer.NodeScale).requires_grad_();

        public Tensor NodeBias { get; } = tensor(layer.NodeBias).requires_grad_();

        public void Dispose()
        {
            foreach (Tensor tensor in (Tensor[])[Knots, Mask, FormulaMask, Coefficients, BaseScale, SplineScale, Numbers, SubnodeScale, SubnodeBias, NodeScale, NodeBias])
                tensor.Dispose();
        }
    }
}

/// <summary>Deviations over the samples: (in), (out, in), (out, in), (out).</summary>
internal sealed record LayerDeviations(Tensor Inputs, Tensor Curves, Tensor Edges, Tensor Sums);
