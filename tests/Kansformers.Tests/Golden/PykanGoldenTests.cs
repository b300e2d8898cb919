using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Kansformers.Checkpoints;
using Kansformers.Golden;
using Kansformers.Inspection;
using Kansformers.Tests.Checkpoints;
using Kansformers.Tests.Inspection;

namespace Kansformers.Tests.Golden;

/// <summary>
/// The runner on files of pykan's kind: those that pykan wrote, whose weights from before the fit were overwritten, and one of another shape that has them. The latter is
/// made of our own numbers: it shows that every group is read and compared, not that pykan computes so.
/// </summary>
public class PykanGoldenTests
{
    [Fact]
    public void Every_tensor_of_a_whole_file_is_compared()
    {
        using TestFolder folder = new();
        string path = folder["whole.safetensors"];
        Write(path);
        GoldenReport report = GoldenRunner.Run(path);
        Assert.True(report.Ok, string.Join("; ", report.Rows.Where(row => !row.Ok)));
        Assert.DoesNotContain("param.*", report.Note, StringComparison.Ordinal);
        Assert.Contains(report.Rows, row => row.Name == "grad.act_fun.1.scale_sp");
        Assert.Contains(report.Rows, row => row.Name == "attribution.feature");
    }

    [Fact]
    public void A_difference_in_any_group_is_found()
    {
        using TestFolder folder = new();
        string path = folder["changed.safetensors"];
        string[] changed = ["y", "spline_postacts.1", "regularization", "grad.act_fun.0.coef", "attribution.edge.0", "refined.act_fun.1.grid", "regridded.y", "pruned.act_fun.0.mask"];
        Write(path, changed);
        GoldenReport report = GoldenRunner.Run(path);
        Assert.All(changed, name => Assert.Contains(report.Rows, row => !row.Ok && row.Name.StartsWith(name, StringComparison.Ordinal)));
        Assert.Contains(report.Rows, row => row.Ok);
    }

    [Fact]
    public void What_is_not_in_pykans_file_is_told()
    {
        GoldenReport report = GoldenRunner.Run(CheckpointFiles.Fixture("pykan", "pykan_mult.safetensors"));
        Assert.Contains("seed 1 and noise_scale 0.5", report.Note, StringComparison.Ordinal);
        Assert.Contains("0.002 of the penalty", report.Note, StringComparison.Ordinal);
        Assert.Contains("without pivoting", report.Note, StringComparison.Ordinal);
    }

