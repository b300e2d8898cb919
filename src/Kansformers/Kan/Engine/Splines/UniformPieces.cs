using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>
/// The cardinal B-spline of order k by its closed form (Schoenberg): at distance a from its centre, with knots h apart,
/// B = Σ_m (-1)^m C(k+1, m) · max(0, e_m - a)^k / (k! h^k), e_m = ((k+1)/2 - m) h, over the m with e_m above 0.
/// </summary>
internal interface IUniformPiece
{
    /// <summary>The order k.</summary>
    static abstract int Order { get; }

    /// <summary>The basis at a distance (at least 0) from its centre.</summary>
    static abstract TSimd Value<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>;

    /// <summary>The derivative to the right of the centre, as a function of the distance.</summary>
    static abstract TSimd Slope<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>;
}

/// <summary>The edges e_m and the factors of the closed form and of its derivative.</summary>
internal readonly struct PieceShape<TSimd>
    where TSimd : struct, ISimd<TSimd>
{
    public readonly TSimd Edge0, Edge1, Edge2, Value0, Value1, Value2, Slope0, Slope1, Slope2;

    public PieceShape(int order, double step)
    {
        double factorial = 1;
        for (int n = 2; n <= order; n++)
            factorial *= n;
        double choose = 1;
        Span<float> edge = stackalloc float[3], value = stackalloc float[3], slope = stackalloc float[3];
        for (int m = 0; m < 3; m++)
        {
            double reach = ((order + 1) / 2.0 - m) * step;
            double factor = reach > 0 ? choose / (factorial * Math.Pow(step, order)) : 0;
            (edge[m], value[m], slope[m]) = ((float)reach, (float)factor, (float)(-order * factor));
            choose *= -(order + 1 - m) / (m + 1.0);
        }

        (Edge0, Edge1, Edge2) = (TSimd.Create(edge[0]), TSimd.Create(edge[1]), TSimd.Create(edge[2]));
        (Value0, Value1, Value2) = (TSimd.Create(value[0]), TSimd.Create(value[1]), TSimd.Create(value[2]));
        (Slope0, Slope1, Slope2) = (TSimd.Create(slope[0]), TSimd.Create(slope[1]), TSimd.Create(slope[2]));
    }

    /// <summary>max(0, edge - distance); NaN stays NaN (the native maximum gives its second operand then, or NaN).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Above(TSimd edge, TSimd distance) => TSimd.MaxNative(TSimd.Zero, edge - distance);
}

/// <summary>Order 2.</summary>
internal readonly struct QuadraticPiece : IUniformPiece
{
    public static int Order => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd p = PieceShape<TSimd>.Above(shape.Edge0, distance), q = PieceShape<TSimd>.Above(shape.Edge1, distance);
        return TSimd.FusedMultiplyAdd(p * p, shape.Value0, q * q * shape.Value1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Slope<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd p = PieceShape<TSimd>.Above(shape.Edge0, distance), q = PieceShape<TSimd>.Above(shape.Edge1, distance);
        return TSimd.FusedMultiplyAdd(p, shape.Slope0, q * shape.Slope1);
    }
}

/// <summary>Order 3.</summary>
internal readonly struct CubicPiece : IUniformPiece
{
    public static int Order => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd p = PieceShape<TSimd>.Above(shape.Edge0, distance), q = PieceShape<TSimd>.Above(shape.Edge1, distance);
        return TSimd.FusedMultiplyAdd(p * p, p * shape.Value0, q * q * (q * shape.Value1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Slope<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd p = PieceShape<TSimd>.Above(shape.Edge0, distance), q = PieceShape<TSimd>.Above(shape.Edge1, distance);
        return TSimd.FusedMultiplyAdd(p * p, shape.Slope0, q * q * shape.Slope1);
    }
}

/// <summary>Order 4.</summary>
internal readonly struct QuarticPiece : IUniformPiece
{
    public static int Order => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd p = PieceShape<TSimd>.Above(shape.Edge0, distance), q = PieceShape<TSimd>.Above(shape.Edge1, distance), r = PieceShape<TSimd>.Above(shape.Edge2, distance);
        (p, q, r) = (p * p, q * q, r * r);
        return TSimd.FusedMultiplyAdd(p * p, shape.Value0, TSimd.FusedMultiplyAdd(q * q, shape.Value1, r * r * shape.Value2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Slope<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd p = PieceShape<TSimd>.Above(shape.Edge0, distance), q = PieceShape<TSimd>.Above(shape.Edge1, distance), r = PieceShape<TSimd>.Above(shape.Edge2, distance);
        return TSimd.FusedMultiplyAdd(p * p, p * shape.Slope0, TSimd.FusedMultiplyAdd(q * q, q * shape.Slope1, r * r * (r * shape.Slope2)));
    }
}

/// <summary>Order 5.</summary>
internal readonly struct QuinticPiece : IUniformPiece
{
    public static int Order => 5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Value<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd p = PieceShape<TSimd>.Above(shape.Edge0, distance), q = PieceShape<TSimd>.Above(shape.Edge1, distance), r = PieceShape<TSimd>.Above(shape.Edge2, distance);
        TSimd pp = p * p, qq = q * q, rr = r * r;
        return TSimd.FusedMultiplyAdd(pp * pp, p * shape.Value0, TSimd.FusedMultiplyAdd(qq * qq, q * shape.Value1, rr * rr * (r * shape.Value2)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Slope<TSimd>(TSimd distance, in PieceShape<TSimd> shape)
        where TSimd : struct, ISimd<TSimd>
    {
        TSimd p = PieceShape<TSimd>.Above(shape.Edge0, distance), q = PieceShape<TSimd>.Above(shape.Edge1, distance), r = PieceShape<TSimd>.Above(shape.Edge2, distance);
        (p, q, r) = (p * p, q * q, r * r);
        return TSimd.FusedMultiplyAdd(p * p, shape.Slope0, TSimd.FusedMultiplyAdd(q * q, shape.Slope1, r * r * shape.Slope2));
    }
}
