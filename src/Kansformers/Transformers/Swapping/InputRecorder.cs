using Kansformers.Kan;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Kansformers.Transformers;

/// <summary>Stands in a linear layer's place while a module runs on samples, computes what it computes, and keeps what went in.</summary>
internal sealed class InputRecorder : Module<Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor> _linear; // no field of a module type, which would become a part

    public InputRecorder(Linear linear, SampleRows rows)
        : base(nameof(InputRecorder))
    {
        (_linear, Rows) = (linear.forward, rows);
        ModuleHooks.Share(linear, this);
    }

    /// <summary>What went in.</summary>
    public SampleRows Rows { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        Rows.Add(input);
        return _linear(input);
    }
}
