using Kansformers.Evaluation;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>An objective whose batches are tokens that a model has to predict, and can be learned otherwise than by its loss alone.</summary>
internal interface ITokenObjective : IObjective
{
    /// <summary>A batch; the tensors belong to the caller's scope.</summary>
    /// <param name="batch">Which batch of the run, counted from 0.</param>
    TokenBatch Batch(long batch);

    /// <summary>What a validation reads, batch by batch; nothing where nothing is held out.</summary>
    IEnumerable<RowBatch> Held();
}
