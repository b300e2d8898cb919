using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Which path computes a layer, and the layer opened on it.</summary>
internal static class EnginePaths
{
    /// <summary>The path of a call. docs/engine.md has this function as a table, with what was measured.</summary>
    /// <param name="layer">The layer: its basis, precision, and what its settings say of the processor.</param>
    /// <param name="tokens">The tokens of the call.</param>
    /// <param name="gradients">Whether gradients may be asked for.</param>
    public static EnginePath Choose(EngineLayer layer, long tokens, bool gradients)
    {
        EngineSettings settings = layer.Settings;
        if (settings.Path is EnginePath wanted && CanCompute(wanted))
            return wanted;
        if (IsOpen(EnginePath.FewTokens))
            return EnginePath.FewTokens;
        if (IsOpen(EnginePath.LiveCoefficients) && SparsePath.IsFaster(layer, tokens))
            return EnginePath.LiveCoefficients;
        if (layer.Format == ProductFormat.BFloat16 ? LibraryPath.IsFaster(layer) : settings.Lanes < 8 && layer.PlainSplines is not null)
            return EnginePath.Library;
        return EnginePath.Panels;

        bool IsOpen(EnginePath path) => path != settings.Avoided && CanCompute(path);

        bool CanCompute(EnginePath path) => path switch
        {
            EnginePath.FewTokens => !gradients && FewTokens.Fits(layer, tokens),
            EnginePath.LiveCoefficients => tokens > 0 && SparsePath.Fits(layer),
            _ => true,
        };
    }

    /// <summary>The layer, opened for calls with gradients, or for forward calls alone.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="parameters">What <see cref="FunctionParameters.Pack"/> gave.</param>
    /// <param name="wanted">Which gradients the backward calls have to compute.</param>
    /// <param name="tokens">The most tokens of a call.</param>
    public static IEnginePath Open(EngineLayer layer, Tensor? parameters, GradientRequest wanted, long tokens) => Choose(layer, tokens, gradients: true) switch
    {
        EnginePath.LiveCoefficients => new SparsePath(layer, wanted),
        EnginePath.Library when layer.PlainSplines is not null => new SplineLibraryPath(layer, wanted, tokens),
        EnginePath.Library => new LibraryPath(layer, parameters, wanted, tokens),
        _ => new PanelPath(layer, parameters, wanted, tokens),
    };
}
