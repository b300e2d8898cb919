using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The memory of a layer's tensors, which stays as long as this does, whatever becomes of the layer.</summary>
internal sealed unsafe class KeptTensors : IDisposable
{
    private readonly List<Tensor> _tensors = [];

    /// <summary>Where a tensor's values lie, in one piece.</summary>
    /// <param name="tensor">float32 on the CPU; null gives null. One that is not in one piece is copied.</param>
    public float* Keep(Tensor? tensor)
    {
        if (tensor is null)
            return null;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor kept = tensor.detach().contiguous().DetachFromDisposeScope();
        _tensors.Add(kept);
        return (float*)RawMemory.Pointer(kept);
    }

    /// <inheritdoc/>
    public void Dispose() => _tensors.ForEach(tensor => tensor.Dispose());
}
