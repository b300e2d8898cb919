using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A layer's input: raw for the base branch, and as the basis sees it. They are one where there is no layer norm, or no base branch.</summary>
/// <param name="X">Contiguous float32, (tokens, in): for the base branch.</param>
/// <param name="Z">Contiguous float32, (tokens, in): for the basis.</param>
internal readonly record struct LayerInput(Tensor X, Tensor Z)
{
    /// <summary>Whether both are the same tensor.</summary>
    public bool IsOne => ReferenceEquals(X, Z);

    /// <summary>The number of tokens.</summary>
    public long Tokens => X.shape[0];

    /// <summary>The layer's input.</summary>
    public static LayerInput Of(EngineLayer layer, Tensor x)
    {
        if (!layer.HasNorm)
            return new LayerInput(x, x);
        Tensor z = KanReference.Normalised(x, layer.Tensors);
        return layer.Activation is null ? new LayerInput(z, z) : new LayerInput(x, z);
    }

    /// <summary>Both after a change.</summary>
    public LayerInput Each(Func<Tensor, Tensor> change)
    {
        Tensor x = change(X);
        return IsOne ? new LayerInput(x, x) : new LayerInput(x, change(Z));
    }

    /// <summary>Memory of the same shape.</summary>
    public LayerInput EmptyLike()
    {
        Tensor x = empty_like(X);
        return IsOne ? new LayerInput(x, x) : new LayerInput(x, empty_like(Z));
    }
}
