using System.Collections;
using System.Reflection;
using TorchSharp.Utils;
using Module = TorchSharp.torch.nn.Module;

namespace Kansformers.Transformers;

/// <summary>A place that holds a value, such as a module: a field, an element of a list or array, an entry of a dictionary, or a field of a structure or tuple that is there.</summary>
/// <param name="Words">It in words, for messages.</param>
/// <param name="Holds">The type of what it can hold.</param>
/// <param name="Get">What is there.</param>
/// <param name="Set">Puts a value there.</param>
internal sealed record ModulePlace(string Words, Type Holds, Func<object?> Get, Action<object> Set)
{
    private string? _obstacle;

    /// <summary>Why a module of some type cannot be put there; null where it can.</summary>
    public string? Obstacle(Type type) => _obstacle ?? (Holds.IsAssignableFrom(type) ? null : $"{Words} holds a {Holds.Name} only; declare it as Module<Tensor, Tensor>");

    /// <summary>A place whose value cannot be exchanged.</summary>
    public static ModulePlace Fixed(string words, string obstacle) =>
        new(words, typeof(object), () => null, _ => throw new InvalidOperationException($"{words} {obstacle}")) { _obstacle = $"{words} {obstacle}" };

    public static ModulePlace Of(object owner, FieldInfo field) =>
        new($"{Name(field)} of {owner.GetType().Name}", field.FieldType, () => field.GetValue(owner), value => field.SetValue(owner, value));

    public static ModulePlace Of(IList list, int at, string where) => new($"element {at} of {where}", ElementType(list.GetType(), typeof(IList<>), 0), () => list[at], value => list[at] = value);

    /// <summary>An element of an array of more than one dimension.</summary>
    public static ModulePlace Of(Array array, int[] at, string where) =>
        new($"element ({string.Join(", ", at)}) of {where}", array.GetType().GetElementType()!, () => array.GetValue(at), value => array.SetValue(value, at));

    public static ModulePlace Of(IDictionary entries, object key, string where) =>
        new($"entry '{key}' of {where}", ElementType(entries.GetType(), typeof(IDictionary<,>), 1), () => entries[key], value => entries[key] = value);

    /// <summary>What a module registers its parts in; the order stays.</summary>
    public static ModulePlace Of(OrderedDict<string, Module> registered, string key) =>
        new($"part '{key}'", typeof(Module), () => registered[key], value => registered[key] = (Module)value);

    /// <summary>A field of a structure, which is taken out of its own place, changed, and put back whole.</summary>
    public static ModulePlace Within(ModulePlace structure, FieldInfo field) => new($"{Name(field)} of {structure.Words}", field.FieldType, () => field.GetValue(structure.Get()), value =>
    {
        object whole = structure.Get()!;
        field.SetValue(whole, value);
        structure.Set(whole);
    })
    {
        _obstacle = structure._obstacle,
    };

    private static string Name(FieldInfo field) =>
        field.Name is ['<', .. string inner] && inner.IndexOf('>') is int end && end > 0 ? $"the property {inner[..end]}" : $"the field {field.Name}";

    private static Type ElementType(Type container, Type generic, int argument)
    {
        Type? found = container.GetInterfaces().FirstOrDefault(type => type.IsGenericType && type.GetGenericTypeDefinition() == generic);
        return found?.GetGenericArguments()[argument] ?? typeof(object);
    }
}
