using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kansformers.Transformers;

/// <summary>A function without parameters between the two matrices of a feed-forward part, with its way for single tokens.</summary>
internal sealed unsafe class FixedFunction : nn.Module<Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor> _apply;
    private readonly Func<ITokenLayer> _open;

    private FixedFunction(string name, Func<Tensor, Tensor> apply, Func<ITokenLayer> open)
        : base(name) => (_apply, _open) = (apply, open);

    /// <summary>x · Φ(x).</summary>
    public static FixedFunction Gelu(long width) => new(nameof(Gelu), x => F.gelu(x), () => new GeluTokens((int)width, GeluForm.Exact));

    /// <summary>max(x, 0)².</summary>
    public static FixedFunction SquaredRelu(long width) => new(nameof(SquaredRelu), x => F.relu(x).square(), () => new RowTokens((int)width, FixedRows.SquaredRelu));

    /// <summary>silu(a) · b of [a, b].</summary>
    public static FixedFunction SwiGlu(long width) => new(nameof(SwiGlu), Halves, () => new RowTokens((int)width, FixedRows.SwiGlu));

    /// <summary>silu(x[j]) · x[j - 1], wrapping around.</summary>
    public static FixedFunction SiluRing(long width) => new(nameof(SiluRing), x => F.silu(x) * x.roll([1L], [-1L]), () => new RowTokens((int)width, FixedRows.SiluRing));

    /// <summary>x.</summary>
    public static FixedFunction Nothing(long width) => new(nameof(Nothing), x => x.alias(), () => new RowTokens((int)width, FixedRows.Copy));

    /// <summary>The function for single tokens.</summary>
    public ITokenLayer OpenTokens() => _open();

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _apply(input).MoveToOuterDisposeScope();
    }

    private static Tensor Halves(Tensor x)
    {
        Tensor[] halves = x.chunk(2, -1);
        return F.silu(halves[0]) * halves[1];
    }
}
