using Kansformers.Checkpoints;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A tensor of a program's file that belongs to a KAN layer.</summary>
/// <param name="Stored">The tensor in the file.</param>
/// <param name="Role">What it is to the layer; null for a table of the program that says nothing new (ChebyKAN's <c>arange</c>).</param>
internal sealed record ProgramTensor(StoredTensor Stored, KanRole? Role);

/// <summary>The tensors of one KAN layer in a program's file, and what their names and shapes tell of it.</summary>
/// <param name="Name">Where the layer is: what its tensors' names begin with, without the last dot; empty for a layer alone.</param>
/// <param name="Options">The configuration.</param>
/// <param name="InFeatures">The inputs.</param>
/// <param name="OutFeatures">The outputs.</param>
/// <param name="Tensors">The tensors in the order of the file.</param>
internal sealed record ProgramLayer(string Name, KanOptions Options, long InFeatures, long OutFeatures, IReadOnlyList<ProgramTensor> Tensors)
{
    /// <summary>What does not fit between the configuration and the file; null when all does.</summary>
    public string? Misfit()
    {
        try
        {
            Options.Validate();
            Dictionary<KanRole, KanTensor> described = KanTensors.Describe(Options, InFeatures, OutFeatures).ToDictionary(tensor => tensor.Role);
            foreach (ProgramTensor tensor in Tensors)
            {
                if (tensor.Role is not KanRole role)
                    continue;
                if (!described.Remove(role, out KanTensor? own))
                    return $"it has '{Readable.Text(tensor.Stored.Name)}', for which such a layer has no place";
                if (!Fits(tensor.Stored, own))
                    return $"'{Readable.Text(tensor.Stored.Name)}' has shape {StoredTensor.ShapeText(tensor.Stored.Shape.AsSpan())}, such a layer needs {StoredTensor.ShapeText([.. own.Shape])}";
            }

            return described.Count == 0 ? null : $"it lacks '{string.Join("', '", described.Values.Select(tensor => tensor.Name))}'";
        }
        catch (KansformersException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>The layer with the file's numbers in it.</summary>
    public KanLinear Load()
    {
        KanLinear layer = new(InFeatures, OutFeatures, Options);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (ProgramTensor tensor in Tensors)
        {
            if (tensor.Role is not KanRole role)
                continue;
            Tensor target = layer.Tensors[role], read = StateDictionary.ToTensor(tensor.Stored);
            target.copy_(read.numel() == target.numel() ? read.view(target.shape) : read.view(1, -1)); // one row serves all groups
        }

        return layer;
    }

    /// <summary>A layer's numbers under the names and in the shapes of the program.</summary>
    public IEnumerable<StoredTensor> Store(KanLinear layer)
    {
        foreach (ProgramTensor tensor in Tensors)
            yield return tensor.Role is KanRole role ? StateDictionary.ToStored(tensor.Stored.Name, Shaped(layer.Tensors[role].detach(), tensor.Stored)) : tensor.Stored;
    }

    // A row that served all groups is one row again unless the groups went their own ways.
    private static Tensor Shaped(Tensor own, StoredTensor stored)
    {
        if (own.numel() == stored.Count)
            return own.reshape([.. stored.Shape]);
        using Tensor same = own.eq(own[..1]).all();
        return same.item<bool>() ? own[..1].reshape([.. stored.Shape]) : own;
    }

    private static bool Fits(StoredTensor stored, KanTensor own)
    {
        long count = own.Shape.Aggregate(1L, (product, size) => product * size);
        if (stored.Shape.AsSpan().SequenceEqual([.. own.Shape]) || (count == 1 && stored.Count == 1))
            return true;
        return own.Role is KanRole.Numerator or KanRole.Denominator && stored.Count == own.Shape[1] && stored.Shape[^1] == own.Shape[1];
    }
}
