using static System.Math;

namespace Kansformers.Formulas;

/// <summary>
/// Twenty formulas of the Feynman Symbolic Regression Database (Udrescu and Tegmark, "AI Feynman", 2020), those that the first KAN paper (Liu et al., 2024) took, with units
/// and ranges as published; and each without units, after that paper, from memory of it. The ranges of dimensionless variables are ours: what ratios the published ranges give,
/// narrower where the formula would be flat or overflow.
/// </summary>
internal static class FeynmanFormulas
{
    /// <summary>With units.</summary>
    public static IReadOnlyList<FeynmanFormula> WithUnits { get; } =
    [
        new("I.6.2", "exp(-(theta/sigma)^2/2)/(sqrt(2*pi)*sigma)", v => Exp(-(v[1] / v[0]) * (v[1] / v[0]) / 2) / (Sqrt(2 * PI) * v[0]), ("sigma", 1, 3), ("theta", 1, 3)),
        new("I.6.2b", "exp(-((theta - theta1)/sigma)^2/2)/(sqrt(2*pi)*sigma)", v => Exp(-Pow((v[1] - v[2]) / v[0], 2) / 2) / (Sqrt(2 * PI) * v[0]),
            ("sigma", 1, 3), ("theta", 1, 3), ("theta1", 1, 3)),
        new("I.9.18", "G*m1*m2/((x2 - x1)^2 + (y2 - y1)^2 + (z2 - z1)^2)", v => v[2] * v[0] * v[1] / (Pow(v[4] - v[3], 2) + Pow(v[6] - v[5], 2) + Pow(v[8] - v[7], 2)),
            ("m1", 1, 2), ("m2", 1, 2), ("G", 1, 2), ("x1", 3, 4), ("x2", 1, 2), ("y1", 3, 4), ("y2", 1, 2), ("z1", 3, 4), ("z2", 1, 2)),
        new("I.12.11", "q*(Ef + B*v*sin(theta))", v => v[0] * (v[1] + v[2] * v[3] * Sin(v[4])), ("q", 1, 5), ("Ef", 1, 5), ("B", 1, 5), ("v", 1, 5), ("theta", 1, 5)),
        new("I.13.12", "G*m1*m2*(1/r2 - 1/r1)", v => v[4] * v[0] * v[1] * (1 / v[3] - 1 / v[2]), ("m1", 1, 5), ("m2", 1, 5), ("r1", 1, 5), ("r2", 1, 5), ("G", 1, 5)),
        new("I.15.3x", "(x - u*t)/sqrt(1 - u^2/c^2)", v => (v[0] - v[1] * v[3]) / Sqrt(1 - v[1] * v[1] / (v[2] * v[2])), ("x", 5, 10), ("u", 1, 2), ("c", 3, 20), ("t", 1, 2)),
        new("I.16.6", "(u + v)/(1 + u*v/c^2)", v => (v[2] + v[1]) / (1 + v[2] * v[1] / (v[0] * v[0])), ("c", 1, 5), ("v", 1, 5), ("u", 1, 5)),
        new("I.18.4", "(m1*r1 + m2*r2)/(m1 + m2)", v => (v[0] * v[2] + v[1] * v[3]) / (v[0] + v[1]), ("m1", 1, 5), ("m2", 1, 5), ("r1", 1, 5), ("r2", 1, 5)),
        new("I.26.2", "arcsin(n*sin(theta2))", v => Asin(v[0] * Sin(v[1])), ("n", 0, 1), ("theta2", 1, 5)),
        new("I.27.6", "1/(1/d1 + n/d2)", v => 1 / (1 / v[0] + v[2] / v[1]), ("d1", 1, 5), ("d2", 1, 5), ("n", 1, 5)),
        new("I.29.16", "sqrt(x1^2 + x2^2 - 2*x1*x2*cos(theta1 - theta2))", v => Sqrt(v[0] * v[0] + v[1] * v[1] - 2 * v[0] * v[1] * Cos(v[2] - v[3])),
            ("x1", 1, 5), ("x2", 1, 5), ("theta1", 1, 5), ("theta2", 1, 5)),
        new("I.30.3", "I0*sin(n*theta/2)^2/sin(theta/2)^2", v => v[0] * Pow(Sin(v[2] * v[1] / 2), 2) / Pow(Sin(v[1] / 2), 2), ("I0", 1, 5), ("theta", 1, 5), ("n", 1, 5)),
        new("I.30.5", "arcsin(lambda/(n*d))", v => Asin(v[0] / (v[2] * v[1])), ("lambda", 1, 2), ("d", 2, 5), ("n", 1, 5)),
        new("I.37.4", "I1 + I2 + 2*sqrt(I1*I2)*cos(delta)", v => v[0] + v[1] + 2 * Sqrt(v[0] * v[1]) * Cos(v[2]), ("I1", 1, 5), ("I2", 1, 5), ("delta", 1, 5)),
        new("I.40.1", "n0*exp(-m*g*x/(kb*T))", v => v[0] * Exp(-v[1] * v[4] * v[2] / (v[5] * v[3])), ("n0", 1, 5), ("m", 1, 5), ("x", 1, 5), ("T", 1, 5), ("g", 1, 5), ("kb", 1, 5)),
        new("I.44.4", "n*kb*T*ln(V2/V1)", v => v[0] * v[1] * v[2] * Log(v[4] / v[3]), ("n", 1, 5), ("kb", 1, 5), ("T", 1, 5), ("V1", 1, 5), ("V2", 1, 5)),
        new("I.50.26", "x1*(cos(omega*t) + alpha*cos(omega*t)^2)", v => v[0] * (Cos(v[1] * v[2]) + v[3] * Pow(Cos(v[1] * v[2]), 2)), ("x1", 1, 3), ("omega", 1, 3), ("t", 1, 3), ("alpha", 1, 3)),
        new("II.2.42", "kappa*(T2 - T1)*A/d", v => v[0] * (v[2] - v[1]) * v[3] / v[4], ("kappa", 1, 5), ("T1", 1, 5), ("T2", 1, 5), ("A", 1, 5), ("d", 1, 5)),
        new("II.11.27", "n*alpha/(1 - n*alpha/3)*epsilon*Ef", v => v[0] * v[1] / (1 - v[0] * v[1] / 3) * v[2] * v[3], ("n", 0, 1), ("alpha", 0, 1), ("epsilon", 1, 2), ("Ef", 1, 2)),
        new("III.17.37", "beta*(1 + alpha*cos(theta))", v => v[0] * (1 + v[1] * Cos(v[2])), ("beta", 1, 5), ("alpha", 1, 5), ("theta", 1, 5)),
    ];

