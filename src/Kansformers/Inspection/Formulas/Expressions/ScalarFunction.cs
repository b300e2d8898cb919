namespace Kansformers.Inspection;

/// <summary>A function that expressions call by its name. Two of the same name are the same.</summary>
/// <param name="Name">How text writes it: letters and digits.</param>
/// <param name="Value">The function.</param>
public sealed record ScalarFunction(string Name, Func<double, double> Value)
{
    /// <summary>e to the power of x.</summary>
    public static ScalarFunction Exp { get; } = new("exp", Math.Exp) { Derivative = x => new FunctionCall(Exp!, x), CSharp = "Math.Exp", Python = "math.exp", LaTeX = @"\exp" };

    /// <summary>The natural logarithm.</summary>
    public static ScalarFunction Log { get; } = new("log", Math.Log) { Derivative = x => x.Pow(-1), CSharp = "Math.Log", Python = "math.log", LaTeX = @"\log" };

    /// <summary>The magnitude.</summary>
    public static ScalarFunction Abs { get; } = new("abs", Math.Abs) { Derivative = x => new FunctionCall(Sign!, x), CSharp = "Math.Abs", Python = "abs", Parity = 1 };

    /// <summary>1 above 0, -1 below, 0 at 0.</summary>
    public static ScalarFunction Sign { get; } = new("sgn", x => double.IsNaN(x) ? x : Math.Sign(x))
    { Derivative = _ => 0, CSharp = "Math.Sign", Python = "(lambda v: (v > 0) - (v < 0))", LaTeX = @"\operatorname{sgn}", Parity = -1 };

    /// <summary>The sine.</summary>
    public static ScalarFunction Sin { get; } = new("sin", Math.Sin) { Derivative = x => new FunctionCall(Cos!, x), CSharp = "Math.Sin", Python = "math.sin", LaTeX = @"\sin", Parity = -1 };

    /// <summary>The cosine.</summary>
    public static ScalarFunction Cos { get; } = new("cos", Math.Cos) { Derivative = x => -new FunctionCall(Sin, x), CSharp = "Math.Cos", Python = "math.cos", LaTeX = @"\cos", Parity = 1 };

    /// <summary>The tangent.</summary>
    public static ScalarFunction Tan { get; } = new("tan", Math.Tan) { Derivative = x => 1 + new FunctionCall(Tan!, x).Pow(2), CSharp = "Math.Tan", Python = "math.tan", LaTeX = @"\tan", Parity = -1 };

    /// <summary>The hyperbolic tangent.</summary>
    public static ScalarFunction Tanh { get; } = new("tanh", Math.Tanh)
    { Derivative = x => 1 - new FunctionCall(Tanh!, x).Pow(2), CSharp = "Math.Tanh", Python = "math.tanh", LaTeX = @"\tanh", Parity = -1 };

    /// <summary>The inverse of the sine.</summary>
    public static ScalarFunction Arcsin { get; } = new("arcsin", Math.Asin)
    { Derivative = x => (1 - x.Pow(2)).Pow(-0.5), CSharp = "Math.Asin", Python = "math.asin", LaTeX = @"\arcsin", Parity = -1 };

    /// <summary>The inverse of the cosine.</summary>
    public static ScalarFunction Arccos { get; } = new("arccos", Math.Acos) { Derivative = x => -(1 - x.Pow(2)).Pow(-0.5), CSharp = "Math.Acos", Python = "math.acos", LaTeX = @"\arccos" };

    /// <summary>The inverse of the tangent.</summary>
    public static ScalarFunction Arctan { get; } = new("arctan", Math.Atan)
    { Derivative = x => (1 + x.Pow(2)).Pow(-1), CSharp = "Math.Atan", Python = "math.atan", LaTeX = @"\arctan", Parity = -1 };

    /// <summary>The inverse of the hyperbolic tangent.</summary>
    public static ScalarFunction Arctanh { get; } = new("arctanh", Math.Atanh)
    { Derivative = x => (1 - x.Pow(2)).Pow(-1), CSharp = "Math.Atanh", Python = "math.atanh", LaTeX = @"\operatorname{artanh}", Parity = -1 };

    /// <summary>The functions that text may call without more.</summary>
    public static IReadOnlyList<ScalarFunction> All { get; } = [Exp, Log, Abs, Sign, Sin, Cos, Tan, Tanh, Arcsin, Arccos, Arctan, Arctanh];

    /// <summary>The derivative as an expression of the argument; null where there is only <see cref="Slope"/>.</summary>
    public Func<Expression, Expression>? Derivative { get; init; }

    /// <summary>The derivative as a number; what <see cref="Expression.Derivative"/> falls back on, as a function of its own whose derivative is unknown.</summary>
    public Func<double, double>? Slope { get; init; }

    /// <summary>1 where f(-x) = f(x), -1 where f(-x) = -f(x), else 0.</summary>
    public int Parity { get; init; }

    /// <summary>What C# calls; null for the name.</summary>
    public string? CSharp { get; init; }

    /// <summary>What Python calls; null for the name.</summary>
    public string? Python { get; init; }

    /// <summary>The command of LaTeX; null for the name in upright letters.</summary>
    public string? LaTeX { get; init; }

    /// <inheritdoc/>
    public bool Equals(ScalarFunction? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(Name, StringComparison.Ordinal);

    internal Expression DerivativeAt(Expression argument) => Derivative?.Invoke(argument)
        ?? (Slope is not null ? new FunctionCall(new ScalarFunction(Name + "Derivative", Slope), argument)
        : throw new KansformersException($"the function '{Name}' has no derivative; give it {nameof(Derivative)} or {nameof(Slope)}"));
}
