namespace Kansformers.Inspection;

/// <summary>What a picture of a small network shows, or of one of its layers.</summary>
public sealed record NetworkPictureOptions
{
    /// <summary>The heading; null for the target and the inputs, or for the layer.</summary>
    public string? Title { get; init; }

    /// <summary>How dark an edge is: tanh(beta · score) (pykan's <c>beta</c>), of its score in <see cref="KanAttribution"/>. Edges that count stay visible at any score.</summary>
    public double Beta { get; init; } = 3;

    /// <summary>Panels in a row of a layer's picture.</summary>
    public int Columns { get; init; } = 10;

    /// <summary>Checks the options.</summary>
    /// <exception cref="KansformersException">One is invalid; the message names it.</exception>
    public void Validate()
    {
        if (!(Beta > 0 && double.IsFinite(Beta)))
            throw new KansformersException(FormattableString.Invariant($"{nameof(NetworkPictureOptions)}.{nameof(Beta)} is {Beta}; it must be above 0"));
        if (Columns is < 1 or > 16)
            throw new KansformersException($"{nameof(NetworkPictureOptions)}.{nameof(Columns)} is {Columns}; it must be 1 to 16");
    }
}
