namespace Kansformers.Inspection;

/// <summary>A formula on an edge of a network.</summary>
/// <param name="Input">The node of the level below that it comes from.</param>
/// <param name="Formula">What stands on it.</param>
public sealed record FormulaEdge(int Input, EdgeFormula Formula);

/// <summary>What edges lead into: scale · Σ edges + bias.</summary>
/// <param name="Edges">The edges that count.</param>
/// <param name="Scale">The factor.</param>
/// <param name="Bias">What is added.</param>
public sealed record FormulaSubnode(IReadOnlyList<FormulaEdge> Edges, double Scale = 1, double Bias = 0);

/// <summary>A node: scale · Π subnodes + bias. An addition node has one subnode, a multiplication node several.</summary>
/// <param name="Subnodes">What is multiplied.</param>
/// <param name="Scale">The factor.</param>
/// <param name="Bias">What is added.</param>
public sealed record FormulaNode(IReadOnlyList<FormulaSubnode> Subnodes, double Scale = 1, double Bias = 0);

/// <summary>A layer of a network all of whose edges have formulas: what <see cref="Formula.Of"/> needs to know of it.</summary>
/// <param name="Nodes">The nodes that it computes.</param>
public sealed record FormulaLayer(IReadOnlyList<FormulaNode> Nodes);

/// <summary>How a column was scaled before a network saw it, or must be after it: network's = (data's - mean) / scale.</summary>
/// <param name="Mean">What was taken off.</param>
/// <param name="Scale">What was divided by.</param>
public readonly record struct ColumnScale(double Mean, double Scale)
{
    /// <summary>A column that was left as it is.</summary>
    public static ColumnScale None => new(0, 1);
}
