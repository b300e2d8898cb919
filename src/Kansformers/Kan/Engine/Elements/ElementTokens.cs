using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>An activation or a gate for single tokens.</summary>
internal sealed unsafe class ElementTokens : ITokenLayer
{
    private readonly ElementPass _pass;

    private ElementTokens(ElementPass pass, int outputs) => (_pass, Outputs) = (pass, outputs);

    /// <inheritdoc/>
    public int Outputs { get; }

    /// <summary>Opens functions while their parameters stay as they are; null where the engine does not compute them so.</summary>
    public static ITokenLayer? Open(ElementSources sources, EngineSettings settings, KanPlan?[] plans)
    {
        bool fits = Fits(sources.Phi) && (sources.Psi is null || Fits(sources.Psi));
        return fits && ElementPass.Open(sources, settings.Lanes, plans) is ElementPass pass ? new ElementTokens(pass, (int)sources.Width) : null;

        static bool Fits(ElementSource source) => !source.HasNorm && (source.Tensors is null || KanEngine.FitsAll(source.Tensors));
    }

    /// <inheritdoc/>
    public void Run(float* x, float* y) => _pass.Forward(x, y);

    /// <inheritdoc/>
    public void Dispose() => _pass.Dispose();
}
