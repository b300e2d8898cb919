using Kansformers.Checkpoints;
using Kansformers.Inspection;
using Kansformers.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>A golden file of a network of pykan: what it computed, its gradients and scores, and what fitting, refining, regridding and pruning made of it.</summary>
internal sealed class PykanGolden
{
    public const string Kind = "pykan";

    // Float64 sums in another order; gradients go through more of them. Behind a least-squares solve rounding is multiplied by the bases' condition.
    private const double Rounding = 1e-11, OfGradients = 1e-8, AfterSolve = 1e-7;

    private const int FitSteps = 15, Slack = 10;

    // The penalty's weight in the fits of the files that are known.
    private const double WeightGuess = 0.002;

    private readonly TensorFile _file;
    private readonly PykanFile _told;
    private readonly Comparison _comparison;
    private readonly Samples _x, _target;
    private readonly List<string> _notes = [];
    private string? _masks;

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
        string[] left = [.. golden._comparison.Names.Where(name => name is not ("x" or "target") && !golden._notes.Any(note => note.Contains(name, StringComparison.Ordinal)) && !name.StartsWith("param.", StringComparison.Ordinal)
            && !golden._comparison.Rows.Any(row => row.Name == name || row.Name.StartsWith(name + " ", StringComparison.Ordinal)))];
        if (left.Length > 0)
            golden._notes.Add($"not compared{(golden._told.StartIsLost ? " (masks among them are those after pruning, which overwrote them)" : "")}: {string.Join(", ", left)}");
        if (file.Metadata.ContainsKey("fits_of_edge_0_0_0"))
            golden._notes.Add("not compared: the fits of edge (0, 0, 0) in the metadata");
        return new GoldenReport(path, Kind, golden._comparison.Rows) { Note = golden._notes.Count == 0 ? null : string.Join("; ", golden._notes) };
    }

    private void All()
    {
        bool lost = _told.StartIsLost;
        // Pruning overwrote the masks of what shared them with it; a network with grids of its own has masks of its own too.
        _masks = lost && _told.Has("regridded") ? "regridded" : null;
        KanNetwork start = _told.Network("param", _told.Widths, _masks);
        bool known = !lost || Restart(start);
        if (known)
        {
            Computed(start);
            Scores(start, "attribution");
        }

        if (!_told.Has("fitted"))
            return;
        KanNetwork fitted = _told.Network("fitted", _told.Widths, _masks);
        Add("fitted.y", fitted.Forward(_x), Rounding);
        Scores(fitted, "fitted.attribution");
        double weight = WeightGuess;
        if (lost && _file.TryGet("grad.act_fun.0.coef", out _))
        {
            weight = WeightOfFit(fitted);
            Gradients(fitted, PenaltyOfFit, weight);
            _notes.Add(FormattableString.Invariant($"grad.* are those of the fit's last evaluation, mean squared error + {weight} of the penalty without coefficients"));
        }

        if (known)
            Fitted(start, weight);
        if (_told.Has("refined"))
            Refined(fitted);
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
        Add("loss", tensor([network.Loss(_x, _target) + weight * network.Regularization(_x, penalty)]), Rounding);
        if (!_told.StartIsLost)
            Gradients(network, penalty, weight);
    }

    private void Gradients(KanNetwork network, PenaltyOptions penalty, double weight)
    {
        IReadOnlyList<double[]> gradients = GradientsOf(network, penalty, weight);
        foreach ((string name, double[] gradient) in GradientNames(network).Zip(gradients))
            Add(name, tensor(gradient), OfGradients);
    }

    // A gradient that was overwritten by the fit's last one is that of the loss and the fit's penalty at the fit's end; what the penalty's weight was, it tells itself.
    private double WeightOfFit(KanNetwork fitted)
    {
        double[] Joined(double weight) => [.. GradientsOf(fitted, PenaltyOfFit, weight).SelectMany(gradient => gradient)];
        double[] theirs = [.. GradientNames(fitted).SelectMany(name => PykanState.Numbers(_file[name]))], without = Joined(0), penalty = Joined(1);
        DoubleVectors.AddScaled(theirs, -1, without);
        DoubleVectors.AddScaled(penalty, -1, without);
        return Math.Round(DoubleVectors.Dot(theirs, penalty) / DoubleVectors.Dot(penalty, penalty), 9); // a person wrote it
    }

    // pykan's fit does not pay for coefficients unless it is told to.
    private PenaltyOptions PenaltyOfFit => _told.Penalty.Options with { Coefficients = 0, Smoothness = 0 };

    private IReadOnlyList<double[]> GradientsOf(KanNetwork network, PenaltyOptions penalty, double weight)
    {
        FitObjective objective = new(network.Clone(), new FitOptions { Penalty = penalty, PenaltyWeight = weight }, _x, _target);
        double[] at = new double[objective.Parameters.Count];
        objective.Parameters.Read(at);
        objective.Evaluate(at, new double[at.Length]);
        return [.. objective.Gradients.SelectMany(layer => (double[][])[layer.Coefficients, layer.BaseScale, layer.SplineScale])];
    }

    private static IEnumerable<string> GradientNames(KanNetwork network) =>
        from layer in Enumerable.Range(0, network.Layers.Count) from name in (string[])["coef", "scale_base", "scale_sp"] select $"grad.act_fun.{layer}.{name}";

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
    private void Fitted(KanNetwork start, double weight)
    {
        KanNetwork found = Fit(start, weight, 0);
        KanNetwork[] others = [.. Enumerable.Range(1, 8).Select(seed => Fit(start, weight, seed))];
        double reached = Objective(_told.Network("fitted", _told.Widths, _masks));
        _comparison.Add($"fitted: loss and penalty ({FitSteps} steps)", tensor(Objective(found)), tensor(reached), OfGradients, tensor(Slack * others.Max(other => Math.Abs(Objective(other) - Objective(found)))));
        List<string> undecided = [];
        foreach (StoredTensor stored in PykanState.Write(found))
        {
            string name = "fitted." + stored.Name;
            if (!_comparison.Has(name) || stored.Name.EndsWith(".mask", StringComparison.Ordinal))
                continue;
            double[] values = PykanState.Numbers(stored);
            double apart = others.Max(other => Distance(values, PykanState.Numbers(PykanState.Write(other).First(entry => entry.Name == stored.Name))));
            using Tensor expected = _comparison.Expected(name);
            if (Slack * apart > expected.abs().max().item<double>() / 2)
            {
                undecided.Add(name); // any weights would do
                continue;
            }

            _comparison.Add($"{name} ({FitSteps} steps)", tensor(values), expected, OfGradients, full_like(expected, Slack * apart));
        }

        _notes.Add($"fitted.* ({FitSteps} steps) may differ by {Slack} times what our own fits differ by that begin a rounding away: such a fit multiplies rounding at every turn, and weights are not unique"
            + (undecided.Count == 0 ? "" : $"; not compared, since that is more than half of the weights: {string.Join(", ", undecided)}"));

        double Objective(KanNetwork network) => network.Loss(_x, _target) + weight * network.Regularization(_x, PenaltyOfFit);
    }

    private KanNetwork Fit(KanNetwork start, double weight, int seed)
    {
        KanNetwork network = start.Clone();
        Random random = new(seed);
        foreach (KanNetworkLayer layer in network.Layers)
        {
            foreach (ref double coefficient in layer.Coefficients.AsSpan())
                coefficient *= seed == 0 ? 1 : 1 + (random.NextDouble() - 0.5) * 8e-15;
        }

        network.Fit(new FitData(_x, _target), new FitOptions { Steps = FitSteps, GridUpdates = 0, PenaltyWeight = weight, Penalty = PenaltyOfFit });
        return network;
    }

    // pykan gives torch.linalg.lstsq all edges of a layer at once, and torch leaves LAPACK's gelsy the column order of the edge before, as if it were asked for: without
    // pivoting gelsy takes a matrix whose first columns are zeros for one of rank 0, and the curve is lost. Edges that are so in the file are compared with that.
    private void Refined(KanNetwork fitted)
    {
        KanNetwork ours = fitted.Refine(_told.RefinedGrid, _x, coversSamples: false), theirs = _told.Network("refined", _told.Widths, _masks);
        int lost = 0;
        KanTrace trace = fitted.Trace(_x);
        for (int at = 0; at < ours.Layers.Count; at++)
        {
            (KanNetworkLayer our, KanNetworkLayer their) = (ours.Layers[at], theirs.Layers[at]);
            for (int input = 0; input < our.Inputs && our.Coefficients.Length == their.Coefficients.Length; input++)
            {
                double[] points = trace.Nodes(at).Column(input).ToArray();
                for (int output = 0; output < our.Subnodes; output++)
                {
                    double[] wanted = SplineFit.Values(their.Tables[input], their.Order, their.CoefficientsOf(output, input), points);
                    double[] found = SplineFit.Values(our.Tables[input], our.Order, our.CoefficientsOf(output, input), points);
                    if (Distance(wanted, found) <= AfterSolve * DoubleVectors.LargestMagnitude(wanted))
                        continue;
                    lost++;
                    KanNetworkLayer coarse = fitted.Layers[at];
                    WithoutPivoting(our, input, points, SplineFit.Values(coarse.Tables[input], coarse.Order, coarse.CoefficientsOf(output, input), points))
                        .CopyTo(our.Coefficients, our.Edge(output, input) * our.Functions);
                }
            }
        }

        if (lost > 0)
            _notes.Add($"refined.*: {lost} curves of the file are no least-squares solution; torch solved them without pivoting, and they are compared with that");
        Changed("refined", ours, fitted, _masks);
    }

    private static double Distance(double[] a, double[] b) => a.Zip(b, (left, right) => Math.Abs(left - right)).Max();

    // The second of two equal systems, which finds the column order of the first.
    private static double[] WithoutPivoting(KanNetworkLayer layer, int input, double[] points, double[] values)
    {
        using var scope = NewDisposeScope();
        double[,] matrix = new double[points.Length, layer.Functions];
        double[] unit = new double[layer.Functions];
        for (int function = 0; function < unit.Length; function++)
        {
            unit.AsSpan().Clear();
            unit[function] = 1;
            double[] column = SplineFit.Values(layer.Tables[input], layer.Order, unit, points);
            for (int row = 0; row < column.Length; row++)
                matrix[row, function] = column[row];
        }

        Tensor systems = tensor(matrix).expand(2, points.Length, layer.Functions).contiguous(), sides = tensor(values).view(1, -1, 1).expand(2, values.Length, 1).contiguous();
        return linalg.lstsq(systems, sides).Solution[1].contiguous().data<double>().ToArray();
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
        bool same = ours.Options.Widths.Select(width => (width.Additions, width.Arities.Count)).SequenceEqual(_told.PrunedCounts);
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
