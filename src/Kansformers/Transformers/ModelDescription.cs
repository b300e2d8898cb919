using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Kansformers.Kan;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// The tensors and layers of a model, read from the model itself: it is made on torch's device <c>meta</c>, on which tensors have shapes and no
/// values, so that the largest ones cost no memory.
/// </summary>
public sealed class ModelDescription
{
    private ModelDescription(ModelOptions options, IReadOnlyList<LayerDescription> layers) => (Options, Layers) = (options, layers);

    /// <summary>The architecture.</summary>
    public ModelOptions Options { get; }

    /// <summary>The layers that have tensors, in the order in which the model names them.</summary>
    public IReadOnlyList<LayerDescription> Layers { get; }

    /// <summary>All tensors of the state dictionary.</summary>
    public IEnumerable<TensorDescription> Tensors => Layers.SelectMany(layer => layer.Tensors);

    /// <summary>The number of learned values.</summary>
    public long ParameterCount => Layers.Sum(layer => layer.ParameterCount);

    /// <summary>The number of learned values that belong to KAN layers and learned activations.</summary>
    public long KanParameterCount => Layers.Where(layer => layer.Kind is LayerKind.Kan or LayerKind.KanFunction).Sum(layer => layer.ParameterCount);

    /// <summary>Of the learned values, those that the forward pass of one token uses, at most (<see cref="LayerDescription.LiveParameterCount"/>).</summary>
    public long LiveParameterCount => Layers.Sum(layer => layer.LiveParameterCount);

    /// <summary>The learned values of embeddings, of tokens, positions and types.</summary>
    public long EmbeddingParameterCount => Layers.Where(layer => layer.Kind == LayerKind.Embedding).Sum(layer => layer.ParameterCount);

    /// <summary>The matrix product of every linear and KAN layer: columns of its (expanded) input, and outputs.</summary>
    public IEnumerable<(long Width, long Outputs)> Products =>
        Layers.Where(layer => layer.Kind is LayerKind.Kan or LayerKind.Linear).Select(layer => (layer.ProductWidth, layer.Outputs));

    /// <summary>Describes a model.</summary>
    /// <param name="options">Its architecture.</param>
    /// <exception cref="KansformersException">An option is invalid, or the sizes are beyond what tensors can have.</exception>
    public static ModelDescription Of(ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var scope = NewDisposeScope();
        Tensor chance = random.get_rng_state(); // drawing values that are nowhere moves the generator all the same
        try
        {
            using TransformerModel model = options.Family.Create(options, META);
            List<LayerDescription> layers = [];
            Add(model, "", layers);
            return new ModelDescription(options, layers);
        }
        catch (Exception failure) when (failure is ExternalException or OverflowException)
        {
            throw new KansformersException($"a model of {options.Layers} layers, width {options.Width}, {options.VocabularySize} ids and block size {options.BlockSize} is larger than tensors can be", failure);
        }
        finally
        {
            random.set_rng_state(chance);
        }
    }

    private static void Add(nn.Module module, string name, List<LayerDescription> layers)
    {
        bool isKan = module is IKanModule; // whose tensors may have names of several parts
        string prefix = name.Length == 0 ? "" : $"{name}.";
        TensorDescription[] tensors =
        [
            .. module.named_parameters(recurse: isKan).Select(entry => Describe(prefix + entry.name, entry.parameter, isLearned: true)),
            .. module.named_buffers(recurse: isKan).Select(entry => Describe(prefix + entry.name, entry.buffer, isLearned: false)),
        ];
        if (tensors.Length > 0 && name.Length == 0)
            layers.AddRange(tensors.Select(tensor => new LayerDescription(tensor.Name, LayerKind.Other, [tensor])));
        else if (tensors.Length > 0)
            layers.Add(Describe(module, name, tensors));
        if (isKan)
            return;
        foreach ((string child, nn.Module part) in module.named_children())
            Add(part, prefix + child, layers);
    }

    private static TensorDescription Describe(string name, Tensor tensor, bool isLearned) => new(name, [.. tensor.shape], isLearned);

    private static LayerDescription Describe(nn.Module module, string name, TensorDescription[] tensors) => module switch
    {
        KanLinear kan => new LayerDescription(name, LayerKind.Kan, tensors)
        {
            Inputs = kan.InFeatures,
            Outputs = kan.OutFeatures,
            ProductWidth = kan.Options.ExpandedWidth(kan.InFeatures),
            FunctionOperations = kan.InFeatures * kan.Options.FunctionOperations,
            IdleCount = kan.Options.IdleCoefficients(kan.InFeatures, kan.OutFeatures),
        },
        KanActivation activation => new LayerDescription(name, LayerKind.KanFunction, tensors)
        {
            Inputs = activation.Width,
            Outputs = activation.Width,
            FunctionOperations = activation.Width * activation.Options.FunctionOperations,
            IdleCount = activation.Options.IdleCoefficients(activation.Width, activation.Width),
        },
        LinearLayer or Linear => new LayerDescription(name, LayerKind.Linear, tensors)
        {
            Inputs = tensors[0].Shape[1],
            Outputs = tensors[0].Shape[0],
            ProductWidth = tensors[0].Shape[1],
        },
        Embedding => new LayerDescription(name, LayerKind.Embedding, tensors),
        LayerNorm => new LayerDescription(name, LayerKind.Norm, tensors),
        _ => new LayerDescription(name, LayerKind.Other, tensors),
    };
}

/// <summary>A tensor of a model.</summary>
/// <param name="Name">Its name in the state dictionary.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="IsLearned">Whether it is a parameter, rather than a buffer.</param>
public sealed record TensorDescription(string Name, ImmutableArray<long> Shape, bool IsLearned)
{
    /// <summary>The number of its values.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));
}

/// <summary>What a layer is.</summary>
public enum LayerKind
{
    /// <summary>A KAN layer.</summary>
    Kan,

    /// <summary>An activation that is learned.</summary>
    KanFunction,

    /// <summary>A linear layer.</summary>
    Linear,

    /// <summary>A table of vectors.</summary>
    Embedding,

    /// <summary>A norm.</summary>
    Norm,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>A layer of a model that has tensors.</summary>
/// <param name="Name">The name of its module; of a tensor of the model itself that tensor's.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Tensors">Its tensors.</param>
public sealed record LayerDescription(string Name, LayerKind Kind, IReadOnlyList<TensorDescription> Tensors)
{
    /// <summary>The inputs of a linear or KAN layer; 0 for others.</summary>
    public long Inputs { get; init; }

    /// <summary>The outputs of a linear or KAN layer; 0 for others.</summary>
    public long Outputs { get; init; }

    /// <summary>The columns of the input of a linear or KAN layer's product: its inputs, expanded for KAN layers; 0 for others.</summary>
    public long ProductWidth { get; init; }

    /// <summary>The number of learned values.</summary>
    public long ParameterCount => Tensors.Where(tensor => tensor.IsLearned).Sum(tensor => tensor.Count);

    /// <summary>Of these, the ones that the forward pass of one token uses, at most: of an edge of B-splines order + 1 coefficients count, of grid size + order.</summary>
    public long LiveParameterCount => ParameterCount - IdleCount;

    /// <summary>Operations of training for one token that the functions of a KAN layer or activation take, beside its product.</summary>
    internal double FunctionOperations { get; init; }

    /// <summary>The learned values that no single token uses all at once.</summary>
    internal long IdleCount { get; init; }
}
