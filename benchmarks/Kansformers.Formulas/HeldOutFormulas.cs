using static System.Math;

namespace Kansformers.Formulas;

/// <summary>Twenty formulas of physics in the style of <see cref="FeynmanFormulas.WithUnits"/> that had no part in settling the search: written down before it was changed, and run once it was.</summary>
internal static class HeldOutFormulas
{
    /// <summary>The formulas.</summary>
    public static IReadOnlyList<FeynmanFormula> All { get; } =
    [
        new("kinetic energy", "m*c^2*(1/sqrt(1 - v^2/c^2) - 1)", v => v[0] * v[1] * v[1] * (1 / Sqrt(1 - v[2] * v[2] / (v[1] * v[1])) - 1), ("m", 1, 5), ("c", 3, 10), ("v", 1, 2)),
        new("van der Waals", "n*R*T/(V - n*b) - a*n^2/V^2", v => v[0] * v[1] * v[2] / (v[3] - v[0] * v[4]) - v[5] * v[0] * v[0] / (v[3] * v[3]),
            ("n", 1, 3), ("R", 1, 2), ("T", 1, 5), ("V", 5, 10), ("b", 0.1, 1), ("a", 1, 5)),
        new("damped oscillation", "A*exp(-g*t)*cos(omega*t + phi)", v => v[0] * Exp(-v[1] * v[2]) * Cos(v[3] * v[2] + v[4]), ("A", 1, 5), ("g", 0.1, 1), ("t", 1, 3), ("omega", 1, 3), ("phi", 0, 3)),
        new("lens maker", "1/((n - 1)*(1/r1 - 1/r2))", v => 1 / ((v[0] - 1) * (1 / v[1] - 1 / v[2])), ("n", 1.2, 2), ("r1", 1, 3), ("r2", 4, 8)),
        new("two bodies on a spring", "2*pi*sqrt(m1*m2/((m1 + m2)*k))", v => 2 * PI * Sqrt(v[0] * v[1] / ((v[0] + v[1]) * v[2])), ("m1", 1, 5), ("m2", 1, 5), ("k", 1, 5)),
        new("black body", "8*pi*h*f^3/(c^3*(exp(h*f/(kb*T)) - 1))", v => 8 * PI * v[0] * Pow(v[1], 3) / (Pow(v[2], 3) * (Exp(v[0] * v[1] / (v[3] * v[4])) - 1)),
            ("h", 1, 3), ("f", 1, 3), ("c", 1, 3), ("kb", 1, 3), ("T", 1, 5)),
        new("Doppler", "f0*(c + vr)/(c - vs)", v => v[0] * (v[1] + v[2]) / (v[1] - v[3]), ("f0", 1, 5), ("c", 5, 10), ("vr", 1, 3), ("vs", 1, 3)),
        new("Bernoulli", "p0 + rho*v^2/2 + rho*g*h", v => v[0] + v[1] * v[2] * v[2] / 2 + v[1] * v[3] * v[4], ("p0", 1, 5), ("rho", 1, 5), ("v", 1, 5), ("g", 1, 5), ("h", 1, 5)),
        new("range of a throw", "v^2*sin(2*theta)/g", v => v[0] * v[0] * Sin(2 * v[1]) / v[2], ("v", 1, 5), ("theta", 0.2, 1.4), ("g", 1, 5)),
        new("low pass", "V/sqrt(1 + (2*pi*f*R*C)^2)", v => v[0] / Sqrt(1 + Pow(2 * PI * v[1] * v[2] * v[3], 2)), ("V", 1, 5), ("f", 0.1, 0.5), ("R", 1, 2), ("C", 0.1, 0.5)),
        new("angle of a triangle", "arccos((a^2 + b^2 - c^2)/(2*a*b))", v => Acos((v[0] * v[0] + v[1] * v[1] - v[2] * v[2]) / (2 * v[0] * v[1])), ("a", 3, 4), ("b", 3, 4), ("c", 2, 4)),
        new("two charges", "k*q*(1/(r - d) - 1/(r + d))", v => v[0] * v[1] * (1 / (v[2] - v[3]) - 1 / (v[2] + v[3])), ("k", 1, 5), ("q", 1, 5), ("r", 4, 8), ("d", 1, 2)),
        new("inhibited enzyme", "V*s/(K*(1 + i/Ki) + s)", v => v[0] * v[1] / (v[2] * (1 + v[3] / v[4]) + v[1]), ("V", 1, 5), ("s", 1, 5), ("K", 1, 5), ("i", 1, 5), ("Ki", 1, 5)),
        new("Gaussian beam", "I0*(w0/w)^2*exp(-2*r^2/w^2)", v => v[0] * Pow(v[1] / v[2], 2) * Exp(-2 * v[3] * v[3] / (v[2] * v[2])), ("I0", 1, 5), ("w0", 1, 2), ("w", 1, 3), ("r", 0, 2)),
        new("settling", "2/9*(rhop - rhof)*g*r^2/mu", v => 2.0 / 9 * (v[0] - v[1]) * v[2] * v[3] * v[3] / v[4], ("rhop", 1, 5), ("rhof", 1, 5), ("g", 1, 5), ("r", 1, 5), ("mu", 1, 5)),
        new("standing wave", "2*A*sin(k*x)*cos(omega*t)", v => 2 * v[0] * Sin(v[1] * v[2]) * Cos(v[3] * v[4]), ("A", 1, 5), ("k", 1, 2), ("x", 1, 2), ("omega", 1, 2), ("t", 1, 2)),
        new("radiation", "sigma*epsilon*A*(T1^4 - T2^4)", v => v[0] * v[1] * v[2] * (Pow(v[3], 4) - Pow(v[4], 4)), ("sigma", 1, 5), ("epsilon", 0.1, 1), ("A", 1, 5), ("T1", 1, 5), ("T2", 1, 5)),
        new("rocket", "v0 + u*log(m0/m) - g*t", v => v[0] + v[1] * Log(v[2] / v[3]) - v[4] * v[5], ("v0", 1, 5), ("u", 1, 5), ("m0", 5, 10), ("m", 1, 5), ("g", 1, 5), ("t", 1, 5)),
        new("field of a loop", "mu*I*R^2/(2*(R^2 + z^2)^1.5)", v => v[0] * v[1] * v[2] * v[2] / (2 * Pow(v[2] * v[2] + v[3] * v[3], 1.5)), ("mu", 1, 5), ("I", 1, 5), ("R", 1, 3), ("z", 0.5, 3)),
        new("Compton", "lambda + h/(m*c)*(1 - cos(theta))", v => v[0] + v[1] / (v[2] * v[3]) * (1 - Cos(v[4])), ("lambda", 1, 5), ("h", 1, 5), ("m", 1, 3), ("c", 1, 3), ("theta", 0.2, 3)),
    ];
}
