using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// An optimizer at work: an update for each parameter of a model, and the number of steps, which are counted once for all.
/// A parameter that has no gradient in a step is left as it is, its state too.
/// </summary>
public sealed class Optimizer : IDisposable
{
    // Multiplications that take some ten times as long as waking another thread.
    private const double WorthThreads = 1e6;

    private readonly (GroupedParameter Of, ParameterUpdate Update)[] _updates;

    /// <summary>Begins with no steps taken.</summary>
    /// <param name="options">Which optimizer.</param>
    /// <param name="groups">The parameters.</param>
    /// <exception cref="KansformersException">A setting is out of range; the message names it.</exception>
    public Optimizer(OptimizerOptions options, IReadOnlyList<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(groups);
        options.Validate();
        _updates = [.. ParameterGroups.InOrder(groups).Select(entry => (entry, options.CreateUpdate(entry.Group.Role, entry.Parameter, entry.Group.RowPartsOf(entry.Name))))];
    }

    /// <summary>How many steps have been taken.</summary>
    public long Steps { get; private set; }

    /// <summary>
    /// The highest learning rate of the schedule, of which updates with a peak of their own take the share that a step has; 0 where there is no schedule, so that
    /// each step is at its peak.
    /// </summary>
    public double PeakLearningRate { get; init; }

    /// <summary>What is remembered of each parameter, such as <c>exp_avg.NAME</c>: with <see cref="Steps"/>, the whole state.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State =>
        _updates.SelectMany(entry => entry.Update.State.Select(state => ($"{state.Name}.{entry.Of.Name}", state.Tensor)));

    /// <summary>Updates every parameter that has a gradient, and clears the gradients.</summary>
    /// <param name="learningRate">The learning rate of this step, before the groups' factors.</param>
    /// <param name="gradientScale">What gradients are multiplied by: as <see cref="GradientClipping"/> says, or 1.</param>
    public void Step(double learningRate, double gradientScale = 1)
    {
        using var guard = no_grad();
        Steps++;
        double share = PeakLearningRate > 0 ? learningRate / PeakLearningRate : learningRate > 0 ? 1 : 0;
        using var scope = NewDisposeScope();
        List<UpdatePiece> pieces = [];
        foreach ((GroupedParameter of, ParameterUpdate update) in _updates)
        {
            if (of.Parameter.grad?.contiguous() is not Tensor gradient)
                continue;
            UpdateStep step = new(Steps, learningRate * of.Group.RateFactor, of.Group.WeightDecay, gradientScale, share * of.Group.RateFactor);
            if (update.Pieces(of.Parameter, gradient, step) is { } some)
            {
                pieces.AddRange(some);
                continue;
            }

            using var inner = NewDisposeScope();
            update.Apply(of.Parameter, gradient, step);
        }

        RunAll(pieces);

        ClearGradients();
    }

    private static void RunAll(List<UpdatePiece> pieces)
    {
        UpdatePiece[] ordered = [.. pieces.OrderByDescending(piece => piece.Cost)];
        WorkQueue.Run(ordered.Length, isWorthThreads: ordered.Sum(piece => piece.Cost) > WorthThreads, queue =>
        {
            while (queue.TryTake(out int item))
                ordered[item].Run();
        });
    }

    /// <summary>Forgets the gradients of all parameters.</summary>
    public void ClearGradients()
    {
        foreach (Parameter parameter in _updates.Select(entry => entry.Of.Parameter))
        {
            parameter.grad?.Dispose();
            parameter.grad = null;
        }
    }

    /// <summary>Goes on from a saved state, which the caller has copied into the tensors of <see cref="State"/>.</summary>
    /// <param name="steps">How many steps had been taken.</param>
    public void Resume(long steps) => Steps = steps;

    /// <summary>Goes on from the state of the optimizer of a model whose grids were refined to those of this one's.</summary>
    /// <param name="before">The optimizer of the coarser model, of the same options.</param>
    /// <param name="gradients">What becomes of gradients, by the names of the parameters that have another shape.</param>
    internal void Adopt(Optimizer before, IReadOnlyDictionary<string, GradientMap> gradients)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Dictionary<string, ParameterUpdate> known = before._updates.ToDictionary(entry => entry.Of.Name, entry => entry.Update);
        foreach ((GroupedParameter of, ParameterUpdate update) in _updates)
            update.Adopt(known[of.Name], gradients.GetValueOrDefault(of.Name));
        Steps = before.Steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((GroupedParameter _, ParameterUpdate update) in _updates)
            update.Dispose();
    }
}
