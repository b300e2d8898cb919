using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>A function that is 0 until this is disposed.</summary>
internal sealed class RemovedFunction : IDisposable
{
    private readonly List<(Tensor Place, Tensor Was)> _kept = [];

    public RemovedFunction(KanTensors tensors, FunctionPlace place)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        if (place.Output is not int output)
        {
            foreach (KanRole role in (KanRole[])[KanRole.FunctionCoefficients, KanRole.FunctionBase, KanRole.Numerator])
                Remove(tensors.Find(role)?[place.Index]);
            return;
        }

        CoefficientAxes axes = tensors.Options.Axes(tensors.InFeatures, tensors.OutFeatures);
        Tensor apart = tensors[KanRole.Coefficients].detach().view(axes.View); // with axes of output, of input, and more
        long outAxis = axes.Order[0], inAxis = axes.Order[1];
        Tensor edge = apart.select(outAxis, output).select(inAxis - (outAxis < inAxis ? 1 : 0), place.Index);
        Remove(edge);
        Remove(tensors.Find(KanRole.Base)?.detach()[output, place.Index]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using var guard = no_grad();
        foreach ((Tensor place, Tensor was) in _kept)
        {
            place.copy_(was);
            place.Dispose();
            was.Dispose();
        }

        _kept.Clear();
    }

    private void Remove(Tensor? part)
    {
        if (part is null)
            return;
        _kept.Add((part.detach().DetachFromDisposeScope(), part.detach().clone().DetachFromDisposeScope()));
        part.detach().zero_();
    }
}
