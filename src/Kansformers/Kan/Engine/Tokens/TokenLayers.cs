using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Layers for single tokens, each feeding the next.</summary>
internal sealed unsafe class TokenLayers : ITokenLayer
{
    private readonly ITokenLayer[] _layers;
    private readonly NativeFloats[] _between;

    private TokenLayers(ITokenLayer[] layers) => (_layers, _between) = (layers, [.. layers[..^1].Select(layer => new NativeFloats(layer.Outputs))]);

    /// <inheritdoc/>
    public int Outputs => _layers[^1].Outputs;

    /// <summary>Opens one layer after the other; null, with nothing left open, when one cannot be opened.</summary>
    public static ITokenLayer? Open(IReadOnlyList<Func<ITokenLayer?>> layers)
    {
        List<ITokenLayer> opened = [];
        foreach (Func<ITokenLayer?> open in layers)
        {
            if (open() is ITokenLayer layer)
            {
                opened.Add(layer);
                continue;
            }

            opened.ForEach(one => one.Dispose());
            return null;
        }

        return opened is [ITokenLayer only] ? only : new TokenLayers([.. opened]);
    }

    /// <inheritdoc/>
    public void Run(float* x, float* y)
    {
        for (int at = 0; at < _layers.Length; at++)
            _layers[at].Run(at == 0 ? x : _between[at - 1].Pointer, at == _layers.Length - 1 ? y : _between[at].Pointer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_layers, layer => layer.Dispose());
        Array.ForEach(_between, memory => memory.Dispose());
    }
}
