using Kansformers.Training;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>
/// Measures what a model's loss becomes without one of its functions, on a small sample of the held-out split that is always the same: the function gives 0 meanwhile, and the
/// rise is told with the standard error of the paired difference, batch by batch. The model is as it was afterwards, to the bit.
/// </summary>
public sealed class RemovalLoss : IDisposable
{
    // Few batches tell nothing of how much a difference varies.
    private const int LeastBatches = 16;

    private readonly TrainingMaterial _material;
    private readonly IObjective _objective;
    private readonly TransformerModel _model;
    private readonly double[] _weights;
    private readonly double[] _whole;

    /// <summary>Opens the sample and measures the loss of the whole model.</summary>
    /// <param name="run">The run.</param>
    /// <param name="model">Its model.</param>
    /// <param name="tokens">How many tokens the sample has, at least; batches are read whole.</param>
    /// <exception cref="KansformersException">What the run learned from is missing or another, or the number of tokens is below 1.</exception>
    public RemovalLoss(RunFolder run, TransformerModel model, long tokens = 8192)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(model);
        if (tokens < 1)
            throw new KansformersException(FormattableString.Invariant($"the sample has {tokens} tokens; it must have at least 1"));
        _model = model;
        RunConfig config = run.Config;
        TrainingOptions training = config.Training with { BatchSize = (int)Math.Clamp(tokens / ((long)LeastBatches * config.Model.BlockSize), 1, config.Training.BatchSize) };
        _material = run.LoadMaterial();
        try
        {
            TrainingData data = _material.Data;
            IsHeldOut = data.Train is not null && data.Validation is { } held && held.Count > config.Model.BlockSize;
            _objective = training.Objective.Task(config.Model).Create(model, IsHeldOut ? data with { Train = data.Validation, Validation = null } : data, training);
            List<double> weights = [];
            while (weights.Count == 0 || weights.Sum() < tokens)
                weights.Add(_objective.TokensOf(weights.Count));
            _weights = [.. weights];
            _whole = Losses(default);
            Loss = Mean(_whole);
        }
        catch
        {
            _objective?.Dispose();
            _material.Dispose();
            throw;
        }
    }

    /// <summary>Whether the sample is of what the run holds out; where an objective holds out no text, it is of what the run learned from.</summary>
    public bool IsHeldOut { get; }

    /// <summary>How many tokens the sample has.</summary>
    public long Tokens => (long)_weights.Sum();

    /// <summary>The loss of the whole model on the sample.</summary>
    public double Loss { get; }

    /// <summary>What the loss becomes without a function.</summary>
    /// <param name="layer">A layer of the model.</param>
    /// <param name="place">Which function.</param>
    /// <param name="cancellation">Ends the work between batches.</param>
    /// <exception cref="ArgumentOutOfRangeException">The layer has no such function.</exception>
    public FunctionRemoval Of(FunctionLayer layer, FunctionPlace place, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(layer);
        using IDisposable without = layer.Without(place);
        double[] losses = Losses(cancellation);
        double loss = Mean(losses), rise = loss - Loss, squares = 0, all = _weights.Sum();
        for (int i = 0; i < losses.Length; i++)
        {
            double apart = losses[i] - _whole[i] - rise;
            squares += _weights[i] / all * apart * apart;
        }

        return new FunctionRemoval(loss, rise, losses.Length > 1 ? Math.Sqrt(squares / (losses.Length - 1)) : double.NaN);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _objective.Dispose();
        _material.Dispose();
    }

    private double[] Losses(CancellationToken cancellation)
    {
        using var guard = no_grad();
        using EvaluationMode evaluation = new(_model);
        double[] losses = new double[_weights.Length];
        for (int batch = 0; batch < losses.Length; batch++)
        {
            cancellation.ThrowIfCancellationRequested();
            random.manual_seed(batch);
            using Tensor loss = _objective.Loss(batch, 1);
            losses[batch] = loss.to_type(ScalarType.Float64).item<double>();
        }

        return losses;
    }

    private double Mean(double[] losses) => losses.Zip(_weights, (loss, weight) => loss * weight).Sum() / _weights.Sum();
}
