using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// A head that multiplies by the token embedding (Press and Wolf, "Using the Output Embedding to Improve Language Models", 2017). It has no parameters of
/// its own but a bias where it is asked for: they are the embedding's.
/// </summary>
internal sealed class TiedHead : nn.Module<Tensor, Tensor>, IHasPrecision, IProbed
{
    // A field of a module type would be registered as a part of this module: the embedding belongs to another, under whose name it is saved.
    private readonly Func<Parameter> _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    /// <param name="embedding">Whose weight it takes.</param>
    /// <param name="hasBias">Whether there is a bias, of zeros.</param>
    public TiedHead(Embedding embedding, bool hasBias = false)
        : base(nameof(TiedHead))
    {
        _weight = () => embedding.weight!;
        if (!hasBias)
            return;
        using var scope = NewDisposeScope();
        Tensor weight = embedding.weight!;
        _bias = new Parameter(zeros(weight.shape[0], device: weight.device));
        RegisterComponents();
        scope.Detach(_bias);
    }

    /// <summary>(vocabulary, width); a new handle, owned by the current dispose scope.</summary>
    public Parameter Weight => _weight();

    /// <summary>(vocabulary), or null.</summary>
    public Parameter? Bias => _bias;

    /// <summary>How the products are computed on the CPU.</summary>
    public Precision Precision { get; set; }

    /// <inheritdoc/>
    public Action<Tensor, Tensor>? Probe { get; set; }

    /// <summary>The head, opened for single tokens while the embedding stays as it is; null where that is not possible.</summary>
    internal ITokenLayer? OpenTokens()
    {
        using var scope = NewDisposeScope();
        return LinearTokens.Open(Weight, _bias, Precision);
    }

    /// <param name="input">(..., width).</param>
    /// <returns>(..., vocabulary).</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor output = LinearLayer.Apply(input, Weight, _bias, Precision);
        Probe?.Invoke(input, output);
        return output.MoveToOuterDisposeScope();
    }
}
