namespace Kansformers.Scaling;

/// <summary>What loss is drawn against, size or tokens, and the other of the two, some values of which have a line each.</summary>
/// <param name="Id">A word that no other chart of the page has.</param>
/// <param name="Word">The variable in a sentence.</param>
/// <param name="Name">The name of its axis.</param>
internal sealed record OneVariable(string Id, string Word, string Name)
{
    public static OneVariable Size { get; } = new("size", "parameters", "parameters N")
    {
        Across = point => point.Parameters,
        Other = point => point.Tokens,
        Input = (size, tokens) => new LawInput(size, tokens),
        OtherName = "tokens",
        OtherSymbol = "D",
    };

    public static OneVariable Text { get; } = new("tokens", "tokens", "tokens D")
    {
        Across = point => point.Tokens,
        Other = point => point.Parameters,
        Input = (tokens, size) => new LawInput(size, tokens),
        OtherName = "parameters",
        OtherSymbol = "N",
    };

    public required Func<ScalingPoint, double> Across { get; init; }

    public required Func<ScalingPoint, double> Other { get; init; }

    /// <summary>A model by the variable and the other one.</summary>
    public required Func<double, double, LawInput> Input { get; init; }

    public required string OtherName { get; init; }

    public required string OtherSymbol { get; init; }
}
