using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>Evaluates one function of a layer in double precision, by the plain operations of its kind.</summary>
internal static class CurveValues
{
    /// <summary>The values of a function.</summary>
    /// <param name="tensors">The layer's tensors.</param>
    /// <param name="place">Which function.</param>
    /// <param name="x">Where: behind a layer norm, in front of a tanh.</param>
    /// <param name="part">Which part.</param>
    public static double[] Of(KanTensors tensors, FunctionPlace place, double[] x, CurvePart part)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor raw = tensor(x, x.Length, 1, dtype: ScalarType.Float64);
        KanTensors one = OneInput(tensors, place);
        Tensor seen = tensors.Options.Norm == InputNorm.Tanh ? raw.tanh() : raw;
        Tensor sum = zeros(x.Length, dtype: ScalarType.Float64);
        if (part != CurvePart.Base)
        {
            Tensor expanded = one.Options.Expand(seen, one)[.., 0]; // (points, n)
            sum += place.Output is int output ? expanded.mv(EdgeWeights.Coefficients(tensors, place.Index, 1)[0, output])
                : one.Find(KanRole.FunctionCoefficients) is Tensor shared ? expanded.mv(shared[0])
                : expanded.squeeze(-1);
        }

        if (part != CurvePart.Spline && BaseFactor(tensors, one, place) is double factor)
            sum += BaseActivations.Apply(tensors.Options.BaseActivation!.Value, raw.squeeze(-1)) * factor;
        return sum.data<double>().ToArray();
    }

    // Behind a layer norm an edge's base branch is a function of something else.
    private static double? BaseFactor(KanTensors tensors, KanTensors one, FunctionPlace place)
    {
        if (place.Output is int output)
            return tensors.Options.Norm == InputNorm.LayerNorm || tensors.Find(KanRole.Base) is not Tensor weight ? null : weight[output, place.Index].to_type(ScalarType.Float64).item<double>();
        return one.Find(KanRole.FunctionBase)?[0].item<double>();
    }

    /// <summary>The tensors of a layer of the one input, or the one shared function; in double precision, on the CPU.</summary>
    private static KanTensors OneInput(KanTensors tensors, FunctionPlace place)
    {
        long each = tensors.IsEdge ? 1 : tensors.InFeatures / tensors.Functions, input = place.Index * each;
        KanTensors cut = tensors.Map((role, tensor) =>
        {
            bool isOfFunction = !tensors.IsEdge && KanTensor.HasRowPerFunction(role);
            bool isOfInput = role == KanRole.Grid && tensor.dim() == 2;
            return !isOfFunction && !isOfInput ? Plain(role, tensor) : EdgeWeights.Wide(tensor.detach().narrow(0, isOfFunction ? place.Index : input, 1));
        });
        KanOptions options = tensors.IsEdge ? tensors.Options : tensors.Options with { Sharing = KanSharing.Channel };
        return new KanTensors(options, 1, 1, cut.All);

        // Large weights are no part of a basis.
        static Tensor Plain(KanRole role, Tensor tensor) => role is KanRole.Base or KanRole.Coefficients or KanRole.Scaler ? tensor : EdgeWeights.Wide(tensor.detach());
    }
}
