namespace Kansformers.Inspection;

/// <summary>Loss and penalty of a network as a function of what is learned.</summary>
internal sealed class FitObjective
{
    private readonly KanNetwork _network;
    private readonly FitOptions _options;
    private readonly ParameterGradients[] _gradients;
    private readonly DeviationGradients[] _deviations;
    private NetworkPass _pass;
    private double[] _ofOutputs;
    private Samples _inputs, _targets;

    public FitObjective(KanNetwork network, FitOptions options, Samples inputs, Samples targets)
    {
        (_network, _options, _inputs, _targets) = (network, options, inputs, targets);
        _gradients = [.. network.Layers.Select(layer => new ParameterGradients(layer))];
        _deviations = [.. network.Layers.Select(layer => new DeviationGradients(layer))];
        Parameters = new ParameterVector(network, _gradients);
        (_pass, _ofOutputs) = (new NetworkPass(network, inputs.Rows), new double[inputs.Rows * network.Outputs]);
    }

    public ParameterVector Parameters { get; }

    public IReadOnlyList<ParameterGradients> Gradients => _gradients;

    /// <summary>The penalty at the last point, without its weight.</summary>
    public double Penalty { get; private set; }

    /// <summary>The loss at the last point.</summary>
    public double Loss { get; private set; }

    private bool HasPenalty => _options.PenaltyWeight > 0;

    /// <summary>Other samples from here on.</summary>
    public void Take(Samples inputs, Samples targets)
    {
        if (inputs.Rows != _inputs.Rows)
            (_pass, _ofOutputs) = (new NetworkPass(_network, inputs.Rows), new double[inputs.Rows * _network.Outputs]);
        (_inputs, _targets) = (inputs, targets);
    }

    /// <summary>Tells that grids have moved.</summary>
    public void Forget() => _pass.Forget();

    /// <summary>The whole at some values of the parameters, which the network has from then on, and its gradient.</summary>
    public double Evaluate(ReadOnlySpan<double> at, Span<double> gradient)
    {
        Parameters.Write(at);
        _pass.Forward(_inputs);
        foreach (ParameterGradients gradients in _gradients)
            gradients.Clear();
        Loss = FitLosses.Compute(_options.Loss, _pass.Outputs, _targets, _ofOutputs);
        if (HasPenalty)
        {
            foreach (DeviationGradients deviations in _deviations)
                deviations.Clear();
            Penalty = Inspection.Penalty.Compute(_pass, _options.Penalty, _options.PenaltyWeight, _gradients, _deviations);
        }

        _pass.Backward(_ofOutputs, _gradients, HasPenalty ? _deviations : null);
        Parameters.ReadGradient(gradient);
        return HasPenalty ? Loss + _options.PenaltyWeight * Penalty : Loss;
    }

    /// <summary>Loss and penalty at the network's present values.</summary>
    public void Measure()
    {
        _pass.Forward(_inputs);
        Loss = FitLosses.Compute(_options.Loss, _pass.Outputs, _targets, []);
        Penalty = HasPenalty ? Inspection.Penalty.Compute(_pass, _options.Penalty, 0, null, null) : 0;
    }
}
