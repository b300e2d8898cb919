using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The original's grid update with its flaw, for exact reproduction (<see cref="GridUpdateRule.Original"/>).</summary>
internal static class OriginalGridUpdate
{
    public static GridUpdateReport Run(KanLinear layer, Tensor x, double margin)
    {
        using var scope = NewDisposeScope();
        Tensor scaled = layer.SplineScaler is null ? layer.SplineWeight : layer.SplineWeight * layer.SplineScaler.unsqueeze(-1);
        Tensor bases = BSpline.Bases(x, layer.Grid, layer.Options.SplineOrder);
        Tensor before = einsum("nic,oic->nio", bases, scaled);
        using Tensor grid = GridTarget.From(x, layer.Options, margin);
        layer.Grid.copy_(grid);
        using Tensor refit = layer.Curve2Coefficients(x, before);

        // The flaw: what was fitted already holds the scaler, and the scaler will multiply it again.
        layer.SplineWeight.copy_(refit);
        Tensor factor = layer.SplineScaler is null ? ones(1, 1, device: x.device) : layer.SplineScaler;
        Tensor after = einsum("nic,oic->no", BSpline.Bases(x, layer.Grid, layer.Options.SplineOrder), refit * factor.unsqueeze(-1));
        return new GridUpdateReport(1, (after - before.sum(1)).abs().max().item<float>());
    }
}
