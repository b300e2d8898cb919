using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>
/// A Kolmogorov-Arnold network of few variables to be fitted, read and turned into formulas (Liu et al., "KAN", 2024, and "KAN 2.0", 2024, whose program is pykan). Every
/// edge is a curve of its own; nodes add curves or multiply such sums. All numbers are double precision, for what is looked for here ends far below float32's rounding.
/// </summary>
public sealed partial class KanNetwork
{
    /// <summary>Makes a network with random curves.</summary>
    /// <param name="options">Its shape and first values.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    public KanNetwork(KanNetworkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (Options, DataColumns) = (options, options.Widths[0].Nodes);
        InputColumns = [.. Enumerable.Range(0, DataColumns)];
        KeyedDraws draws = new(KeyedDraws.Key(options.Seed));
        List<KanNetworkLayer> layers = [];
        for (int at = 1; at < options.Widths.Count; at++)
            layers.Add(FirstValues.Layer(options, options.Widths[at - 1].Nodes, options.Widths[at], ref draws));
        Layers = layers;
    }

    internal KanNetwork(KanNetworkOptions options, IReadOnlyList<KanNetworkLayer> layers, IReadOnlyList<int> inputColumns, int dataColumns)
    {
        (Options, Layers, InputColumns, DataColumns) = (options, layers, inputColumns, dataColumns);
    }

    /// <summary>The network's shape as it is now, and what it began from.</summary>
    public KanNetworkOptions Options { get; }

    /// <summary>Its layers, from the inputs on.</summary>
    public IReadOnlyList<KanNetworkLayer> Layers { get; }

    /// <summary>Which columns of the samples are its inputs, in order: all of them until inputs are pruned.</summary>
    public IReadOnlyList<int> InputColumns { get; }

    /// <summary>How many columns its samples have.</summary>
    public int DataColumns { get; }

    /// <summary>The number of outputs.</summary>
    public int Outputs => Layers[^1].Nodes;

    /// <summary>What is done to a table's columns before the network takes them, kept with it; empty for nothing. <see cref="Predict"/> does it; <see cref="Forward"/> and fits take samples as they are.</summary>
    public IReadOnlyList<ColumnScaling> InputScaling { get; set; } = [];

    /// <summary>What was done to the columns of the targets; empty for nothing. <see cref="Predict"/> undoes it.</summary>
    public IReadOnlyList<ColumnScaling> TargetScaling { get; set; } = [];

    /// <summary>Which table it was fitted to; null where it was none.</summary>
    public TableSource? Source { get; set; }

    /// <summary>The network that this one was refined or pruned from; null for one that was made. To undo a change is to take it.</summary>
    public KanNetwork? Before { get; internal init; }

    /// <summary>Computes the outputs.</summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <returns>(rows, <see cref="Outputs"/>).</returns>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public Samples Forward(Samples samples)
    {
        NetworkPass pass = Run(samples);
        Samples outputs = new(samples.Rows, Outputs);
        pass.Outputs.CopyTo(outputs.Values, 0);
        return outputs;
    }

    /// <summary>The outputs for a table's columns as they are: scaled, computed, and scaled back.</summary>
    /// <param name="columns">(rows, <see cref="DataColumns"/>).</param>
    /// <returns>(rows, <see cref="Outputs"/>).</returns>
    /// <exception cref="ArgumentException">There is another number of columns than the network, or its scaling, has.</exception>
    public Samples Predict(Samples columns)
    {
        Check(columns);
        return ColumnScaling.Apply(TargetScaling, Forward(ColumnScaling.Apply(InputScaling, columns, undo: false)), undo: true);
    }

    /// <summary>Computes the outputs and shows what every node and edge came to on the way.</summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public KanTrace Trace(Samples samples) => new(this, Run(samples));

    /// <summary>A network of its own with the same values.</summary>
    public KanNetwork Clone() => new(Options, [.. Layers.Select(layer => layer.Clone())], InputColumns, DataColumns) { Before = Before, InputScaling = InputScaling, TargetScaling = TargetScaling, Source = Source };

    /// <summary>A copy that remembers this one (<see cref="Before"/>), for changes by hand that can be undone.</summary>
    public KanNetwork Branch() => With(Options, [.. Layers.Select(layer => layer.Clone())], InputColumns);

    /// <summary>The shape, for people: <c>[2, 5, 1], grid 3, order 3, 13 of 15 edges</c>.</summary>
    public override string ToString()
    {
        string widths = string.Join(", ", Options.Widths.Select(width => width.ToString()));
        return $"[{widths}], grid {string.Join('/', Layers.Select(layer => layer.GridSize).Distinct())}, order {string.Join('/', Layers.Select(layer => layer.Order).Distinct())}, " +
            $"{Layers.Sum(layer => layer.LiveEdges)} of {Layers.Sum(layer => layer.Mask.Length)} edges";
    }

    // What this one becomes when it is changed: other layers, and the rest as it is.
    private KanNetwork With(KanNetworkOptions options, IReadOnlyList<KanNetworkLayer> layers, IReadOnlyList<int> inputColumns) =>
        new(options, layers, inputColumns, DataColumns) { Before = this, InputScaling = InputScaling, TargetScaling = TargetScaling, Source = Source };

    internal NetworkPass Run(Samples samples)
    {
        Check(samples);
        NetworkPass pass = new(this, samples.Rows);
        pass.Forward(samples);
        return pass;
    }

    internal void Check(Samples samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Columns != DataColumns)
            throw new ArgumentException($"the samples have {samples.Columns} columns, the network takes {DataColumns}", nameof(samples));
    }
}
