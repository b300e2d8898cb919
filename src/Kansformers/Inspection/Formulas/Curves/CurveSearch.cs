namespace Kansformers.Inspection;

/// <summary>
/// Which a and b of c f(a x + b) + d are tried before the best are improved. Most functions need fewer than both: what c and d can undo is not searched. Places and widths
/// are in the samples' own measure, their range being -1 to 1.
/// </summary>
public enum CurveSearch
{
    /// <summary>Factors of 0.2 to 50 and all shifts that bring the function's centre near the samples: any function.</summary>
    Wide,

    /// <summary>For a function that lives between two arguments (<see cref="EdgeFunction.Window"/>), as arcsin does: the arguments at both ends of the samples.</summary>
    Window,

    /// <summary>The place of 0 alone: f(k x) is of the form c f(x) + d for k above 0, as powers and the logarithm are.</summary>
    Shift,

    /// <summary>The factor alone: f(x + b) is of the form c f(x) + d, as the exponential function is.</summary>
    Scale,

    /// <summary>The frequency alone: f is a sine, and c f(a x + b) a sum of a sine and a cosine.</summary>
    Frequency,

    /// <summary>The place of one step, found exactly.</summary>
    Step,

    /// <summary>Nothing: f is x, or a constant.</summary>
    Line,
}
