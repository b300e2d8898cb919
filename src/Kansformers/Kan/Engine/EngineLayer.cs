using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A layer as the engine sees it: how its inputs are expanded, what multiplies the expansion, and in which precision.</summary>
/// <param name="Plan">The kernels.</param>
/// <param name="Activation">The activation of the base branch that stands before the expansion with a weight of its own, or null.</param>
/// <param name="Precision">Of the products.</param>
/// <param name="Tensors">The layer's tensors.</param>
/// <param name="Settings">The processor, and what a test or a measurement asks for.</param>
internal sealed record EngineLayer(KanPlan Plan, BaseActivation? Activation, Precision Precision, KanTensors Tensors, EngineSettings Settings)
{
    /// <summary>The number of outputs.</summary>
    public long Outputs => Tensors.OutFeatures;

    /// <summary>The expanded values of an input: its base activation, then its basis functions.</summary>
    public int Width => Plan.Bases + (Activation is null ? 0 : 1);

    /// <summary>Whether the basis sees a layer norm of the inputs.</summary>
    public bool HasNorm => Tensors.Options.Norm == InputNorm.LayerNorm;

    /// <summary>How the factors of its products lie in memory.</summary>
    public ProductFormat Format => Settings.FormatOf(Precision);

    /// <summary>The splines of a layer that is splines with a base branch, on the raw input, and nothing else; else null.</summary>
    public SplinePlan? PlainSplines => Plan is SplinePlan splines && Activation is not null && !HasNorm ? splines : null;

    /// <summary>The layer, or null when no kernel computes it.</summary>
    /// <param name="tensors">The layer's tensors, float32 on the CPU.</param>
    /// <param name="precision">Of the products.</param>
    /// <param name="settings">The layer's settings.</param>
    /// <param name="known">The plan to use again where it still fits; replaced by this layer's.</param>
    public static EngineLayer? Of(KanTensors tensors, Precision precision, EngineSettings settings, ref KanPlan? known)
    {
        KanOptions options = tensors.Options;
        if (options.Plan(tensors, known) is not KanPlan basis)
            return null;
        known = basis;
        KanPlan plan = options.Norm == InputNorm.Tanh ? new TanhPlan(basis) : basis;
        if (!tensors.IsEdge)
            plan = new SharedFunctionPlan(plan, options.BaseActivation, options.IsFunction ? 0 : plan.Bases);
        return new EngineLayer(plan, tensors.IsEdge ? options.BaseActivation : null, precision, tensors, settings);
    }

    /// <summary>What multiplies the expansion, in the engine's order, outside of any graph.</summary>
    public KanWeights Weights()
    {
        using var guard = no_grad();
        return new KanWeights(Tensors.Find(KanRole.Base), Tensors.EngineCoefficients(Tensors[KanRole.Coefficients]), Tensors.Find(KanRole.Scaler));
    }
}

/// <summary>What multiplies the expansion: base weight (out, in) or null, coefficients (out, in, n), scaler (out, in) or null.</summary>
internal readonly record struct KanWeights(Tensor? Base, Tensor Coefficients, Tensor? Scaler)
{
    /// <summary>The number of outputs.</summary>
    public long Outputs => Coefficients.shape[0];
}
