using System.Globalization;
using Kansformers.Checkpoints;
using Kansformers.Kan;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>A golden file of one KAN layer of any kind: the output and every gradient, under the original program's own parameter names.</summary>
internal static class KanKindGolden
{
    public const string Kind = "kan-kind";

    private const string ParameterPrefix = "param.", GradientPrefix = "grad.";

    // The first word is what the files' metadata call a kind.
    private static readonly Dictionary<string, Func<TensorFile, KanOptions>> Kinds = new()
    {
        ["radial-basis"] = file => new RadialBasisOptions
        {
            GridSize = Whole(file, "num_grids"), GridLow = Number(file, "grid_min"), GridHigh = Number(file, "grid_max"), Denominator = Number(file, "denominator"),
            Norm = Norm(file), BaseActivation = Activation(file),
        },
        ["reflectional-switch"] = file => new SwitchOptions
        {
            GridSize = Whole(file, "num_grids"), GridLow = Number(file, "grid_min"), GridHigh = Number(file, "grid_max"), InvDenominator = Number(file, "inv_denominator"),
            Rule = SwitchRule.Program, TrainGrid = Flag(file, "train_grid"), TrainInvDenominator = Flag(file, "train_inv_denominator"), Norm = Norm(file), BaseActivation = Activation(file),
        },
        ["chebyshev"] = file => new ChebyshevOptions { Degree = Whole(file, "degree"), Norm = Text(file, "normalisation", "tanh") == "tanh" ? InputNorm.Tanh : InputNorm.None },
        ["legendre"] = file => new LegendreOptions { Degree = Whole(file, "degree"), Norm = Text(file, "normalisation", "tanh") == "tanh" ? InputNorm.Tanh : InputNorm.None },
        ["fourier"] = file => new FourierOptions { Frequencies = Whole(file, "frequencies"), Bias = Flag(file, "bias") },
        ["group-rational"] = file => new RationalOptions
        {
            Sharing = KanSharing.Group(Whole(file, "groups")), NumeratorDegree = Whole(file, "numerator_degree"), DenominatorDegree = Whole(file, "denominator_degree"),
            Denominator = Text(file, "denominator", "") == "absolute-of-sum" ? RationalDenominator.AbsoluteOfSum : RationalDenominator.SumOfAbsolutes,
            Bias = file.TryGet("param.bias", out _),
        },
    };

    public static bool Is(TensorFile file) => file.Metadata.TryGetValue("kind", out string? kind) && Kinds.ContainsKey(kind);

    /// <summary>The layer that a file is of.</summary>
    public static KanOptions Options(TensorFile file) => Kinds[file.Metadata["kind"]](file);

    public static GoldenReport Run(string path, TensorFile file)
    {
        Comparison comparison = new(file);
        KanOptions options = Options(file);
        foreach (bool reference in new[] { false, true })
        {
            using var scope = NewDisposeScope();
            using KanLinear layer = new(Whole(file, "inputs"), Whole(file, "outputs"), options) { UseReference = reference };
            Dictionary<string, Parameter> parameters = Load(layer, file);
            string label = reference ? "reference: " : "";
            Tensor x = comparison.Expected("x").requires_grad_(), gradY = comparison.Expected("grad_y");
            Tensor y = layer.forward(x);
            comparison.Add("y", y, Comparison.Float32, label);
            y.backward([gradY]);
            Gradients(comparison, label, x, parameters);
            Exact(layer, comparison, label, x, gradY);
        }

        return new GoldenReport(path, Kind, comparison.Rows);
    }

    private static void Gradients(Comparison comparison, string label, Tensor x, Dictionary<string, Parameter> parameters)
    {
        Tensor expected = comparison.Expected("grad_x");
        if (expected.isfinite().all().item<bool>())
        {
            comparison.Add("grad_x", x.grad!, Comparison.Float32, label);
        }
        else
        {
            // The original's derivative is not finite everywhere: compared where it is, and ours must be finite everywhere.
            Tensor finite = expected.isfinite();
            comparison.Add($"{label}grad_x (where finite)", where(finite, x.grad!, zeros_like(expected)), where(finite, expected, zeros_like(expected)), Comparison.Float32);
            comparison.Add($"{label}grad_x is finite", x.grad!.isfinite().to_type(ScalarType.Float32), ones_like(expected), 0);
        }

        foreach ((string name, Parameter parameter) in parameters)
        {
            if (comparison.Has(GradientPrefix + name))
                comparison.Add(GradientPrefix + name, OfOneRow(parameter.grad!, comparison.Expected(GradientPrefix + name)), Comparison.Float32, label);
        }
    }

    // The same in double precision: what float32 makes of it is not the original's word alone.
    private static void Exact(KanLinear layer, Comparison comparison, string label, Tensor x, Tensor gradY)
    {
        foreach ((string name, Tensor gradient, Tensor exact) in LayerGradients.InDouble(layer, x, gradY))
            comparison.Add($"{label}{GradientPrefix}{name} (float64)", gradient, exact, Comparison.Float32);
    }

    private static Dictionary<string, Parameter> Load(KanLinear layer, TensorFile file)
    {
        StoredTensor[] own = [.. file.Tensors.Where(tensor => tensor.Name.StartsWith(ParameterPrefix, StringComparison.Ordinal)).Select(tensor => tensor.WithName(tensor.Name[ParameterPrefix.Length..]))];
        Dictionary<string, Tensor> targets = layer.state_dict();
        HashSet<string> known = [.. targets.Keys];
        own = [.. own.Select(tensor => known.Contains(tensor.Name) ? ForAllGroups(tensor, targets[tensor.Name].shape) : tensor)];
        StateDictionary.LoadInto(layer, file.Path, own, new LoadOptions { AllowUnexpected = name => !known.Contains(name) });
        return layer.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
    }

    // KAT's numerator is one row for all groups, as its program stores it.
    private static StoredTensor ForAllGroups(StoredTensor stored, long[] shape) =>
        stored.Shape is [1, _] && shape.Length == 2 && shape[0] > 1 && shape[1] == stored.Shape[1]
            ? StateDictionary.ToStored(stored.Name, StateDictionary.ToTensor(stored).expand(shape).contiguous()) : stored;

    // The gradient of such a row is the sum of the groups'.
    private static Tensor OfOneRow(Tensor gradient, Tensor expected) =>
        expected.dim() == 2 && gradient.dim() == 2 && expected.shape[0] == 1 && gradient.shape[0] > 1 ? gradient.sum([0L], keepdim: true) : gradient;

    private static InputNorm Norm(TensorFile file) => Flag(file, "layernorm") ? InputNorm.LayerNorm : InputNorm.None;

    private static BaseActivation? Activation(TensorFile file) => Text(file, "base", "none") is not "none" and string name ? BaseActivations.Parse(name) : null;

    private static string Text(TensorFile file, string name, string otherwise) => file.Metadata.GetValueOrDefault(name, otherwise);

    private static bool Flag(TensorFile file, string name) => Text(file, name, "0") is "1" or "true" or "True";

    private static int Whole(TensorFile file, string name) => (int)Number(file, name);

    private static double Number(TensorFile file, string name) => file.Metadata.TryGetValue(name, out string? text)
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        ? number
        : throw new KansformersException($"'{file.Path}': the metadata hold no number '{name}'");
}
