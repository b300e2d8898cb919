using Kansformers.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024): the momentum of a hidden matrix is made orthogonal before it is
/// taken as a step, so that all its directions are learned alike. Everything that is no hidden matrix learns by <see cref="AdamWOptions"/>' rule.
/// </summary>
/// <remarks>
/// With the gradient G, the rate r = <see cref="MatrixRate"/> · (learning rate / its peak), the decay d and μ = <see cref="Momentum"/>: M = μ M + (1 - μ) G;
/// U = μ M + (1 - μ) G with Nesterov's look ahead, else M; W = (1 - r d) W - r √max(1, rows / columns) · <see cref="NewtonSchulz"/>(U), whose rows are evened out
/// where <see cref="NeuronBeta"/> is above 0.
/// </remarks>
/// <param name="MatrixRate">The highest learning rate of hidden matrices, above 0: that of all else is <see cref="TrainingOptions.LearningRate"/>, and both follow one schedule.</param>
/// <param name="Momentum">μ, 0 to below 1.</param>
/// <param name="MomentumWarmup">The steps over which μ climbs from 0.85 (or from <paramref name="Momentum"/>, where that is less); 0 for none.</param>
/// <param name="Beta1">AdamW's decay of the mean of gradients, 0 to below 1.</param>
/// <param name="Beta2">AdamW's decay of the mean of squared gradients, 0 to below 1.</param>
/// <param name="WeightDecay">The decoupled decay of the parameters that decay, at least 0.</param>
public sealed record MuonOptions(
    double MatrixRate = 0.02, double Momentum = 0.95, double MomentumWarmup = 0, double Beta1 = 0.9, double Beta2 = 0.95, double WeightDecay = 0)
    : OptimizerOptions("muon", "orthogonal steps for hidden matrices (Jordan et al., 2024), AdamW for the rest", WeightDecay)
{
    private const double FirstMomentum = 0.85;

    /// <summary>Whether the step looks ahead, as Nesterov's does.</summary>
    public bool Nesterov { get; init; } = true;

    /// <summary>
    /// The decay of the mean square of each row of orthogonal steps, by whose root the row is divided so that no neuron learns much faster than others ("NorMuon",
    /// Li et al., 2025); 0 to below 1, 0 for plain Muon.
    /// </summary>
    public double NeuronBeta { get; init; }

    /// <summary>Added to AdamW's denominator, above 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <inheritdoc/>
    public override IReadOnlyList<Setting<OptimizerOptions>> Settings() =>
    [
        .. base.Settings(),
        new("matrix rate", "Muon's highest learning rate, that of hidden matrices", MatrixRate, value => this with { MatrixRate = value }),
        new("momentum", "Muon's decay of gradient means", Momentum, value => this with { Momentum = value }),
        new("momentum warmup", "steps over which Muon's momentum climbs from 0.85", MomentumWarmup, value => this with { MomentumWarmup = value }),
        new("neuron beta", "decay of the mean squares by which Muon evens out the rows of its steps (Li et al., 2025); 0 for plain Muon", NeuronBeta, value => this with { NeuronBeta = value }),
        new("beta1", "AdamW's decay of gradient means", Beta1, value => this with { Beta1 = value }),
        new("beta2", "AdamW's decay of squared gradient means", Beta2, value => this with { Beta2 = value }),
    ];

    /// <inheritdoc/>
    public override void Validate()
    {
        Allowed.Require(MatrixRate > 0 && double.IsFinite(MatrixRate), "matrix rate", MatrixRate, "a finite number above 0");
        Allowed.Require(Momentum is >= 0 and < 1, "momentum", Momentum, "0 to below 1");
        Allowed.Require(MomentumWarmup >= 0 && double.IsFinite(MomentumWarmup), "momentum warmup", MomentumWarmup, "a finite number, at least 0");
        Allowed.Require(NeuronBeta is >= 0 and < 1, "neuron beta", NeuronBeta, "0 to below 1");
        Rest.Validate();
        base.Validate();
    }

    /// <inheritdoc/>
    public override ParameterUpdate CreateUpdate(ParameterRole role, Parameter parameter, int rowParts)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return role == ParameterRole.HiddenMatrix && parameter.dim() == 2 ? new Muon(this, parameter, rowParts) : new AdamW(Rest, parameter);
    }

    /// <summary>μ of a step, counted from 1.</summary>
    internal double MomentumAt(long step)
    {
        double first = Math.Min(FirstMomentum, Momentum);
        return step - 1 >= MomentumWarmup ? Momentum : first + (Momentum - first) * (step - 1) / MomentumWarmup;
    }

    private AdamWOptions Rest => new(Beta1, Beta2, Epsilon, WeightDecay);
}

