using Kansformers.Kan;
using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>A transformer of any family, whose linear layers are KANs where <see cref="ModelOptions.Placement"/> says so.</summary>
public abstract class TransformerModel : nn.Module<Tensor, Tensor>
{
    private Precision _precision;
    private Device? _device;

    /// <summary>Checks the architecture.</summary>
    /// <param name="name">The name of the model's class.</param>
    /// <param name="options">The architecture.</param>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    protected TransformerModel(string name, ModelOptions options)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
    }

    /// <summary>The architecture: the options of the model's family.</summary>
    public ModelOptions Options { get; }

    /// <summary>What makes logits of the last hidden state: its parameters play a role of their own in training. Null where there is none.</summary>
    protected internal abstract nn.Module<Tensor, Tensor>? Head { get; }

    /// <summary>What makes logits of the vocabulary for each token of <see cref="LastHidden"/>; null where the model has no such head.</summary>
    internal virtual LossHead? TokenHead => null;

    /// <summary>The number of learned values.</summary>
    public long ParameterCount
    {
        get
        {
            using var scope = NewDisposeScope(); // some modules make new handles at every call
            return parameters().Sum(parameter => parameter.numel());
        }
    }

    /// <summary>The number of learned values that belong to KAN layers and learned activations.</summary>
    public long KanParameterCount => modules().Where(module => module is IKanModule).Sum(module => module.parameters().Sum(parameter => parameter.numel()));

    /// <summary>The device of the parameters.</summary>
    public Device Device
    {
        get
        {
            using var scope = NewDisposeScope();
            return _device ??= parameters().First().device;
        }
    }

    /// <summary>How the products of linear and KAN layers are computed on the CPU: float32 unless set.</summary>
    public Precision Precision
    {
        get => _precision;
        set
        {
            _precision = value;
            foreach (IHasPrecision part in modules().OfType<IHasPrecision>())
                part.Precision = value;
        }
    }

    /// <summary>Every KAN layer with its name.</summary>
    public IEnumerable<(string Name, KanLinear Layer)> KanLayers() =>
        named_modules().Where(entry => entry.module is KanLinear).Select(entry => (entry.name, (KanLinear)entry.module));

    /// <summary>The mean loss of a batch, in nats for each thing that is predicted.</summary>
    /// <param name="batch">Tokens, and what is wanted.</param>
    /// <param name="share">Multiplies the loss and so all gradients: 1 / n for each of n batches that make up a step.</param>
    /// <returns>A scalar, differentiable in the parameters.</returns>
    /// <exception cref="ArgumentException">The batch is of another shape than the family asks for, or holds ids that the model does not have.</exception>
    public abstract Tensor Loss(TokenBatch batch, double share = 1);

    /// <summary>The last hidden state of every token, which <see cref="TokenHead"/> takes: (B, T, width).</summary>
    /// <param name="batch">Tokens, with their mask and types; targets do not matter.</param>
    /// <exception cref="ArgumentException">As for <see cref="Loss"/>.</exception>
    internal virtual Tensor LastHidden(TokenBatch batch) => throw new NotSupportedException($"a {Options.Family.Name} has no state for each token that is to be predicted");

    /// <summary>
    /// Loads a model of any family: a run folder (its best weights), a folder in Hugging Face's layout, a weight file (safetensors or PyTorch), or
    /// <c>hub:owner/name[@revision]</c>, which is downloaded.
    /// </summary>
    /// <param name="source">Where it lies.</param>
    /// <param name="device">Where the model is wanted; null is the CPU.</param>
    /// <param name="hints">What its file does not tell; null for nothing.</param>
    /// <exception cref="KansformersException">It cannot be read or brought, or is a model of a kind that this library does not have.</exception>
    public static TransformerModel FromPretrained(string source, Device? device = null, ModelHints? hints = null)
    {
        using ModelFile file = ModelFile.Find(source);
        return file.Load(hints, device);
    }

    /// <inheritdoc/>
    protected override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => Moved(base._to(device, dtype, non_blocking));

    /// <inheritdoc/>
    protected override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
        Moved(base._to(deviceType, deviceIndex, non_blocking));

    private nn.Module Moved(nn.Module module)
    {
        _device = null;
        return module;
    }
}