    /// <summary>Without units, in the same order; formulas that had none are as they were.</summary>
    public static IReadOnlyList<FeynmanFormula> WithoutUnits { get; } =
    [
        WithUnits[0] with { Name = "I.6.2 dimensionless" },
        WithUnits[1] with { Name = "I.6.2b dimensionless" },
        new("I.9.18 dimensionless", "a/((b - 1)^2 + (c - d)^2 + (e - f)^2)", v => v[0] / (Pow(v[1] - 1, 2) + Pow(v[2] - v[3], 2) + Pow(v[4] - v[5], 2)),
            ("a", 0.06, 0.9), ("b", 0.25, 0.67), ("c", 0.75, 1.33), ("d", 0.25, 0.67), ("e", 0.75, 1.33), ("f", 0.25, 0.67)),
        new("I.12.11 dimensionless", "1 + a*sin(theta)", v => 1 + v[0] * Sin(v[1]), ("a", 0.2, 5), ("theta", 1, 5)),
        new("I.13.12 dimensionless", "a*(1/b - 1)", v => v[0] * (1 / v[1] - 1), ("a", 0.2, 25), ("b", 0.2, 5)),
        new("I.15.3x dimensionless", "(1 - a)/sqrt(1 - b^2)", v => (1 - v[0]) / Sqrt(1 - v[1] * v[1]), ("a", 0.1, 0.8), ("b", 0.05, 0.67)),
        new("I.16.6 dimensionless", "(a + b)/(1 + a*b)", v => (v[0] + v[1]) / (1 + v[0] * v[1]), ("a", 0.2, 5), ("b", 0.2, 5)),
        new("I.18.4 dimensionless", "(1 + a*b)/(1 + a)", v => (1 + v[0] * v[1]) / (1 + v[0]), ("a", 0.2, 5), ("b", 0.2, 5)),
        WithUnits[8] with { Name = "I.26.2 dimensionless" },
        new("I.27.6 dimensionless", "1/(1 + a*b)", v => 1 / (1 + v[0] * v[1]), ("a", 1, 5), ("b", 0.2, 5)),
        new("I.29.16 dimensionless", "sqrt(1 + a^2 - 2*a*cos(theta1 - theta2))", v => Sqrt(1 + v[0] * v[0] - 2 * v[0] * Cos(v[1] - v[2])), ("a", 0.2, 5), ("theta1", 1, 5), ("theta2", 1, 5)),
        new("I.30.3 dimensionless", "sin(n*theta/2)^2/sin(theta/2)^2", v => Pow(Sin(v[0] * v[1] / 2), 2) / Pow(Sin(v[1] / 2), 2), ("n", 1, 5), ("theta", 1, 5)),
        new("I.30.5 dimensionless", "arcsin(a/n)", v => Asin(v[0] / v[1]), ("a", 0.2, 1), ("n", 1, 5)),
        new("I.37.4 dimensionless", "1 + a + 2*sqrt(a)*cos(delta)", v => 1 + v[0] + 2 * Sqrt(v[0]) * Cos(v[1]), ("a", 0.2, 5), ("delta", 1, 5)),
        new("I.40.1 dimensionless", "n0*exp(-a)", v => v[0] * Exp(-v[1]), ("n0", 1, 5), ("a", 0.04, 5)),
        new("I.44.4 dimensionless", "n*ln(a)", v => v[0] * Log(v[1]), ("n", 1, 5), ("a", 0.2, 5)),
        new("I.50.26 dimensionless", "cos(a) + alpha*cos(a)^2", v => Cos(v[0]) + v[1] * Pow(Cos(v[0]), 2), ("a", 1, 9), ("alpha", 1, 3)),
        new("II.2.42 dimensionless", "(a - 1)*b", v => (v[0] - 1) * v[1], ("a", 0.2, 5), ("b", 0.2, 25)),
        new("II.11.27 dimensionless", "n*alpha/(1 - n*alpha/3)", v => v[0] * v[1] / (1 - v[0] * v[1] / 3), ("n", 0, 1), ("alpha", 0, 1)),
        WithUnits[19] with { Name = "III.17.37 dimensionless" },
    ];
}