/// <summary>Muon's momentum of one hidden matrix, or of several of the same shape that lie one below the other and are made orthogonal apart.</summary>
internal sealed class Muon : ParameterUpdate
{
    private readonly MuonOptions _options;
    private readonly long[] _parts;
    private readonly double _factor;
    private readonly Tensor _momentum;
    private readonly Tensor? _squares;

    /// <param name="options">The settings.</param>
    /// <param name="parameter">(rows, columns).</param>
    /// <param name="rowParts">How many matrices it holds.</param>
    /// <exception cref="ArgumentException">The rows are no multiple of that.</exception>
    public Muon(MuonOptions options, Parameter parameter, int rowParts)
    {
        (long rows, long columns) = (parameter.shape[0], parameter.shape[1]);
        if (rowParts < 1 || rows % rowParts != 0)
            throw new ArgumentException($"{rows} rows are not {rowParts} matrices", nameof(rowParts));
        _options = options;
        _parts = [rowParts, rows / rowParts, columns];
        _factor = Math.Sqrt(Math.Max(1, (double)_parts[1] / columns));
        _momentum = zeros_like(parameter, requires_grad: false).DetachFromDisposeScope();
        if (options.NeuronBeta > 0)
            _squares = zeros([rowParts, _parts[1], 1], parameter.dtype, parameter.device).DetachFromDisposeScope();
    }

    public override IEnumerable<(string Name, Tensor Tensor)> State => _squares is null ? [("momentum", _momentum)] : [("momentum", _momentum), ("row_squares", _squares)];

    internal override IEnumerable<UpdatePiece>? Pieces(Parameter parameter, Tensor gradient, UpdateStep current)
    {
        if (!FloatChunks.Fit(parameter) || !FloatChunks.Fit(gradient) || !MatrixStep.Fits(_parts[1], _parts[2]))
            return null;
        double rate = _options.MatrixRate * current.ScheduleShare;
        MatrixStep.Numbers numbers = new(_options.MomentumAt(current.Number), current.GradientScale, _options.Nesterov, 1 - rate * current.WeightDecay, rate * _factor) { NeuronBeta = _options.NeuronBeta };
        (int rows, int columns) = ((int)_parts[1], (int)_parts[2]);
        (nint p, nint g, nint m) = (RawMemory.Pointer(parameter), RawMemory.Pointer(gradient), RawMemory.Pointer(_momentum));
        nint squares = _squares is null ? 0 : RawMemory.Pointer(_squares);
        return Enumerable.Range(0, (int)_parts[0]).Select(part =>
        {
            nint from = (nint)part * rows * columns * sizeof(float);
            MatrixStep.Place place = new(p + from, g + from, m + from, rows, columns) { Squares = squares == 0 ? 0 : squares + (nint)part * rows * sizeof(float) };
            return new UpdatePiece(MatrixStep.Cost(rows, columns), () => MatrixStep.Run(place, numbers));
        });
    }

    public override void Apply(Parameter parameter, Tensor gradient, UpdateStep current)
    {
        double momentum = _options.MomentumAt(current.Number), rate = _options.MatrixRate * current.ScheduleShare;
        Tensor fresh = gradient * ((1 - momentum) * current.GradientScale);
        _momentum.mul_(momentum).add_(fresh);
        Tensor wanted = _options.Nesterov ? _momentum * momentum + fresh : _momentum;
        Tensor step = NewtonSchulz.Orthogonalize(wanted.reshape(_parts));
        if (_squares is not null)
            step = NeuronScale.Apply(_squares, _options.NeuronBeta, step);
        parameter.mul_(1 - rate * current.WeightDecay).add_(step.view(parameter.shape), alpha: -rate * _factor);
    }
}
