using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A KAN layer's tensors by what they are to it, and what else its maths need to know of the layer.</summary>
/// <param name="options">The layer's configuration.</param>
/// <param name="inFeatures">The layer's inputs.</param>
/// <param name="outFeatures">The layer's outputs.</param>
/// <param name="byRole">The tensors.</param>
internal sealed class KanTensors(KanOptions options, long inFeatures, long outFeatures, IReadOnlyDictionary<KanRole, Tensor> byRole)
{
    /// <summary>The layer's configuration.</summary>
    public KanOptions Options => options;

    /// <summary>The layer's inputs.</summary>
    public long InFeatures => inFeatures;

    /// <summary>The layer's outputs.</summary>
    public long OutFeatures => outFeatures;

    /// <summary>The number of shared functions; 0 for edges.</summary>
    public long Functions => options.Sharing.FunctionsOf(inFeatures);

    /// <summary>Whether every edge has its own function.</summary>
    public bool IsEdge => options.Sharing.IsEdge;

    /// <summary>A tensor that the layer has.</summary>
    public Tensor this[KanRole role] => byRole[role];

    /// <summary>A tensor, or null when the layer has none of that role.</summary>
    public Tensor? Find(KanRole role) => byRole.GetValueOrDefault(role);

    /// <summary>The parameters in the order in which the engine's function takes them.</summary>
    public IReadOnlyDictionary<KanRole, Tensor> All => byRole;

    /// <summary>The coefficients in the engine's order, (out, in, n) for edges, (out, in, 1) for the matrix behind shared functions.</summary>
    public Tensor EngineCoefficients(Tensor stored) => IsEdge ? options.Axes(inFeatures, outFeatures).ToEngine(stored) : stored.unsqueeze(-1);

    /// <summary>The same tensors under other values: for a computation in another type.</summary>
    public KanTensors Map(Func<KanRole, Tensor, Tensor> change) =>
        new(options, inFeatures, outFeatures, byRole.ToDictionary(entry => entry.Key, entry => change(entry.Key, entry.Value)));

    /// <summary>The same tensors of a layer of another configuration.</summary>
    public KanTensors Under(KanOptions other) => new(other, inFeatures, outFeatures, byRole);

    /// <summary>What the functions of a layer have whose edges share them, without the matrix behind them, in the order of its state dictionary.</summary>
    public static IEnumerable<KanTensor> DescribeFunctions(KanOptions options, long width) =>
        Describe(options, width, width).Where(tensor => tensor.Role is not (KanRole.Coefficients or KanRole.Bias));

    /// <summary>What a layer of that configuration has, in the order of its state dictionary.</summary>
    public static IEnumerable<KanTensor> Describe(KanOptions options, long inFeatures, long outFeatures)
    {
        KanNames names = options.Names;
        long functions = options.Sharing.FunctionsOf(inFeatures);
        bool edge = functions == 0, basis = !options.IsFunction;
        if (options.Norm == InputNorm.LayerNorm)
        {
            yield return new KanTensor(names.NormWeight, KanRole.NormWeight, [inFeatures]);
            yield return new KanTensor(names.NormBias, KanRole.NormBias, [inFeatures]);
        }

        foreach (KanTensor own in options.OwnTensors(inFeatures, functions))
            yield return own;
        if (options.BaseActivation is not null && edge)
        {
            yield return new KanTensor(names.Base, KanRole.Base, [outFeatures, inFeatures]);
            if (names.BaseBias is string bias)
                yield return new KanTensor(bias, KanRole.BaseBias, [outFeatures]);
        }

        if (!edge && basis)
            yield return new KanTensor(names.FunctionCoefficients, KanRole.FunctionCoefficients, [functions, options.Functions]);
        if (!edge && options.BaseActivation is not null)
            yield return new KanTensor(names.FunctionBase, KanRole.FunctionBase, [functions]);
        yield return edge
            ? new KanTensor(names.Coefficients, KanRole.Coefficients, options.Axes(inFeatures, outFeatures).Stored)
            : new KanTensor(names.Matrix, KanRole.Coefficients, [outFeatures, inFeatures]);
        if (options is BSplineOptions { StandaloneScaler: true } && edge)
            yield return new KanTensor(names.Scaler, KanRole.Scaler, [outFeatures, inFeatures]);
        if (options.Bias)
            yield return new KanTensor(names.Bias, KanRole.Bias, [.. edge ? names.BiasLead : [], outFeatures]);
    }
}
