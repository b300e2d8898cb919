using System.Globalization;
using Kansformers.Checkpoints;
using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>A golden file of one KAN layer: forward, every gradient, the regularisation loss, and everything after a grid update.</summary>
internal static class KanLayerGolden
{
    public const string Kind = "kan-layer";

    public static bool Is(TensorFile file) => file.Metadata.ContainsKey("in_features") && file.TryGet("spline_weight", out _) && file.TryGet("grid", out _);

    public static GoldenReport Run(string path, TensorFile file)
    {
        Comparison comparison = new(file);
        foreach (bool reference in new[] { false, true })
        {
            using var scope = NewDisposeScope();
            KanLinear layer = Layer(file, reference);
            string label = reference ? "reference: " : "";
            Gradients(layer, comparison, label);
            Regularization(layer, comparison, label);
            Update(layer, comparison, label, Number(file, "margin", 0.01));
        }

        return new GoldenReport(path, Kind, comparison.Rows);
    }

    private static KanLinear Layer(TensorFile file, bool reference)
    {
        BSplineOptions options = new()
        {
            GridSize = (int)Number(file, "grid_size", 5),
            SplineOrder = (int)Number(file, "spline_order", 3),
            GridLow = Number(file, "grid_low", -1),
            GridHigh = Number(file, "grid_high", 1),
            StandaloneScaler = file.TryGet("spline_scaler", out _),
            BaseActivation = BaseActivations.Parse(file.Metadata.GetValueOrDefault("base_activation", "SiLU")),
            GridEps = Number(file, "grid_eps", 0.02),
            GridUpdate = GridUpdateRule.Original,
        };
        KanLinear layer = new((long)Number(file, "in_features", 0), (long)Number(file, "out_features", 0), options) { UseReference = reference };
        StateDictionary.LoadInto(layer, file, new LoadOptions { AllowUnexpected = _ => true });
        return layer;
    }

    private static void Gradients(KanLinear layer, Comparison comparison, string label)
    {
        // What the layer would have started with must be what the file has: the grid is computed, not learned.
        using Tensor fresh = BSpline.UniformGrid((BSplineOptions)layer.Options, layer.InFeatures);
        comparison.Add("grid", fresh, Comparison.Float32, label);
        Tensor x = comparison.Expected("x").requires_grad_();
        Tensor y = layer.forward(x);
        comparison.Add("y", y, Comparison.Float32, label);
        comparison.Add("bases", BSpline.Bases(x, layer.Grid!, ((BSplineOptions)layer.Options).SplineOrder), Comparison.Float32, label);
        y.backward([comparison.Expected("grad_y")]);
        comparison.Add("grad_x", x.grad!, Comparison.Float32, label);
        foreach ((string name, Tensor gradient, Tensor inDouble) in LayerGradients.InDouble(layer, x, comparison.Expected("grad_y")))
        {
            if (!RecordedAfterReset(comparison))
                comparison.Add($"grad_{name}", gradient, Comparison.Float32, label);
            comparison.Add($"{label}grad_{name} (float64)", gradient, inDouble, Comparison.Float32);
        }
    }

    /// <summary>
    /// Whether the file holds the parameters' gradients as they stood after they had been cleared and the regularisation loss had gone backward:
    /// PyTorch clears in place, so a file written at the end keeps what the same memory held last. Such gradients are compared at that moment.
    /// </summary>
    private static bool RecordedAfterReset(Comparison comparison)
    {
        using var scope = NewDisposeScope();
        return comparison.Has("grad_spline_weight_of_regularization")
            && comparison.Expected("grad_base_weight").count_nonzero().item<long>() == 0
            && comparison.Expected("grad_spline_weight").eq(comparison.Expected("grad_spline_weight_of_regularization")).all().item<bool>();
    }

    private static void Regularization(KanLinear layer, Comparison comparison, string label)
    {
        if (!comparison.Has("regularization_loss"))
            return;
        layer.zero_grad(set_to_none: false);
        Tensor loss = layer.RegularizationLoss();
        loss.backward();
        comparison.Add("regularization_loss", loss, Comparison.Float32, label);
        comparison.Add("grad_spline_weight_of_regularization", layer.Coefficients.grad!, Comparison.Float32, label);
        if (!RecordedAfterReset(comparison))
            return;
        comparison.Add("grad_base_weight", layer.BaseWeight!.grad!, Comparison.Float32, label);
        comparison.Add("grad_spline_weight", layer.Coefficients.grad!, Comparison.Float32, label);
        if (layer.Scaler is not null)
            comparison.Add("grad_spline_scaler", layer.Scaler.grad!, Comparison.Float32, label);
    }

    private static void Update(KanLinear layer, Comparison comparison, string label, double margin)
    {
        if (!comparison.Has("update_x"))
            return;
        using var guard = no_grad();
        Tensor samples = comparison.Expected("update_x");
        layer.UpdateGrid(samples, margin);
        comparison.Add("grid_after_update", layer.Grid!, Comparison.Float32, label);
        comparison.Add("bases_after_update", BSpline.Bases(samples, layer.Grid!, ((BSplineOptions)layer.Options).SplineOrder), Comparison.AfterSolve, label);
        comparison.Add("spline_weight_after_update", layer.Coefficients, Comparison.AfterSolve, label);
        comparison.Add("y_after_update", layer.forward(samples), Comparison.AfterSolve, label);
    }

    private static double Number(TensorFile file, string name, double otherwise) =>
        file.Metadata.TryGetValue(name, out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
