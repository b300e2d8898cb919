using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>How the curves of a network become formulas (<see cref="KanNetwork.FitFormulas"/>).</summary>
public sealed record FormulaFitOptions
{
    /// <summary>Which functions are tried on a curve, and how they are weighed.</summary>
    public CurveFitOptions Curves { get; init; } = new();

    /// <summary>How many of the functions suggested for a curve are tried on the whole network, the best first; 1 takes the best without more.</summary>
    public int Tries { get; init; } = 5;

    /// <summary>The most steps of a fit of all numbers.</summary>
    public int Steps { get; init; } = 200;

    /// <summary>Whether numbers become what they mean, as pi or 1/3, where the error on the samples does not grow.</summary>
    public bool Snaps { get; init; } = true;

    /// <summary>Checks every option.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        Curves.Validate();
        Allowed.Require(Tries >= 1, "tries", Tries, "1 or more");
        Allowed.Require(Steps >= 0, "steps", Steps, "0 or more");
    }
}
