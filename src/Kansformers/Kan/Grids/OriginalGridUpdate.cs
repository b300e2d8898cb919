using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>The original's grid update with its flaw, for exact reproduction (<see cref="GridUpdateRule.Original"/>).</summary>
internal static class OriginalGridUpdate
{
    public static GridUpdateReport Run(KanLinear layer, Tensor x, double margin)
    {
        using var scope = NewDisposeScope();
        int order = ((BSplineOptions)layer.Options).SplineOrder;
        SplineState before = SplineState.Of(layer, layer.Grid!.clone(), layer.Coefficients.clone());
        Tensor scaled = layer.Scaler is null ? layer.Coefficients : layer.Coefficients * layer.Scaler.unsqueeze(-1);
        Tensor samples = x.to_type(ScalarType.Float64), old = BSpline.Bases(samples, before.Grid, order); // (n, in, bases)
        Tensor grid = GridTarget.From(x, (BSplineOptions)layer.Options, margin);
        layer.Grid!.copy_(grid);

        // The least squares of every curve at once: the map between the two bases serves all outputs, so no (n, in, out) tensor is needed.
        Tensor now = BSpline.Bases(samples, layer.Grid!.to_type(ScalarType.Float64), order);
        Tensor map = LeastSquares.Solve(now.transpose(0, 1), old.transpose(0, 1)); // (in, new, old)
        Tensor refit = einsum("oic,idc->oid", scaled.to_type(ScalarType.Float64), map).to_type(scaled.dtype);

        // The flaw: what was fitted already holds the scaler, and the scaler will multiply it again.
        layer.Coefficients.copy_(refit);
        SplineState after = SplineState.Of(layer);
        double change = (Output(now, after.Weight) - Output(old, before.Weight)).abs().max().item<double>();
        return new GridUpdateReport(1, change, SplineChange.Largest(before, after));
    }

    private static Tensor Output(Tensor bases, Tensor weight)
    {
        using var scope = NewDisposeScope();
        return bases.flatten(1).matmul(weight.flatten(1).transpose(0, 1)).MoveToOuterDisposeScope();
    }
}
