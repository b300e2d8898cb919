using Kansformers.Checkpoints;
using Kansformers.Inspection;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>A golden file of a network of pykan: what it computed, its gradients and scores, and what fitting, refining, regridding and pruning made of it.</summary>
internal sealed class PykanGolden
{
    public const string Kind = "pykan";

    // Float64 sums in another order; gradients go through more of them. Behind a least-squares solve rounding is multiplied by the bases' condition.
    private const double Rounding = 1e-11, OfGradients = 1e-9, AfterSolve = 1e-7;

    private const int FitSteps = 15;

    private readonly TensorFile _file;
    private readonly PykanFile _told;
    private readonly Comparison _comparison;
    private readonly Samples _x, _target;
    private readonly List<string> _notes = [];

    private PykanGolden(TensorFile file)
    {
        (_file, _told, _comparison) = (file, new PykanFile(file), new Comparison(file));
        (_x, _target) = (_told.Samples("x"), _told.Samples("target"));
    }

    public static bool Is(TensorFile file) => file.Metadata.TryGetValue("kind", out string? kind) && kind == Kind;

    public static GoldenReport Run(string path, TensorFile file)
    {
        PykanGolden golden = new(file);
        golden.All();
        string[] left = [.. golden._comparison.Names.Where(name => name is not ("x" or "target") && !name.StartsWith("param.", StringComparison.Ordinal)
            && !golden._comparison.Rows.Any(row => row.Name == name || row.Name.StartsWith(name + " ", StringComparison.Ordinal)))];
        if (left.Length > 0)
            golden._notes.Add($"not compared: {string.Join(", ", left)}");
        if (file.Metadata.ContainsKey("fits_of_edge_0_0_0"))
            golden._notes.Add("not compared: the fits of edge (0, 0, 0) in the metadata");
        return new GoldenReport(path, Kind, golden._comparison.Rows) { Note = golden._notes.Count == 0 ? null : string.Join("; ", golden._notes) };
    }

    private void All()
    {
        bool lost = _told.StartIsLost;
        // Pruning overwrote the masks of what shared them with it; a network with grids of its own has masks of its own too.
        string? masks = lost && _told.Has("regridded") ? "regridded" : null;
        KanNetwork start = _told.Network("param", _told.Widths, masks);
        bool known = !lost || Restart(start);
        if (known)
        {
            Computed(start);
            Scores(start, "attribution");
            Fitted(start);
        }

        if (!_told.Has("fitted"))
            return;
        KanNetwork fitted = _told.Network("fitted", _told.Widths, masks);
        Add("fitted.y", fitted.Forward(_x), Rounding);
        Scores(fitted, "fitted.attribution");
        if (_told.Has("refined"))
            Changed("refined", fitted.Refine(_told.RefinedGrid, _x, coversSamples: false), fitted, masks);
        if (_told.Has("regridded"))
        {
            KanNetwork regridded = fitted.Clone();
            regridded.Regrid(_x);
            Changed("regridded", regridded, null, null);
        }

        if (_told.Has("pruned"))
            Pruned(fitted.Prune(_x, _told.NodeThreshold, _told.EdgeThreshold));
    }

    private bool Restart(KanNetwork network)
    {
        double[] curves = PykanState.Numbers(_file["spline_postacts.0"]);
        double[] curve = [.. Enumerable.Range(0, _x.Rows).Select(row => curves[row * network.Layers[0].Subnodes * network.Layers[0].Inputs])];
        if (PykanStart.Find(network, _x, curve) is not (int seed, double noise))
        {
            _notes.Add("param.* are the weights after the fit to the bit, not those that y, gradients and attribution are of, and no seed of pykan's constructor below 10000 makes these");
            return false;
        }

        _notes.Add(FormattableString.Invariant($"param.* are the weights after the fit to the bit, not those that y, gradients and attribution are of; these are pykan's first ones for seed {seed} and noise_scale {noise}"));
        return true;
    }

    private void Computed(KanNetwork network)
    {
        KanTrace trace = network.Trace(_x);
        Add("y", trace.Outputs, Rounding);
        for (int level = 0; level <= network.Layers.Count; level++)
            Add($"acts.{level}", trace.Nodes(level), Rounding);
        for (int layer = 0; layer < network.Layers.Count; layer++)
            Add($"spline_postacts.{layer}", Edges(trace, layer), Rounding);
        (PenaltyOptions penalty, double weight) = _told.Penalty;
        Add("regularization", tensor([network.Regularization(_x, penalty)]), Rounding);
        FitObjective objective = new(network, new FitOptions { Penalty = penalty, PenaltyWeight = weight }, _x, _target);
        double[] at = new double[objective.Parameters.Count], gradient = new double[at.Length];
        objective.Parameters.Read(at);
        Add("loss", tensor([objective.Evaluate(at, gradient)]), Rounding);
        for (int layer = 0; layer < network.Layers.Count; layer++)
        {
            ParameterGradients gradients = objective.Gradients[layer];
            Add($"grad.act_fun.{layer}.coef", tensor(gradients.Coefficients), OfGradients);
            Add($"grad.act_fun.{layer}.scale_base", tensor(gradients.BaseScale), OfGradients);
            Add($"grad.act_fun.{layer}.scale_sp", tensor(gradients.SplineScale), OfGradients);
        }
    }

