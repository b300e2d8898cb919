namespace Kansformers.Inspection;

public sealed partial class KanNetwork
{
    /// <summary>
    /// Learns the curves of this network. No step is taken to where the loss is no number. With the same samples, options and values to begin from the result is the same
    /// to the bit on one kind of processor.
    /// </summary>
    /// <param name="data">What it is fitted to.</param>
    /// <param name="options">How; null takes the defaults.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Ends the fit after the iteration at hand; the network keeps what it has learned.</param>
    /// <exception cref="ArgumentException">Samples or targets do not fit the network, or hold something that is no number.</exception>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    public FitResult Fit(FitData data, FitOptions? options = null, IProgress<FitStep>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new FitOptions();
        options.Validate();
        data.Check(this, options.Loss);
        return new NetworkFit(this, data, options).Run(progress, cancellation);
    }

    /// <summary>The loss on some samples.</summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <param name="targets">What the outputs should be.</param>
    /// <param name="loss">Which loss.</param>
    /// <exception cref="ArgumentException">Samples or targets do not fit the network.</exception>
    public double Loss(Samples samples, Samples targets, FitLoss loss = FitLoss.MeanSquare)
    {
        Check(samples);
        FitLosses.Check(loss, Outputs, samples.Rows, targets);
        return FitLosses.Compute(loss, Run(samples).Outputs, targets, []);
    }

    /// <summary>The penalty on some samples, without any weight.</summary>
    /// <param name="samples">(rows, <see cref="DataColumns"/>).</param>
    /// <param name="options">What is paid for; null takes the defaults.</param>
    /// <exception cref="ArgumentException">The samples have another number of columns.</exception>
    public double Regularization(Samples samples, PenaltyOptions? options = null)
    {
        options ??= new PenaltyOptions();
        options.Validate();
        return Penalty.Compute(Run(samples), options, 0, null, null);
    }
}
