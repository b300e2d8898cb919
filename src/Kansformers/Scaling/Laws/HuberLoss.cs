namespace Kansformers.Scaling;

/// <summary>
/// The loss of Huber (1964): square near 0, absolute value beyond <c>delta</c>, so that a few runs that went wrong pull a fit no more than their sign does.
/// </summary>
internal static class HuberLoss
{
    /// <summary>ρ(r) = r²/2 where |r| ≤ δ, else δ(|r| − δ/2).</summary>
    public static double Value(double residual, double delta)
    {
        double size = Math.Abs(residual);
        return size <= delta ? 0.5 * residual * residual : delta * (size - (0.5 * delta));
    }

    /// <summary>ρ'(r): the residual, held between −δ and δ.</summary>
    public static double Derivative(double residual, double delta) => Math.Clamp(residual, -delta, delta);

    /// <summary>ρ'(r)/r, the weight of a residual in the least squares that stand for this loss.</summary>
    public static double Weight(double residual, double delta)
    {
        double size = Math.Abs(residual);
        return size <= delta ? 1 : delta / size;
    }
}