    private void Scores(KanNetwork network, string group)
    {
        KanAttribution scores = network.Attribute(_x);
        for (int level = 0; level < scores.Nodes.Count; level++)
            Add($"{group}.node.{level}", tensor(scores.Nodes[level].ToArray()), Rounding);
        for (int layer = 0; layer < scores.Edges.Count; layer++)
            Add($"{group}.edge.{layer}", tensor(scores.Edges[layer].Cast<double>().ToArray()), Rounding);
        Add($"{group}.feature", tensor(scores.Features.ToArray()), Rounding);
    }

    // The way of a fit multiplies rounding at every turn: what it may end up apart is measured, on fits that begin a rounding away.
    private void Fitted(KanNetwork start)
    {
        if (!_told.Has("fitted"))
            return;
        KanNetwork found = Fit(start, 0);
        KanNetwork[] others = [.. Enumerable.Range(1, 6).Select(seed => Fit(start, seed))];
        foreach (StoredTensor stored in PykanState.Write(found))
        {
            string name = "fitted." + stored.Name;
            if (!_comparison.Has(name) || stored.Name.EndsWith(".mask", StringComparison.Ordinal))
                continue;
            double[] values = PykanState.Numbers(stored), spread = new double[values.Length];
            foreach (KanNetwork other in others)
            {
                double[] there = PykanState.Numbers(PykanState.Write(other).First(entry => entry.Name == stored.Name));
                for (int at = 0; at < values.Length; at++)
                    spread[at] = Math.Max(spread[at], Math.Abs(there[at] - values[at]));
            }

            using Tensor expected = _comparison.Expected(name);
            _comparison.Add($"{name} ({FitSteps} steps)", tensor(values), expected, OfGradients, tensor(spread) * 10);
        }
    }

    private KanNetwork Fit(KanNetwork start, int seed)
    {
        KanNetwork network = start.Clone();
        Random random = new(seed);
        foreach (KanNetworkLayer layer in network.Layers)
        {
            foreach (ref double coefficient in layer.Coefficients.AsSpan())
                coefficient *= seed == 0 ? 1 : 1 + (random.NextDouble() - 0.5) * 4e-16;
        }

        network.Fit(new FitData(_x, _target), new FitOptions { Steps = FitSteps, GridUpdates = 0 });
        return network;
    }

    // Curves are compared where samples are: beyond, coefficients are free.
    private void Changed(string group, KanNetwork ours, KanNetwork? entering, string? masks)
    {
        KanNetwork theirs = _told.Network(group, _told.Widths, masks);
        Add($"{group}.y", theirs.Forward(_x), Rounding, " of its weights");
        Add($"{group}.y", ours.Forward(_x), AfterSolve);
        KanTrace trace = (entering ?? ours).Trace(_x);
        for (int at = 0; at < ours.Layers.Count; at++)
        {
            (KanNetworkLayer our, KanNetworkLayer their) = (ours.Layers[at], theirs.Layers[at]);
            if (our.Coefficients.Length != their.Coefficients.Length)
            {
                Add($"{group}.act_fun.{at}.coef", tensor(our.Coefficients), AfterSolve);
                continue;
            }

            List<double> ourCurves = [], theirCurves = [];
            Samples nodes = trace.Nodes(at);
            for (int input = 0; input < our.Inputs; input++)
            {
                ourCurves.AddRange(Curves(our, input, nodes.Column(input)));
                theirCurves.AddRange(Curves(their, input, nodes.Column(input)));
            }

            _comparison.Add($"{group}.act_fun.{at}.coef (curves at the samples)", tensor(ourCurves.ToArray()), tensor(theirCurves.ToArray()), AfterSolve);
        }

        foreach (StoredTensor tensor in PykanState.Write(ours))
        {
            if (!tensor.Name.EndsWith(".coef", StringComparison.Ordinal) && (masks is null || !tensor.Name.EndsWith(".mask", StringComparison.Ordinal)))
                Add($"{group}.{tensor.Name}", StateDictionary.ToTensor(tensor), Rounding);
        }
    }

    private void Pruned(KanNetwork ours)
    {
        bool same = ours.Options.Widths.SequenceEqual(_told.PrunedWidths);
        _comparison.Add("pruned_width", tensor(same), tensor(true), 0);
        Add("pruned.y", ours.Forward(_x), Rounding);
        foreach (StoredTensor tensor in PykanState.Write(ours))
            Add($"pruned.{tensor.Name}", StateDictionary.ToTensor(tensor), Rounding);
    }

    private static double[] Curves(KanNetworkLayer layer, int input, ReadOnlySpan<double> points) =>
        SplineFit.Values(layer.Tables[input], layer.Order, layer.Coefficients.AsSpan(input * layer.Subnodes * layer.Functions, layer.Subnodes * layer.Functions), points);

    // (rows, out, in), as pykan has them.
    private Tensor Edges(KanTrace trace, int layer)
    {
        KanNetworkLayer shape = trace.Network.Layers[layer];
        double[,,] edges = new double[_x.Rows, shape.Subnodes, shape.Inputs];
        for (int output = 0; output < shape.Subnodes; output++)
        {
            for (int input = 0; input < shape.Inputs; input++)
            {
                ReadOnlySpan<double> values = trace.Edge(layer, output, input);
                for (int row = 0; row < values.Length; row++)
                    edges[row, output, input] = values[row];
            }
        }

        return tensor(edges);
    }

    private void Add(string name, Samples actual, double tolerance, string behind = "")
    {
        using Tensor values = actual.ToTensor();
        Add(name, values, tolerance, behind);
    }

    private void Add(string name, Tensor actual, double tolerance, string behind = "")
    {
        if (!_comparison.Has(name))
            return;
        using Tensor expected = _comparison.Expected(name);
        _comparison.Add(name + behind, actual, expected, tolerance);
    }
}
