using System.Globalization;
using System.Text.Json;
using Kansformers.Checkpoints;
using Kansformers.Inspection;

namespace Kansformers.Golden;

/// <summary>What a golden file of pykan says of itself, and the networks in it.</summary>
internal sealed class PykanFile(TensorFile file)
{
    public IReadOnlyList<KanWidth> Widths
    {
        get
        {
            using JsonDocument arities = JsonDocument.Parse(Text("mult_arity"));
            return [.. Counts("width").Select((counts, at) => new KanWidth(counts.Additions, [.. Enumerable.Range(0, counts.Products).Select(product =>
                arities.RootElement.ValueKind == JsonValueKind.Number ? arities.RootElement.GetInt32() : arities.RootElement[at][product].GetInt32())]))];
        }
    }

    /// <summary>The numbers of addition and multiplication nodes of each level after pruning.</summary>
    public IReadOnlyList<(int Additions, int Products)> PrunedCounts => Counts("pruned_width");

    public double GridEps => Number("grid_eps");

    public int RefinedGrid => (int)Number("refined_grid");

    public double NodeThreshold => Number("node_th");

    public double EdgeThreshold => Number("edge_th");

    public EdgeBase Base => Text("base_fun") switch
    {
        "silu" => EdgeBase.Silu,
        "identity" => EdgeBase.Identity,
        "zero" => EdgeBase.Zero,
        string other => throw new KansformersException($"'{file.Path}': its base function '{other}' is not known"),
    };

    /// <summary>The penalty and its weight.</summary>
    public (PenaltyOptions Options, double Weight) Penalty
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Text("regularization"));
            JsonElement json = document.RootElement;
            EdgeMeasure measure = json.GetProperty("metric").GetString() switch
            {
                "edge_forward_spline_n" => EdgeMeasure.CurveOverInput,
                "edge_forward_spline_u" => EdgeMeasure.Edge,
                "edge_forward_sum" => EdgeMeasure.EdgeOverInput,
                "edge_backward" => EdgeMeasure.EdgeScore,
                "node_backward" => EdgeMeasure.NodeScore,
                string other => throw new KansformersException($"'{file.Path}': its metric '{other}' is not known"),
                null => throw new KansformersException($"'{file.Path}': its regularization names no metric"),
            };
            PenaltyOptions options = new()
            {
                Measure = measure, L1 = Part("lamb_l1"), Entropy = Part("lamb_entropy"), Coefficients = Part("lamb_coef"), Smoothness = Part("lamb_coefdiff"), GradientsOfPykan = true,
            };
            return (options, Part("lamb"));

            double Part(string name) => json.GetProperty(name).GetDouble();
        }
    }

    /// <summary>Whether the weights that went into the outputs were overwritten by those after the fit: every one is the same to the bit.</summary>
    public bool StartIsLost
    {
        get
        {
            StoredTensor[] start = [.. file.Tensors.Where(tensor => tensor.Name.StartsWith("param.", StringComparison.Ordinal))];
            return start.Length > 0 && start.All(tensor => file.TryGet("fitted." + tensor.Name["param.".Length..], out StoredTensor? after) && tensor.Same(after));
        }
    }

    public bool Has(string group) => file.Tensors.Any(tensor => tensor.Name.StartsWith(group + ".act_fun.", StringComparison.Ordinal));

    /// <summary>The network of a group of tensors (<c>param</c>, <c>fitted</c>, ...).</summary>
    /// <param name="group">The group.</param>
    /// <param name="widths">Its nodes.</param>
    /// <param name="masks">The group that has the masks, where they are another's.</param>
    public KanNetwork Network(string group, IReadOnlyList<KanWidth> widths, string? masks = null)
    {
        IReadOnlyList<KanNetworkLayer> layers = PykanState.Read(Find, widths, null, file.Path);
        int inputs = layers[0].Inputs;
        return new KanNetwork(new KanNetworkOptions { Widths = widths, GridSize = layers[0].GridSize, SplineOrder = layers[0].Order, Base = Base, GridEps = GridEps },
            layers, [.. Enumerable.Range(0, inputs)], inputs);

        StoredTensor? Find(string name)
        {
            bool ofMask = name.StartsWith("act_fun.", StringComparison.Ordinal) && name.EndsWith(".mask", StringComparison.Ordinal);
            return file.TryGet($"{(ofMask && masks is not null ? masks : group)}.{name}", out StoredTensor? tensor) ? tensor : null;
        }
    }

    /// <summary>A matrix of the file.</summary>
    public Samples Samples(string name)
    {
        StoredTensor stored = file[name];
        if (stored.Shape is not [long rows, long columns])
            throw new KansformersException($"'{file.Path}': '{stored}' is no matrix");
        double[] values = PykanState.Numbers(stored);
        Samples samples = new((int)rows, (int)columns);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                samples[row, column] = values[row * columns + column];
        }

        return samples;
    }

    private (int Additions, int Products)[] Counts(string name)
    {
        using JsonDocument document = JsonDocument.Parse(Text(name));
        return [.. document.RootElement.EnumerateArray().Select(level => level.ValueKind == JsonValueKind.Number ? (level.GetInt32(), 0) : (level[0].GetInt32(), level[1].GetInt32()))];
    }

    private double Number(string name) => double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
        : throw new KansformersException($"'{file.Path}': its '{name}' is no number");

    private string Text(string name) => file.Metadata.TryGetValue(name, out string? text) ? text : throw new KansformersException($"'{file.Path}': the metadata hold no '{name}'");
}
