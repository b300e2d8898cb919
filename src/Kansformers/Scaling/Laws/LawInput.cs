namespace Kansformers.Scaling;

/// <summary>What a law is asked for: the size of a model and its training.</summary>
/// <param name="Parameters">The parameters N, counted as those of the fitted runs were (<see cref="ParameterCount"/>).</param>
/// <param name="Tokens">The tokens D that it is trained on.</param>
/// <param name="Flops">The operations C of the training.</param>
public readonly record struct LawInput(double Parameters, double Tokens, double Flops)
{
    /// <summary>With 6 operations for each parameter and token, the usual estimate for linear layers (Kaplan et al. 2020).</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="tokens">The tokens.</param>
    public LawInput(double parameters, double tokens)
        : this(parameters, tokens, 6 * parameters * tokens)
    {
    }

    /// <summary>Size and training of a run.</summary>
    /// <param name="point">The run; where it has no <see cref="ScalingPoint.Flops"/>, six operations for each parameter and token are taken.</param>
    /// <param name="count">Which parameters count.</param>
    public static LawInput Of(ScalingPoint point, ParameterCount count = ParameterCount.All)
    {
        ArgumentNullException.ThrowIfNull(point);
        double parameters = count switch
        {
            ParameterCount.WithoutEmbeddings => point.Parameters - point.EmbeddingParameters,
            ParameterCount.Live => point.LiveParameters,
            _ => point.Parameters,
        };
        return new LawInput(parameters, point.Tokens, point.Flops > 0 ? point.Flops : 6 * point.Parameters * point.Tokens);
    }
}

/// <summary>Which parameters of a model are its size.</summary>
public enum ParameterCount
{
    /// <summary>All (Hoffmann et al. 2022).</summary>
    All,

    /// <summary>All but those of embeddings and positions (Kaplan et al. 2020); on small models this moves exponents by much.</summary>
    WithoutEmbeddings,

    /// <summary>Those that the forward pass of a token uses.</summary>
    Live,
}
