using System.Collections;
using System.Reflection;
using TorchSharp.Utils;
using Module = TorchSharp.torch.nn.Module;

namespace Kansformers.Transformers;

/// <summary>A place that holds a module: a field, an element of a list or array, an entry of a dictionary.</summary>
/// <param name="Words">It in words, for messages.</param>
/// <param name="Holds">The type of what it can hold.</param>
/// <param name="Set">Puts a module there.</param>
internal sealed record ModulePlace(string Words, Type Holds, Action<Module> Set)
{
    public static ModulePlace Of(object owner, FieldInfo field) => new($"{Name(field)} of {owner.GetType().Name}", field.FieldType, value => field.SetValue(owner, value));

    public static ModulePlace Of(IList list, int at, string where) => new($"element {at} of {where}", ElementType(list.GetType(), typeof(IList<>), 0), value => list[at] = value);

    public static ModulePlace Of(IDictionary entries, object key, string where) =>
        new($"entry '{key}' of {where}", ElementType(entries.GetType(), typeof(IDictionary<,>), 1), value => entries[key] = value);

    // What a module registers its parts in; the order stays.
    public static ModulePlace Of(OrderedDict<string, Module> registered, string key) => new($"part '{key}'", typeof(Module), value => registered[key] = value);

    // A module dictionary keeps its entries as pairs, too.
    public static ModulePlace OfPair(IList pairs, int at, FieldInfo item, string where) => new($"element {at} of {where}", item.FieldType, value =>
    {
        object pair = pairs[at]!;
        item.SetValue(pair, value);
        pairs[at] = pair;
    });

    private static string Name(FieldInfo field) =>
        field.Name is ['<', .. string inner] && inner.IndexOf('>') is int end && end > 0 ? $"the property {inner[..end]}" : $"the field {field.Name}";

    private static Type ElementType(Type container, Type generic, int argument)
    {
        Type? found = container.GetInterfaces().FirstOrDefault(type => type.IsGenericType && type.GetGenericTypeDefinition() == generic);
        return found?.GetGenericArguments()[argument] ?? typeof(object);
    }
}
