using Kansformers.Kan;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>What an optimizer does to one parameter, with all that it remembers of it.</summary>
public abstract class ParameterUpdate : IDisposable
{
    /// <summary>
    /// What is remembered, by name: with the number of steps, the whole state. A checkpoint holds it as <c>NAME.PARAMETER</c>; going on copies it
    /// back into these tensors.
    /// </summary>
    public abstract IEnumerable<(string Name, Tensor Tensor)> State { get; }

    /// <summary>Changes the parameter and the state, without a graph and within a dispose scope.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="gradient">Its gradient, contiguous and unscaled.</param>
    /// <param name="current">The step.</param>
    public abstract void Apply(Parameter parameter, Tensor gradient, UpdateStep current);

    /// <summary>The same as pieces of work that do not depend on each other, for threads to take in any order; null where <see cref="Apply"/> does all.</summary>
    internal virtual IEnumerable<UpdatePiece>? Pieces(Parameter parameter, Tensor gradient, UpdateStep current) => null;

    /// <summary>
    /// Takes over what was remembered of a parameter before its layer's grid was refined. Unless an update knows better, what has the same shape is copied, and what has another
    /// one begins anew.
    /// </summary>
    /// <param name="before">The update of the parameter as it was.</param>
    /// <param name="gradients">What becomes of gradients of this parameter; null where it has not changed, or nothing is known of it.</param>
    internal virtual void Adopt(ParameterUpdate before, GradientMap? gradients)
    {
        Dictionary<string, Tensor> known = before.State.ToDictionary(entry => entry.Name, entry => entry.Tensor);
        foreach ((string name, Tensor tensor) in State)
        {
            if (known.TryGetValue(name, out Tensor? old) && old.shape.AsSpan().SequenceEqual(tensor.shape))
                tensor.copy_(old);
        }
    }

    /// <summary>Disposes the state.</summary>
    public void Dispose()
    {
        foreach ((string _, Tensor tensor) in State)
            tensor.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A step, as one parameter sees it.</summary>
/// <param name="Number">Which step, counted from 1.</param>
/// <param name="LearningRate">The learning rate, the group's factor included.</param>
/// <param name="WeightDecay">The group's decay; a step of decoupled decay takes 1 - learning rate · decay of each value.</param>
/// <param name="GradientScale">What the gradient is to be multiplied by.</param>
/// <param name="ScheduleShare">The learning rate as a share of its peak, the group's factor included: for updates that have a peak of their own.</param>
public readonly record struct UpdateStep(long Number, double LearningRate, double WeightDecay, double GradientScale, double ScheduleShare);

/// <summary>A piece of an update that one thread computes, always to the same bits.</summary>
/// <param name="Cost">Its multiplications, more or less: the longest go first.</param>
/// <param name="Run">Computes it.</param>
internal readonly record struct UpdatePiece(double Cost, Action Run);
