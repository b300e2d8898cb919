namespace Kansformers.Kan;

/// <summary>What a kind calls the parameters of a layer with a function for each edge, after the program that it comes from.</summary>
internal sealed record KanNames
{
    /// <summary>The names of layers with shared functions, and of edges where the original has none.</summary>
    public static KanNames Shared { get; } = new();

    /// <summary>The weight of the base branch, (out, in).</summary>
    public string Base { get; init; } = "base_weight";

    /// <summary>The bias of the base branch, (out); null where the kind's base branch has none.</summary>
    public string? BaseBias { get; init; }

    /// <summary>The coefficients of edges.</summary>
    public string Coefficients { get; init; } = "spline_weight";

    /// <summary>A factor for each edge, (out, in).</summary>
    public string Scaler { get; init; } = "spline_scaler";

    /// <summary>The bias.</summary>
    public string Bias { get; init; } = "bias";

    /// <summary>The shape of the bias before the outputs: <c>[1]</c> for FourierKAN's row.</summary>
    public IReadOnlyList<long> BiasLead { get; init; } = [];

    /// <summary>The weight of the layer norm, (in).</summary>
    public string NormWeight { get; init; } = "layernorm.weight";

    /// <summary>The bias of the layer norm, (in).</summary>
    public string NormBias { get; init; } = "layernorm.bias";

    /// <summary>The weight matrix behind shared functions, (out, in).</summary>
    public string Matrix { get; init; } = "weight";

    /// <summary>The coefficients of shared functions, (functions, n).</summary>
    public string FunctionCoefficients { get; init; } = "function_weight";

    /// <summary>The factor of the base activation in shared functions, (functions).</summary>
    public string FunctionBase { get; init; } = "function_base";
}

/// <summary>A tensor that a layer has.</summary>
/// <param name="Name">Its name, with dots where the original has modules inside.</param>
/// <param name="Role">What it is to the layer.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="IsLearned">A parameter rather than a buffer.</param>
internal sealed record KanTensor(string Name, KanRole Role, IReadOnlyList<long> Shape, bool IsLearned = true)
{
    /// <summary>Whether the first dimension counts shared functions, rather than all of them having these numbers.</summary>
    public bool IsPerFunction => HasRowPerFunction(Role);

    /// <summary>Whether tensors of that role have a row for each shared function.</summary>
    public static bool HasRowPerFunction(KanRole role) => role is KanRole.FunctionCoefficients or KanRole.FunctionBase or KanRole.Numerator or KanRole.Denominator;
}

/// <summary>What a tensor is to a KAN layer.</summary>
internal enum KanRole
{
    /// <summary>Base weight, (out, in).</summary>
    Base,

    /// <summary>Bias of the base branch, (out).</summary>
    BaseBias,

    /// <summary>What multiplies the expansion: coefficients of edges, or the weight matrix behind shared functions.</summary>
    Coefficients,

    /// <summary>A factor for each edge, (out, in).</summary>
    Scaler,

    /// <summary>Bias, (out).</summary>
    Bias,

    /// <summary>Weight of the layer norm, (in).</summary>
    NormWeight,

    /// <summary>Bias of the layer norm, (in).</summary>
    NormBias,

    /// <summary>Coefficients of shared functions, (functions, n).</summary>
    FunctionCoefficients,

    /// <summary>Factor of the base activation in shared functions, (functions).</summary>
    FunctionBase,

    /// <summary>Knots, (in, knots), or centres, (n).</summary>
    Grid,

    /// <summary>A width or its reciprocal.</summary>
    Width,

    /// <summary>Coefficients of a numerator, (functions, degree + 1).</summary>
    Numerator,

    /// <summary>Coefficients of a denominator, (functions, degree).</summary>
    Denominator,
}

/// <summary>What a parameter of a KAN layer is to an optimizer.</summary>
internal enum KanPart
{
    /// <summary>A weight matrix: of the base branch, or behind shared functions.</summary>
    Matrix,

    /// <summary>What shapes functions: coefficients, scalers, centres, widths, numerators and denominators.</summary>
    Function,

    /// <summary>A bias, or a layer norm's weight.</summary>
    Vector,
}
