namespace Kansformers.Inspection;

/// <summary>What a picture of a layer's functions shows.</summary>
public sealed record CurvePictureOptions
{
    /// <summary>How many functions of edges are drawn, those that matter most. Functions that edges share are few: all of them are drawn, up to 96.</summary>
    public int Top { get; init; } = 24;

    /// <summary>By what they are put in order.</summary>
    public FunctionRanking Ranking { get; init; }

    /// <summary>Panels in a row.</summary>
    public int Columns { get; init; } = 6;

    /// <summary>The title; null for the layer's name.</summary>
    public string? Title { get; init; }

    /// <summary>The same layer at earlier times, the first one first: their curves are drawn paler, to show what training changed.</summary>
    public IReadOnlyList<FunctionLayer> Before { get; init; } = [];

    /// <summary>What those times are, for the words above the picture; null for no words.</summary>
    public string? BeforeWords { get; init; }

    /// <summary>Formulas that stand for functions; drawn as dots over the curve.</summary>
    public IReadOnlyDictionary<FunctionPlace, EdgeFormula> Formulas { get; init; } = new Dictionary<FunctionPlace, EdgeFormula>();

    /// <summary>Checks the options.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        if (Top is < 1 or > CurvePicture.Most)
            throw new KansformersException($"{nameof(CurvePictureOptions)}.{nameof(Top)} is {Top}; it must be 1 to {CurvePicture.Most}");
        if (Columns is < 1 or > 16)
            throw new KansformersException($"{nameof(CurvePictureOptions)}.{nameof(Columns)} is {Columns}; it must be 1 to 16");
    }
}
