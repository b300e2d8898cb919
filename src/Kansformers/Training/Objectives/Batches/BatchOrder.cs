namespace Kansformers.Training;

/// <summary>Where the sequences of a training come from in the text.</summary>
public enum BatchOrder
{
    /// <summary>From anywhere, each drawn by itself, as the original did.</summary>
    Replacement,

    /// <summary>From each place once in an epoch: blocks side by side in a shuffled order, from another offset in each epoch.</summary>
    Shuffled,
}

/// <summary>Where sequences start: a pure function, so that a run goes on from any step without a state of its own.</summary>
internal interface IBatchOrder
{
    /// <summary>Where a row of a batch starts in the text.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="batch">Which batch of the run, counted from 0.</param>
    /// <param name="row">Which of its sequences.</param>
    long Start(long seed, long batch, int row);
}
