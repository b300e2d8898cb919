using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>
/// The three matrix products of a linear or KAN layer alone, into memory that is there already: output, gradient of the (expanded) input, gradient of
/// the weight. Nothing that computes the layer by libtorch's products can be faster.
/// </summary>
internal sealed class GemmBound
{
    private readonly Tensor _input, _weight, _upstream, _output, _inputGradient, _weightGradient;

    /// <summary>Makes matrices of random values in the current dispose scope.</summary>
    /// <param name="tokens">Rows of the input.</param>
    /// <param name="width">Columns of the input: for a KAN layer, in · (bases + 1).</param>
    /// <param name="outputs">Columns of the output.</param>
    /// <param name="type">The type of all matrices.</param>
    public GemmBound(long tokens, long width, long outputs, ScalarType type)
    {
        _input = Random(tokens, width);
        _weight = Random(outputs, width);
        _upstream = Random(tokens, outputs);
        _output = zeros(tokens, outputs, dtype: type);
        _inputGradient = zeros(tokens, width, dtype: type);
        _weightGradient = zeros(outputs, width, dtype: type);

        Tensor Random(long rows, long columns)
        {
            using var scope = NewDisposeScope();
            return randn(rows, columns).to_type(type).MoveToOuterDisposeScope();
        }
    }

    public Contestant As(string name) => new(name, Forward, Backward);

    public void Forward()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        _output.addmm_(_input, _weight.t(), beta: 0, alpha: 1);
    }

    public void Backward()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        _inputGradient.addmm_(_upstream, _weight, beta: 0, alpha: 1);
        _weightGradient.addmm_(_upstream.t(), _input, beta: 0, alpha: 1);
    }
}
