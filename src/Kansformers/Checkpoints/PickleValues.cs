using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Kansformers.Checkpoints;

/// <summary>A list, tuple or set of a PyTorch file. See <see cref="TensorFile.Content"/> for the values.</summary>
internal sealed class PickleList : IReadOnlyList<object?>
{
    private readonly List<object?> _items;

    internal PickleList(List<object?> items, bool isTuple = false)
    {
        (_items, IsTuple) = (items, isTuple);
    }

    /// <summary>Whether it was a tuple.</summary>
    public bool IsTuple { get; }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public object? this[int index] => _items[index];

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => _items.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(object? item) => _items.Add(item);
}

/// <summary>A dictionary of a PyTorch file, in its order. See <see cref="TensorFile.Content"/> for the values; keys are texts, numbers or tuples.</summary>
internal sealed class PickleDictionary : IReadOnlyCollection<KeyValuePair<object, object?>>
{
    private readonly OrderedDictionary<object, object?> _items = [];

    internal PickleDictionary()
    {
    }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <summary>Looks a value up.</summary>
    /// <param name="key">A text or a number (<see cref="long"/>).</param>
    /// <param name="value">The value, or null.</param>
    public bool TryGet(object key, [MaybeNullWhen(false)] out object? value) => _items.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object, object?>> GetEnumerator() => _items.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Adds or replaces; a tensor takes the name of its first key.</summary>
    internal void Set(object key, object? value) =>
        _items[key] = value is StoredTensor { Name: "" } tensor && key is string name ? tensor.WithName(name) : value;
}
