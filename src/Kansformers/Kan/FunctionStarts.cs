using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Sets shared functions to a function that is wanted, the same for all of them and without chance.</summary>
internal static class FunctionStarts
{
    private const int Points = 1025;

    // What a standard normal leaves of the far ends of a grid still counts a little, so that no coefficient is left to rounding.
    private const double GridFloor = 1e-4;

    /// <summary>Sets the parameters of a layer's functions; nothing for <see cref="ActivationStart.Kind"/>.</summary>
    public static void Set(KanTensors tensors, ActivationStart start)
    {
        if (start == ActivationStart.Kind)
            return;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        if (tensors.Options.IsFunction)
            tensors.Options.StartAs(start, tensors);
        else
            Fit(tensors, start);
    }

    /// <summary>The least-squares solution of columns · solution = f(at), weighted by a standard normal.</summary>
    /// <param name="at">Where, (points), double.</param>
    /// <param name="columns">(points, n), double.</param>
    /// <param name="start">The function.</param>
    /// <param name="floor">What is added to the weight everywhere.</param>
    /// <param name="cutoff">Directions of the columns that are smaller beside the largest one count for nothing.</param>
    /// <returns>(n), double.</returns>
    public static Tensor Fit(Tensor at, Tensor columns, ActivationStart start, double floor = 0, double cutoff = 1e-4)
    {
        using var scope = NewDisposeScope();
        Tensor weight = ((at.pow(2) * -0.5).exp() + floor).sqrt().unsqueeze(-1);
        Tensor wanted = (start == ActivationStart.Silu ? nn.functional.silu(at) : at).unsqueeze(-1);
        return linalg.pinv(columns * weight, rtol: cutoff).matmul(wanted * weight).squeeze(-1).MoveToOuterDisposeScope();
    }

    /// <summary>Evenly spaced points, double.</summary>
    public static Tensor PointsOf(double low, double high) => linspace(low, high, Points, dtype: ScalarType.Float64);

    // The coefficients and the factor of the base activation together; all of it is the base activation where that is what is wanted.
    private static void Fit(KanTensors tensors, ActivationStart start)
    {
        KanOptions options = tensors.Options;
        Tensor coefficients = tensors[KanRole.FunctionCoefficients];
        if (options.BaseActivation == (start == ActivationStart.Silu ? BaseActivation.Silu : BaseActivation.Identity))
        {
            coefficients.zero_();
            tensors[KanRole.FunctionBase].fill_(1);
            return;
        }

        Tensor at = PointsOf(options.FitRange.Low, options.FitRange.High);
        Tensor seen = options.Norm == InputNorm.Tanh ? at.tanh() : at;
        KanTensors one = tensors.Map((role, tensor) => (role == KanRole.Grid && tensor.dim() == 2 ? tensor[..1] : tensor).to_type(ScalarType.Float64).cpu());
        Tensor columns = options.Expand(seen.unsqueeze(-1), one)[.., 0];
        if (options.BaseActivation is BaseActivation activation)
            columns = cat([columns, BaseActivations.Apply(activation, at).unsqueeze(-1)], dim: 1);
        Tensor fit = Fit(at, columns, start, options is GridOptions ? GridFloor : 0, options.FitCutoff);
        coefficients.copy_(fit[..options.Functions].expand(coefficients.shape));
        tensors.Find(KanRole.FunctionBase)?.copy_(fit[^1..].expand(tensors.Functions));
    }
}
