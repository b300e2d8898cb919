using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// Query, key and value of each head from their packed rows: queries and keys are RMS-normed over the head (QK-norm: Henry et al., "Query-Key Normalization for
/// Transformers", 2020) and turned by their positions (Su et al., "RoFormer", 2021), the pairs (i, i + half) by position · base^(-i / half).
/// </summary>
/// <param name="heads">The number of heads.</param>
/// <param name="size">The size of a head, even.</param>
/// <param name="block">The number of positions.</param>
internal sealed class Rotary(int heads, int size, int block) : nn.Module<Tensor, long, (Tensor Query, Tensor Key, Tensor Value)>(nameof(Rotary))
{
    /// <summary>The first pair turns by one radian a token, the last by almost base times less.</summary>
    public const double Base = 10000;

    /// <summary>Whether queries and keys are normed before they are turned.</summary>
    public bool Norm { get; init; } = true;

    // (block, half) each, of one type on one device; made when they are needed.
    private sealed record Tables(Tensor Cos, Tensor Sin);

    private Tables? _tables;

    /// <summary>The angle by which a pair of a head is turned, in radians.</summary>
    public static double Angle(long position, int pair, int size) => position * Math.Pow(Base, -2.0 * pair / size);

    /// <inheritdoc/>
    /// <param name="packed">(B, T, 3 · heads · size).</param>
    /// <param name="past">The position of the first token.</param>
    /// <returns>Each (B, heads, T, size).</returns>
    public override (Tensor Query, Tensor Key, Tensor Value) forward(Tensor packed, long past)
    {
        using var scope = NewDisposeScope();
        (long batch, long time) = (packed.shape[0], packed.shape[1]);
        Tensor parts = packed.view(batch, time, 3, heads, size).permute(2, 0, 3, 1, 4); // (3, B, heads, T, size)
        Tensor both = parts.narrow(0, 0, 2), turned = Turn(Norm ? RmsNorm.Apply(both) : both, past);
        return (turned[0].MoveToOuterDisposeScope(), turned[1].MoveToOuterDisposeScope(), parts[2].MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Forget();
        base.Dispose(disposing);
    }

    // (..., T, size)
    private Tensor Turn(Tensor x, long past)
    {
        Tables tables = TablesLike(x);
        Tensor[] halves = x.chunk(2, -1);
        Tensor cos = tables.Cos.narrow(0, past, x.shape[^2]), sin = tables.Sin.narrow(0, past, x.shape[^2]);
        return cat([halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin], -1);
    }

    private Tables TablesLike(Tensor x)
    {
        if (_tables is not null && (_tables.Cos.dtype != x.dtype || _tables.Cos.device_type != x.device_type || _tables.Cos.device_index != x.device_index))
            Forget();
        if (_tables is not null)
            return _tables;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        double[] angles = [.. Enumerable.Range(0, block).SelectMany(at => Enumerable.Range(0, size / 2).Select(pair => Angle(at, pair, size)))];
        Tensor angle = tensor(angles, [block, size / 2]);
        _tables = new Tables(Table(angle.cos(), x), Table(angle.sin(), x));
        return _tables;
    }

    private static Tensor Table(Tensor values, Tensor like) => values.to(like.dtype).to(like.device).DetachFromDisposeScope();

    private void Forget()
    {
        _tables?.Cos.Dispose();
        _tables?.Sin.Dispose();
        _tables = null;
    }
}
