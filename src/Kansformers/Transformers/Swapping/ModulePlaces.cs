using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Module = TorchSharp.torch.nn.Module;

namespace Kansformers.Transformers;

/// <summary>
/// Finds every place that holds one of some modules: what modules register, their fields (private ones and those of base classes too), lists, arrays and dictionaries
/// in them, and objects of the user's own that they refer to, what a lambda captured included.
/// </summary>
internal sealed class ModulePlaces
{
    // Lists of lists of objects with lists: who goes deeper is a data structure, no module.
    private const int Deepest = 8;

    private readonly HashSet<object> _wanted;
    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, List<ModulePlace>> _found = new(ReferenceEqualityComparer.Instance);

    private ModulePlaces(IEnumerable<Module> wanted) => _wanted = new HashSet<object>(wanted, ReferenceEqualityComparer.Instance);

    /// <summary>The places of each of some modules.</summary>
    /// <param name="tree">The modules to search.</param>
    /// <param name="wanted">The modules to find.</param>
    public static IReadOnlyDictionary<object, List<ModulePlace>> Find(IEnumerable<Module> tree, IReadOnlyCollection<Module> wanted)
    {
        ModulePlaces places = new(wanted);
        foreach (Module module in wanted)
            places._found[module] = [];
        foreach (Module module in tree)
            places.Search(module, 0);
        return places._found;
    }

    private void Search(object owner, int depth)
    {
        if (_wanted.Contains(owner) || depth > Deepest || !_seen.Add(owner))
            return;
        for (Type? type = owner.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            if (type.Name.StartsWith("HookableModule", StringComparison.Ordinal))
                continue; // what hooks captured is no part of the module
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (field.FieldType.IsValueType || field.FieldType == typeof(string) || typeof(Tensor).IsAssignableFrom(field.FieldType))
                    continue;
                if (field.GetValue(owner) is object value)
                    Look(value, ModulePlace.Of(owner, field), depth);
            }
        }
    }

    private void Look(object value, ModulePlace place, int depth)
    {
        if (_wanted.Contains(value))
        {
            _found[value].Add(place);
            return;
        }

        switch (value)
        {
            case OrderedDict<string, Module> registered:
                foreach ((string key, Module part) in ((IEnumerable<(string, Module)>)registered).ToArray())
                    Look(part, ModulePlace.Of(registered, key), depth + 1);
                break;
            case IList { IsReadOnly: true } or IDictionary { IsReadOnly: true }: // a view, whose own field is the list
                Search(value, depth + 1);
                break;
            case IDictionary entries when _seen.Add(entries):
                foreach (object key in entries.Keys.Cast<object>().ToArray())
                {
                    if (entries[key] is object entry && !entry.GetType().IsValueType)
                        Look(entry, ModulePlace.Of(entries, key, place.Words), depth + 1);
                }

                break;
            case IList list when _seen.Add(list):
                LookAtElements(list, place.Words, depth);
                break;
            case Delegate { Target: object captured }:
                Enter(captured, depth);
                break;
            default:
                Enter(value, depth);
                break;
        }
    }

    private void LookAtElements(IList list, string where, int depth)
    {
        Type type = list.GetType();
        if (type.IsArray && type.GetElementType() is { IsPrimitive: true } or { IsEnum: true })
            return;
        for (int at = 0; at < list.Count; at++)
        {
            object? element = list[at];
            if (element is ITuple)
            {
                foreach (FieldInfo item in element.GetType().GetFields())
                {
                    if (item.GetValue(element) is object inner and not string && !inner.GetType().IsValueType)
                        Look(inner, ModulePlace.OfPair(list, at, item, where), depth + 1);
                }
            }
            else if (element is not (null or string) && !element.GetType().IsValueType)
            {
                Look(element, ModulePlace.Of(list, at, where), depth + 1);
            }
        }
    }

    // The user's own objects; those of the framework and of TorchSharp hold no layers of a user's, but for modules.
    private void Enter(object value, int depth)
    {
        if (value is Tensor or Type or MemberInfo or Delegate)
            return;
        string assembly = value.GetType().Assembly.GetName().Name ?? "";
        bool isForeign = assembly.StartsWith("System.", StringComparison.Ordinal) || assembly.StartsWith("Microsoft.", StringComparison.Ordinal) || assembly == "TorchSharp";
        if (value is Module || !isForeign)
            Search(value, depth + 1);
    }
}
