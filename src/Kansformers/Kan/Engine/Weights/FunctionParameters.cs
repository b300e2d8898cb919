using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The parameters that a layer's kernel reads, as one matrix: the basis' own, then the coefficients and the base factor of shared functions.</summary>
internal static class FunctionParameters
{
    /// <summary>The matrix, by operations that autograd differentiates.</summary>
    /// <returns>(1, numbers) where all inputs have the same, else (functions, numbers); null where the kernel reads none.</returns>
    public static Tensor? Pack(KanTensors tensors)
    {
        (KanRole Role, bool PerFunction)[] parts = Parts(tensors);
        if (parts.Length == 0)
            return null;
        using var scope = NewDisposeScope();
        long rows = Rows(tensors, parts);
        Tensor[] columns = [.. parts.Select(part => tensors[part.Role].reshape(part.PerFunction ? tensors.Functions : 1, -1).expand(rows, -1))];
        return cat(columns, dim: 1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The tensors that the matrix holds.</summary>
    public static IEnumerable<KanRole> Roles(KanTensors tensors) => Parts(tensors).Select(part => part.Role);

    /// <summary>The layer's tensors with those that the matrix holds taken from it.</summary>
    public static KanTensors Unpack(KanTensors tensors, Tensor packed)
    {
        Dictionary<KanRole, Tensor> found = [];
        long at = 0;
        foreach ((KanRole role, bool perFunction) in Parts(tensors))
        {
            Tensor original = tensors[role];
            long width = original.numel() / (perFunction ? tensors.Functions : 1);
            Tensor columns = packed.narrow(1, at, width);
            found[role] = (perFunction ? columns : columns.narrow(0, 0, 1)).reshape(original.shape);
            at += width;
        }

        return tensors.Map((role, tensor) => found.GetValueOrDefault(role, tensor));
    }

    /// <summary>The matrix as kernels read it; it must outlive what is returned.</summary>
    public static unsafe KernelParameters ForKernel(Tensor? packed, int inputs) => packed is null
        ? new KernelParameters(null, 0, inputs)
        : new KernelParameters((float*)RawMemory.Pointer(packed), (int)packed.shape[1], inputs / (int)packed.shape[0]);

    /// <summary>The gradient of the matrix from the gradients that each input found.</summary>
    /// <param name="byInput">(in, numbers).</param>
    /// <param name="packed">The matrix.</param>
    public static Tensor GradientOf(Tensor byInput, Tensor packed)
    {
        using var scope = NewDisposeScope();
        return byInput.view(packed.shape[0], -1, packed.shape[1]).sum([1L]).MoveToOuterDisposeScope();
    }

    /// <summary>The matrix as numbers, outside of any graph.</summary>
    /// <returns>(functions, numbers), and the numbers of a function.</returns>
    public static unsafe (NativeFloats Values, int Count) Copy(KanTensors tensors)
    {
        using var scope = NewDisposeScope();
        int rows = (int)tensors.Functions, at = 0;
        (KanRole Role, bool PerFunction)[] parts = Parts(tensors);
        int count = parts.Sum(part => Columns(tensors, part));
        NativeFloats values = new((long)rows * count);
        foreach ((KanRole Role, bool PerFunction) part in parts)
        {
            int width = Columns(tensors, part);
            ReadOnlySpan<float> from = RawMemory.Span<float>(tensors[part.Role].contiguous());
            for (int row = 0; row < rows; row++)
                from.Slice(part.PerFunction ? row * width : 0, width).CopyTo(new Span<float>(values.Pointer + (nint)row * count + at, width));
            at += width;
        }

        return (values, count);
    }

    /// <summary>The gradient of one of the tensors that the matrix holds.</summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="role">Which one.</param>
    /// <param name="found">(functions, numbers), or (1, numbers) where all inputs have the same: the gradient of the matrix.</param>
    /// <param name="to">The tensor's gradient.</param>
    /// <param name="adds">Whether to add to what is there.</param>
    public static void Take(KanTensors tensors, KanRole role, ReadOnlySpan<float> found, Span<float> to, bool adds)
    {
        (KanRole Role, bool PerFunction)[] parts = Parts(tensors);
        int rows = (int)Rows(tensors, parts), count = found.Length / rows, index = Array.FindIndex(parts, part => part.Role == role);
        int at = parts[..index].Sum(part => Columns(tensors, part)), width = Columns(tensors, parts[index]);
        if (!adds)
            to.Clear();
        for (int row = 0; row < rows; row++)
        {
            Span<float> part = parts[index].PerFunction ? to.Slice(row * width, width) : to;
            for (int i = 0; i < width; i++)
                part[i] += found[row * count + at + i];
        }
    }

    private static int Columns(KanTensors tensors, (KanRole Role, bool PerFunction) part) => (int)(tensors[part.Role].numel() / (part.PerFunction ? tensors.Functions : 1));

    private static (KanRole Role, bool PerFunction)[] Parts(KanTensors tensors) =>
    [
        .. tensors.Options.KernelParameters.Concat([KanRole.FunctionCoefficients, KanRole.FunctionBase])
            .Where(role => tensors.Find(role) is not null)
            .Select(role => (role, KanTensor.HasRowPerFunction(role))),
    ];

    private static long Rows(KanTensors tensors, (KanRole Role, bool PerFunction)[] parts) => parts.Any(part => part.PerFunction) ? tensors.Functions : 1;
}
