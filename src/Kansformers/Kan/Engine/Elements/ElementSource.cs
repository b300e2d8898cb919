using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Functions of channels, learned or fixed, and the plain operations that compute them.</summary>
/// <param name="width">The channels.</param>
/// <param name="tensors">What learned functions are made of; null for a fixed one.</param>
/// <param name="activation">The fixed function; null for learned ones.</param>
internal sealed class ElementSource(long width, KanTensors? tensors, BaseActivation? activation)
{
    /// <summary>The channels.</summary>
    public long Width => width;

    /// <summary>What learned functions are made of; null for a fixed one.</summary>
    public KanTensors? Tensors => tensors;

    /// <summary>The fixed function; null for learned ones.</summary>
    public BaseActivation? Activation => activation;

    /// <summary>The parameters in a fixed order.</summary>
    public IReadOnlyList<(KanRole Role, Tensor Tensor)> Parameters { get; } =
        tensors is null ? [] : [.. tensors.All.Where(entry => entry.Value is Parameter).Select(entry => (entry.Key, entry.Value))];

    /// <summary>Whether a layer norm stands in front, which torch computes.</summary>
    public bool HasNorm => Tensors?.Options.Norm == InputNorm.LayerNorm;

    /// <summary>Whether the engine may compute the functions of such an input.</summary>
    public bool FitsEngine(Tensor x) => IsPlain(x) && (Tensors is null || KanEngine.FitsAll(Tensors));

    /// <summary>What the functions see of the input, and the functions without the norm.</summary>
    public (Tensor Seen, ElementSource Functions) Normalised(Tensor x)
    {
        if (!HasNorm)
            return (x, this);
        Dictionary<KanRole, Tensor> left = Tensors!.All.Where(entry => entry.Key is not (KanRole.NormWeight or KanRole.NormBias)).ToDictionary(entry => entry.Key, entry => entry.Value);
        KanTensors bare = new(Tensors.Options with { Norm = InputNorm.None }, Width, Width, left);
        return (KanReference.Normalised(x, Tensors), new ElementSource(Width, bare, null));
    }

    /// <summary>The functions by plain operations.</summary>
    /// <param name="x">(tokens, width).</param>
    public Tensor Reference(Tensor x) => Tensors is null ? BaseActivations.Apply(Activation!.Value, x) : KanReference.Functions(x, Tensors);

    /// <summary>The same functions with other parameters, in the order of <see cref="Parameters"/>.</summary>
    public ElementSource With(IReadOnlyList<Tensor> parameters)
    {
        if (Tensors is null)
            return this;
        Dictionary<KanRole, Tensor> others = Parameters.Zip(parameters).ToDictionary(entry => entry.First.Role, entry => entry.Second);
        return new ElementSource(Width, Tensors.Map((role, tensor) => others.GetValueOrDefault(role, tensor)), null);
    }

    private static bool IsPlain(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32;
}

/// <summary>One activation, or two and their product.</summary>
/// <param name="form">How two belong together; null for one.</param>
/// <param name="phi">The first.</param>
/// <param name="psi">The second, or null.</param>
internal sealed class ElementSources(GateForm? form, ElementSource phi, ElementSource? psi)
{
    /// <summary>How two belong together; null for one.</summary>
    public GateForm? Form => form;

    /// <summary>The first.</summary>
    public ElementSource Phi => phi;

    /// <summary>The second, or null.</summary>
    public ElementSource? Psi => psi;

    /// <summary>The size of a token's output.</summary>
    public long Width => Phi.Width;

    /// <summary>The size of a token's input.</summary>
    public long InputWidth => Form == GateForm.Pair ? 2 * Width : Width;

    /// <summary>All parameters, the first function's first.</summary>
    public IReadOnlyList<Tensor> Parameters { get; } = [.. phi.Parameters.Concat(psi?.Parameters ?? []).Select(entry => entry.Tensor)];

    /// <summary>What each function is of.</summary>
    /// <param name="x">(tokens, <see cref="InputWidth"/>).</param>
    public (Tensor OfPhi, Tensor OfPsi) Split(Tensor x) => Form == GateForm.Pair ? (x.narrow(1, 0, Width), x.narrow(1, Width, Width)) : (x, x);

    /// <summary>The product of the functions' values.</summary>
    public Tensor Join(Tensor phi, Tensor psi) => phi * (Form == GateForm.Ring ? psi.roll(1, 1) : psi);

    /// <summary>The output by plain operations.</summary>
    /// <param name="x">(tokens, <see cref="InputWidth"/>).</param>
    /// <returns>(tokens, <see cref="Width"/>).</returns>
    public Tensor Reference(Tensor x)
    {
        if (Psi is null)
            return Phi.Reference(x);
        (Tensor ofPhi, Tensor ofPsi) = Split(x);
        return Join(Phi.Reference(ofPhi), Psi.Reference(ofPsi));
    }

    /// <summary>The same functions with other parameters, in the order of <see cref="Parameters"/>.</summary>
    public ElementSources With(IReadOnlyList<Tensor> parameters) =>
        new(Form, Phi.With([.. parameters.Take(Phi.Parameters.Count)]), Psi?.With([.. parameters.Skip(Phi.Parameters.Count)]));
}
