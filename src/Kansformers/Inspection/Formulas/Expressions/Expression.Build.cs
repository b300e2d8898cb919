namespace Kansformers.Inspection;

// How a program writes a tree.
public abstract partial record Expression
{
    /// <summary>π.</summary>
    public static Expression Pi { get; } = Math.PI;

    /// <summary>A number.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator Expression(double value) => FromDouble(value);

    /// <summary>A sum.</summary>
    /// <param name="left">The first term.</param>
    /// <param name="right">The second one.</param>
    public static Expression operator +(Expression left, Expression right) => Add(left, right);

    /// <summary>A difference.</summary>
    /// <param name="left">What is taken from.</param>
    /// <param name="right">What is taken.</param>
    public static Expression operator -(Expression left, Expression right) => Subtract(left, right);

    /// <summary>The opposite.</summary>
    /// <param name="value">Of this.</param>
    public static Expression operator -(Expression value) => Negate(value);

    /// <summary>A product.</summary>
    /// <param name="left">The first factor.</param>
    /// <param name="right">The second one.</param>
    public static Expression operator *(Expression left, Expression right) => Multiply(left, right);

    /// <summary>A quotient.</summary>
    /// <param name="left">What is divided.</param>
    /// <param name="right">By what.</param>
    public static Expression operator /(Expression left, Expression right) => Divide(left, right);

    /// <summary>A number.</summary>
    /// <param name="value">The number.</param>
    public static Expression FromDouble(double value) => new Constant(value);

    /// <summary>A sum.</summary>
    /// <param name="left">The first term.</param>
    /// <param name="right">The second one.</param>
    public static Expression Add(Expression left, Expression right) => new Sum([left, right]);

    /// <summary>A difference.</summary>
    /// <param name="left">What is taken from.</param>
    /// <param name="right">What is taken.</param>
    public static Expression Subtract(Expression left, Expression right) => new Sum([left, Negate(right)]);

    /// <summary>The opposite.</summary>
    /// <param name="value">Of this.</param>
    public static Expression Negate(Expression value) => new Product([-1, value]);

    /// <summary>A product.</summary>
    /// <param name="left">The first factor.</param>
    /// <param name="right">The second one.</param>
    public static Expression Multiply(Expression left, Expression right) => new Product([left, right]);

    /// <summary>A quotient.</summary>
    /// <param name="left">What is divided.</param>
    /// <param name="right">By what.</param>
    public static Expression Divide(Expression left, Expression right) => new Product([left, new Power(right, -1)]);

    /// <summary>This to the power of a number.</summary>
    /// <param name="exponent">The exponent.</param>
    public Expression Pow(double exponent) => new Power(this, exponent);

    /// <summary>The square root.</summary>
    /// <param name="value">Of this.</param>
    public static Expression Sqrt(Expression value) => new Power(value, 0.5);

    /// <summary>e to the power of something.</summary>
    /// <param name="argument">The exponent.</param>
    public static Expression Exp(Expression argument) => new FunctionCall(ScalarFunction.Exp, argument);

    /// <summary>The natural logarithm.</summary>
    /// <param name="argument">Of this.</param>
    public static Expression Log(Expression argument) => new FunctionCall(ScalarFunction.Log, argument);

    /// <summary>The magnitude.</summary>
    /// <param name="argument">Of this.</param>
    public static Expression Abs(Expression argument) => new FunctionCall(ScalarFunction.Abs, argument);

    /// <summary>1 above 0, -1 below, 0 at 0.</summary>
    /// <param name="argument">Of this.</param>
    public static Expression Sign(Expression argument) => new FunctionCall(ScalarFunction.Sign, argument);

    /// <summary>The sine.</summary>
    /// <param name="argument">Of this, in radians.</param>
    public static Expression Sin(Expression argument) => new FunctionCall(ScalarFunction.Sin, argument);

    /// <summary>The cosine.</summary>
    /// <param name="argument">Of this, in radians.</param>
    public static Expression Cos(Expression argument) => new FunctionCall(ScalarFunction.Cos, argument);

    /// <summary>The tangent.</summary>
    /// <param name="argument">Of this, in radians.</param>
    public static Expression Tan(Expression argument) => new FunctionCall(ScalarFunction.Tan, argument);

    /// <summary>The hyperbolic tangent.</summary>
    /// <param name="argument">Of this.</param>
    public static Expression Tanh(Expression argument) => new FunctionCall(ScalarFunction.Tanh, argument);

    /// <summary>The inverse of the sine.</summary>
    /// <param name="argument">Of this, from -1 to 1.</param>
    public static Expression Arcsin(Expression argument) => new FunctionCall(ScalarFunction.Arcsin, argument);

    /// <summary>The inverse of the cosine.</summary>
    /// <param name="argument">Of this, from -1 to 1.</param>
    public static Expression Arccos(Expression argument) => new FunctionCall(ScalarFunction.Arccos, argument);

    /// <summary>The inverse of the tangent.</summary>
    /// <param name="argument">Of this.</param>
    public static Expression Arctan(Expression argument) => new FunctionCall(ScalarFunction.Arctan, argument);

    /// <summary>The inverse of the hyperbolic tangent.</summary>
    /// <param name="argument">Of this, between -1 and 1.</param>
    public static Expression Arctanh(Expression argument) => new FunctionCall(ScalarFunction.Arctanh, argument);
}
