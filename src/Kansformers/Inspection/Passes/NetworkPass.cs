namespace Kansformers.Inspection;

/// <summary>A network at work on a number of samples: its layers' passes, one behind the other.</summary>
internal sealed class NetworkPass
{
    private readonly KanNetwork _network;
    private Samples? _expanded;

    public NetworkPass(KanNetwork network, int rows)
    {
        _network = network;
        Layers = [.. network.Layers.Select(layer => new LayerPass(layer, network.Options.Base, rows))];
    }

    public IReadOnlyList<LayerPass> Layers { get; }

    public int Rows => Layers[0].Rows;

    /// <summary>What the last layer computed, column after column.</summary>
    public double[] Outputs => Layers[^1].Nodes;

    /// <summary>Runs the network. The bases of the first layer are evaluated only when other samples than the last time's come, or a grid has moved (<see cref="Forget"/>).</summary>
    /// <param name="samples">As many as the pass was made for, of the columns that the network reads.</param>
    public void Forward(Samples samples)
    {
        for (int at = 0; at < Layers.Count; at++)
            Forward(samples, at);
    }

    /// <summary>Runs one layer; those below it have run.</summary>
    public void Forward(Samples samples, int at)
    {
        if (at > 0 || !ReferenceEquals(_expanded, samples))
        {
            Enter(samples, at);
            Layers[at].Expand();
            _expanded = samples;
        }

        Layers[at].Forward();
    }

    /// <summary>Brings a layer what it is to read; those below it have run.</summary>
    public void Enter(Samples samples, int at)
    {
        if (at > 0)
        {
            Layers[at - 1].Nodes.CopyTo(Layers[at].Inputs, 0);
            return;
        }

        for (int input = 0; input < _network.InputColumns.Count; input++)
            samples.Column(_network.InputColumns[input]).CopyTo(Layers[0].Inputs.AsSpan(input * Rows));
    }

    /// <summary>Makes the next run evaluate everything.</summary>
    public void Forget() => _expanded = null;

    /// <summary>Adds every parameter's gradient.</summary>
    /// <param name="ofOutputs">The gradient of the outputs, column after column.</param>
    /// <param name="gradients">A layer each.</param>
    /// <param name="deviations">A layer each; null where nothing depends on deviations.</param>
    public void Backward(ReadOnlySpan<double> ofOutputs, IReadOnlyList<ParameterGradients> gradients, IReadOnlyList<DeviationGradients>? deviations)
    {
        for (int at = Layers.Count - 1; at >= 0; at--)
            ofOutputs = Layers[at].Backward(ofOutputs, gradients[at], deviations?[at], wantsInputs: at > 0);
    }
}
