using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A stack of KAN layers (<c>layers.0</c>, <c>layers.1</c>, ...), each feeding the next.</summary>
public sealed class KanNetwork : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "layers")]
    private readonly ModuleList<KanLinear> _layers;

    /// <summary>Creates the stack.</summary>
    /// <param name="widths">The sizes from input to output: <c>[in, out]</c> is one layer, <c>[in, hidden, out]</c> two.</param>
    /// <param name="options">The configuration of every layer; null takes the defaults.</param>
    /// <param name="device">Where the parameters are made; null is the CPU.</param>
    /// <exception cref="ArgumentException">Fewer than two widths, or one below 1.</exception>
    /// <exception cref="KansformersException">An option is invalid; the message names it.</exception>
    public KanNetwork(IReadOnlyList<long> widths, KanOptions? options = null, Device? device = null)
        : base(nameof(KanNetwork))
    {
        ArgumentNullException.ThrowIfNull(widths);
        if (widths.Count < 2)
            throw new ArgumentException("a KAN needs at least an input and an output width", nameof(widths));
        _layers = nn.ModuleList([.. widths.Zip(widths.Skip(1), (from, to) => new KanLinear(from, to, options, device))]);
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