    private static void Write(string path, params string[] changed)
    {
        KanNetwork network = new(new KanNetworkOptions { Widths = [3, new(1, 3, 2), 2], GridSize = 5, SplineOrder = 2, GridEps = 0.3, NoiseScale = 1 });
        Samples x = Tables.Random(70, 3, 1, -0.9, 0.9), target = Tables.Random(70, 2, 2);
        PenaltyOptions penalty = new() { Coefficients = 0.1, Smoothness = 0.1 };
        List<StoredTensor> tensors = [Table("x", x), Table("target", target)];
        AddState("param", network);
        KanTrace trace = network.Trace(x);
        tensors.Add(Table("y", trace.Outputs));
        for (int level = 0; level < 3; level++)
            tensors.Add(Table($"acts.{level}", trace.Nodes(level)));
        for (int layer = 0; layer < 2; layer++)
        {
            KanNetworkLayer shape = network.Layers[layer];
            double[] edges = [.. from row in Enumerable.Range(0, 70) from output in Enumerable.Range(0, shape.Subnodes) from input in Enumerable.Range(0, shape.Inputs) select trace.Edge(layer, output, input)[row]];
            tensors.Add(Stored($"spline_postacts.{layer}", edges, 70, shape.Subnodes, shape.Inputs));
        }

        tensors.Add(Stored("regularization", [network.Regularization(x, penalty)], 1));
        tensors.Add(Stored("loss", [network.Loss(x, target) + 0.01 * network.Regularization(x, penalty)], 1));
        FitObjective objective = new(network.Clone(), new FitOptions { Penalty = penalty, PenaltyWeight = 0.01 }, x, target);
        double[] at = new double[objective.Parameters.Count];
        objective.Parameters.Read(at);
        objective.Evaluate(at, new double[at.Length]);
        for (int layer = 0; layer < 2; layer++)
        {
            KanNetworkLayer shape = network.Layers[layer];
            tensors.Add(Stored($"grad.act_fun.{layer}.coef", objective.Gradients[layer].Coefficients, shape.Inputs, shape.Subnodes, shape.Functions));
            tensors.Add(Stored($"grad.act_fun.{layer}.scale_base", objective.Gradients[layer].BaseScale, shape.Inputs, shape.Subnodes));
            tensors.Add(Stored($"grad.act_fun.{layer}.scale_sp", objective.Gradients[layer].SplineScale, shape.Inputs, shape.Subnodes));
        }

        AddScores("attribution", network);
        KanNetwork fitted = network.Clone();
        fitted.Fit(new FitData(x, target), new FitOptions { Steps = 15, GridUpdates = 0, PenaltyWeight = 0.002 });
        AddChanged("fitted", fitted);
        AddScores("fitted.attribution", fitted);
        AddChanged("refined", fitted.Refine(10, x, coversSamples: false));
        KanNetwork regridded = fitted.Clone();
        regridded.Regrid(x);
        AddChanged("regridded", regridded);
        KanNetwork pruned = fitted.Prune(x, 0.03, 0.05);
        AddChanged("pruned", pruned);
        StateDictionary.Save(path, tensors.Select(tensor => changed.Contains(tensor.Name) ? Changed(tensor) : tensor), new Dictionary<string, string>
        {
            ["kind"] = "pykan", ["width"] = "[3, [1, 2], [2, 0]]", ["mult_arity"] = "[[], [3, 2], []]", ["grid_eps"] = "0.3", ["base_fun"] = "silu", ["refined_grid"] = "10",
            ["pruned_width"] = $"[{string.Join(", ", pruned.Options.Widths.Select(width => $"[{width.Additions}, {width.Arities.Count}]"))}]", ["node_th"] = "0.03", ["edge_th"] = "0.05",
            ["regularization"] = """{"metric": "edge_forward_spline_n", "lamb": 0.01, "lamb_l1": 1.0, "lamb_entropy": 2.0, "lamb_coef": 0.1, "lamb_coefdiff": 0.1}""",
        });

        void AddState(string group, KanNetwork state) => tensors.AddRange(PykanState.Write(state).Select(tensor => tensor.WithName($"{group}.{tensor.Name}")));

        void AddChanged(string group, KanNetwork state)
        {
            AddState(group, state);
            tensors.Add(Table($"{group}.y", state.Forward(x)));
        }

        void AddScores(string group, KanNetwork state)
        {
            KanAttribution scores = state.Attribute(x);
            tensors.AddRange(scores.Nodes.Select((nodes, level) => Stored($"{group}.node.{level}", [.. nodes], nodes.Count)));
            tensors.AddRange(scores.Edges.Select((edges, layer) => Stored($"{group}.edge.{layer}", [.. edges.Cast<double>()], edges.GetLength(0), edges.GetLength(1))));
            tensors.Add(Stored($"{group}.feature", [.. scores.Features], scores.Features.Count));
        }
    }

    private static StoredTensor Table(string name, Samples samples) =>
        Stored(name, [.. from row in Enumerable.Range(0, samples.Rows) from column in Enumerable.Range(0, samples.Columns) select samples[row, column]], samples.Rows, samples.Columns);

    private static StoredTensor Changed(StoredTensor tensor)
    {
        double[] values = tensor.ToArray<double>();
        values[0] += 1e-3;
        return StoredTensor.Create(tensor.Name, StoredType.F64, tensor.Shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    private static StoredTensor Stored(string name, double[] values, params ImmutableArray<long> shape) =>
        StoredTensor.Create(name, StoredType.F64, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
