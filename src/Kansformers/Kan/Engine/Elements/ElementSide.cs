using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Functions of channels, opened for calls while their parameters stay as they are.</summary>
internal sealed unsafe class ElementSide : IDisposable
{
    private readonly NativeFloats? _parameters;
    private readonly KanTensors? _tensors;

    private ElementSide(IElementKernel kernel, long width, long functions, NativeFloats? parameters, KanTensors? tensors) =>
        (Kernel, Functions, Group, _parameters, _tensors) = (kernel, (int)functions, (int)(width / functions), parameters, tensors);

    /// <summary>The functions.</summary>
    public IElementKernel Kernel { get; }

    /// <summary>How many there are.</summary>
    public int Functions { get; }

    /// <summary>How many neighbouring channels have one.</summary>
    public int Group { get; }

    /// <summary>Opens functions; null where no kernel computes them.</summary>
    /// <param name="source">The functions, without a layer norm.</param>
    /// <param name="lanes">The lanes of vectors.</param>
    /// <param name="known">The plan of an earlier call, replaced by this one's.</param>
    public static ElementSide? Open(ElementSource source, int lanes, ref KanPlan? known)
    {
        if (source.Tensors is not KanTensors tensors)
            return new ElementSide(FixedElements.Of(source.Activation!.Value, lanes), source.Width, 1, null, null);
        using var guard = no_grad();
        KanOptions options = tensors.Options;
        if (options.Plan(tensors, known) is not KanPlan plan)
            return null;
        known = plan;
        plan = options.Norm == InputNorm.Tanh ? new TanhPlan(plan) : plan;
        (NativeFloats values, int count) = FunctionParameters.Copy(tensors);
        int group = (int)(source.Width / tensors.Functions);
        KernelParameters parameters = new(values.Pointer, count, group);
        FunctionFrame frame = new(options.BaseActivation, false, (int)source.Width);
        IElementKernel kernel = lanes switch { 16 => Kernel<Simd512>(), 8 => Kernel<Simd256>(), _ => Kernel<Simd128>() };
        return new ElementSide(kernel, source.Width, tensors.Functions, values, tensors);

        IElementKernel Kernel<TSimd>()
            where TSimd : struct, ISimd<TSimd> =>
            plan.Elements<TSimd>(parameters, frame) ?? new PanelElements<TSimd>(plan.SharedKernel<TSimd>(parameters, frame), count, group);
    }

    /// <summary>The gradients of parameters.</summary>
    /// <param name="found">(functions, parameters): what the kernel found.</param>
    /// <param name="parameters">The parameters, in the order of <see cref="ElementSource.Parameters"/>.</param>
    /// <param name="roles">What they are.</param>
    /// <param name="wanted">Which of them want a gradient.</param>
    /// <returns>For each a gradient, or null where none is wanted or where a trainer collects it.</returns>
    public Tensor?[] GradientsOf(ReadOnlySpan<float> found, ReadOnlySpan<Tensor> parameters, IReadOnlyList<KanRole> roles, ReadOnlySpan<bool> wanted)
    {
        Tensor?[] all = new Tensor?[parameters.Length];
        for (int at = 0; at < all.Length; at++)
        {
            if (!wanted[at])
                continue;
            GradientTarget target = GradientBuffers.For(parameters[at]);
            FunctionParameters.Take(_tensors!, roles[at], found, RawMemory.Span<float>(target.Tensor), target.Adds);
            all[at] = target.ForTorch;
        }

        return all;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters?.Dispose();
        GC.KeepAlive(_tensors);
    }
}
