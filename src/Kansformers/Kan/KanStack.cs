using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A stack of KAN layers (<c>layers.0</c>, <c>layers.1</c>, ...), each feeding the next.</summary>
public sealed class KanStack : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "layers")]
    private readonly ModuleList<KanLinear> _layers;

    /// <summary>Creates the stack.</summary>
    /// <param name="widths">The sizes from input to output: <c>[in, out]</c> is one layer, <c>[in, hidden, out]</c> two.</param>
    /// <param name="options">The configuration of every layer; null takes the defaults.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="ArgumentException">Fewer than two widths, or one below 1.</exception>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    public KanStack(IReadOnlyList<long> widths, KanOptions? options = null, Device? device = null)
        : base(nameof(KanStack))
    {
        ArgumentNullException.ThrowIfNull(widths);
        if (widths.Count < 2)
            throw new ArgumentException("a KAN needs at least an input and an output width", nameof(widths));
        _layers = nn.ModuleList([.. widths.Zip(widths.Skip(1), (from, to) => new KanLinear(from, to, options, device))]);
        RegisterComponents();
    }

    /// <summary>A stack of layers, which become its own.</summary>
    /// <param name="layers">At least one; each takes as many inputs as the one before has outputs.</param>
    /// <exception cref="ArgumentException">There is none, or two do not fit.</exception>
    public KanStack(IReadOnlyList<KanLinear> layers)
        : base(nameof(KanStack))
    {
        ArgumentNullException.ThrowIfNull(layers);
        if (layers.Count == 0)
            throw new ArgumentException("a KAN needs at least one layer", nameof(layers));
        for (int at = 1; at < layers.Count; at++)
        {
            if (layers[at].InFeatures != layers[at - 1].OutFeatures)
                throw new ArgumentException($"layer {at} takes {layers[at].InFeatures} inputs, but the one before has {layers[at - 1].OutFeatures} outputs", nameof(layers));
        }

        _layers = nn.ModuleList([.. layers]);
        RegisterComponents();
    }

    /// <summary>The layers, in order.</summary>
    public IReadOnlyList<KanLinear> Layers => [.. _layers];

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => forward(input, updateGrid: false);

    /// <summary>Runs the stack, moving each layer's grid to its own inputs first when asked to.</summary>
    /// <param name="input">Any leading dimensions, the last of the first width.</param>
    /// <param name="updateGrid">Whether every layer updates its grid from the inputs it gets (<see cref="KanLinear.UpdateGrid"/>).</param>
    /// <returns>The same leading dimensions, the last of the last width.</returns>
    public Tensor forward(Tensor input, bool updateGrid)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        Tensor x = input;
        foreach (KanLinear layer in _layers)
        {
            if (updateGrid)
                layer.UpdateGrid(x);
            x = layer.forward(x);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>A stack of finer layers that computes the same (<see cref="KanLinear.Refine"/>).</summary>
    /// <param name="gridSize">The new grid size of every layer, at least the present one.</param>
    /// <param name="samples">Inputs of the stack on which the outputs matter most; null for none.</param>
    /// <exception cref="ArgumentException">The grid size is below the present one, or the samples are none that the stack takes.</exception>
    /// <exception cref="KansformersException">The kind has no grid, or float32 cannot hold so fine a one there.</exception>
    public KanStack Refine(int gridSize, Tensor? samples = null)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        List<KanLinear> finer = [];
        Tensor? x = samples;
        foreach (KanLinear layer in _layers)
        {
            finer.Add(layer.Refine(gridSize, x));
            x = x is null ? null : layer.forward(x);
        }

        return new KanStack(finer);
    }

    /// <summary>The stack, opened for single tokens while its parameters stay as they are; null where the engine does not compute it.</summary>
    /// <param name="largest">How many floats a copy of a layer's weights may take.</param>
    internal ITokenLayer? OpenTokens(long largest) => TokenLayers.Open([.. _layers.Select(layer => (Func<ITokenLayer?>)(() => layer.OpenTokens(largest)))]);

    /// <summary>The sum of the layers' <see cref="KanLinear.RegularizationLoss"/>.</summary>
    /// <param name="activation">The factor of the activation term.</param>
    /// <param name="entropy">The factor of the entropy term.</param>
    public Tensor RegularizationLoss(double activation = 1, double entropy = 1)
    {
        using var scope = NewDisposeScope();
        Tensor[] terms = [.. _layers.Select(layer => layer.RegularizationLoss(activation, entropy))];
        return stack(terms).sum().MoveToOuterDisposeScope();
    }
}
