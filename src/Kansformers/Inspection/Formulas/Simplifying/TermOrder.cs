using System.Collections.Immutable;

namespace Kansformers.Inspection;

/// <summary>The order in which terms and factors stand: one for each set of them, so that equal sums are equal trees, and such as people write them.</summary>
internal sealed class TermOrder : IComparer<Expression>
{
    public static TermOrder Instance { get; } = new();

    /// <summary>Terms of a sum: of higher degree first.</summary>
    public static int Terms(Expression first, Expression second)
    {
        int degrees = Degree(second).CompareTo(Degree(first));
        return degrees != 0 ? degrees : Instance.Lists(Factors(first), Factors(second));
    }

    public int Compare(Expression? x, Expression? y)
    {
        (Expression first, double firstExponent) = Parts(x!);
        (Expression second, double secondExponent) = Parts(y!);
        int order = Rank(first).CompareTo(Rank(second));
        if (order == 0)
        {
            order = (first, second) switch
            {
                (Constant a, Constant b) => a.Value.CompareTo(b.Value),
                (Variable a, Variable b) => Names(a.Name, b.Name),
                (FunctionCall a, FunctionCall b) => Names(a.Function.Name, b.Function.Name) is var names and not 0 ? names : Compare(a.Argument, b.Argument),
                _ => Lists(first.Children, second.Children),
            };
        }

        return order != 0 ? order : secondExponent.CompareTo(firstExponent);
    }

    private static ImmutableArray<Expression> Factors(Expression term) => term is Product product ? product.Factors : [term];

    private static (Expression Base, double Exponent) Parts(Expression expression) => expression is Power power ? (power.Base, power.Exponent) : (expression, 1);

    private static int Rank(Expression expression) => expression switch { Constant => 0, Variable => 1, FunctionCall => 2, Sum => 3, Product => 4, _ => 5 };

    private int Lists(IReadOnlyList<Expression> first, IReadOnlyList<Expression> second)
    {
        for (int at = 0; at < Math.Min(first.Count, second.Count); at++)
        {
            if (Compare(first[at], second[at]) is var order and not 0)
                return order;
        }

        return first.Count.CompareTo(second.Count);
    }

    // x2 before x10.
    private static int Names(string first, string second)
    {
        string firstWord = first.TrimEnd("0123456789".ToCharArray()), secondWord = second.TrimEnd("0123456789".ToCharArray());
        int words = string.CompareOrdinal(firstWord, secondWord);
        if (words != 0)
            return words;
        int lengths = first.Length.CompareTo(second.Length);
        return lengths != 0 ? lengths : string.CompareOrdinal(first, second);
    }

    private static double Degree(Expression expression) => expression switch
    {
        Variable => 1,
        Power power => power.Exponent * Degree(power.Base),
        Product product => product.Factors.Sum(Degree),
        Sum sum => sum.Terms.Max(Degree),
        _ => 0,
    };
}
