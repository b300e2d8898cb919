using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Module = TorchSharp.torch.nn.Module;

namespace Kansformers.Transformers;

/// <summary>
/// Finds every place that holds one of some modules: what modules register, their fields (private ones and those of base classes too), lists, arrays, dictionaries,
/// structures and tuples in them, and objects of the user's own that they refer to, what a lambda captured included.
/// </summary>
internal sealed class ModulePlaces
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly Dictionary<object, List<ModulePlace>> _found = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Type, bool> _structures = [];

    // Each object is looked into once, and none from within another, so that neither rings nor long chains of objects are a trouble. Words are made of what is found alone.
    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly Queue<(object Value, Func<string> Words)> _open = [];

    /// <summary>The places of each of some modules.</summary>
    /// <param name="tree">The modules to search.</param>
    /// <param name="wanted">The modules to find.</param>
    public static IReadOnlyDictionary<object, List<ModulePlace>> Find(IEnumerable<Module> tree, IReadOnlyCollection<Module> wanted)
    {
        ModulePlaces places = new();
        foreach (Module module in wanted)
            places._found[module] = [];
        foreach (Module module in tree.Where(module => !places._found.ContainsKey(module) && places._seen.Add(module)))
            places._open.Enqueue((module, () => module.GetType().Name));
        while (places._open.TryDequeue(out (object Value, Func<string> Words) next))
            places.LookInto(next.Value, next.Words);
        return places._found;
    }

    private void Look(object? value, Func<ModulePlace> place)
    {
        if (value is null or string or Tensor or Type or MemberInfo)
            return;
        if (_found.TryGetValue(value, out List<ModulePlace>? places))
        {
            places.Add(place());
        }
        else if (value.GetType().IsValueType)
        {
            foreach (FieldInfo field in HoldsReferences(value.GetType()) ? value.GetType().GetFields(Own) : [])
                Look(field.GetValue(value), () => ModulePlace.Within(place(), field));
        }
        else if (_seen.Add(value))
        {
            _open.Enqueue((value, () => place().Words));
        }
    }

    private void LookInto(object value, Func<string> words)
    {
        switch (value)
        {
            case OrderedDict<string, Module> registered:
                foreach ((string key, Module part) in ((IEnumerable<(string, Module)>)registered).ToArray())
                    Look(part, () => ModulePlace.Of(registered, key));
                break;
            case ITuple or IList { IsReadOnly: true } or IDictionary { IsReadOnly: true }: // a view's own field is the list
                LookIntoFields(value);
                break;
            case IDictionary entries:
                foreach (object key in entries.Keys.Cast<object>().ToArray())
                    Look(entries[key], () => ModulePlace.Of(entries, key, words()));
                break;
            case IList list:
                LookIntoElements(list, words);
                break;
            case Delegate call:
                foreach (object target in call.GetInvocationList().Select(one => one.Target).OfType<object>())
                    Look(target, () => ModulePlace.Fixed(words(), "calls a method of the layer itself; let it be a lambda that calls a field of the type Module<Tensor, Tensor>"));
                break;
            default:
                LookIntoOther(value, words);
                break;
        }
    }

    // The user's own objects; those of the framework and of TorchSharp hold no layers of a user's, but for modules and collections.
    private void LookIntoOther(object value, Func<string> words)
    {
        Type type = value.GetType();
        string assembly = type.Assembly.GetName().Name ?? "";
        bool isForeign = assembly.StartsWith("System.", StringComparison.Ordinal) || assembly.StartsWith("Microsoft.", StringComparison.Ordinal) || assembly == "TorchSharp";
        if (value is Module || !isForeign)
        {
            LookIntoFields(value);
        }
        else if (value is IEnumerable elements && type.Namespace?.StartsWith("System.Collections", StringComparison.Ordinal) == true)
        {
            foreach (object? element in elements)
                Look(element, () => ModulePlace.Fixed(words(), $"is a {type.Name}, in which a layer cannot be exchanged; take a list or a dictionary"));
        }
    }

    private void LookIntoFields(object owner)
    {
        for (Type? type = owner.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            if (type.Name.StartsWith("HookableModule", StringComparison.Ordinal))
                continue; // what hooks captured is no part of the module
            foreach (FieldInfo field in type.GetFields(Own).Where(field => CanHold(field.FieldType)))
                Look(field.GetValue(owner), () => ModulePlace.Of(owner, field));
        }
    }

    private void LookIntoElements(IList list, Func<string> words)
    {
        Type type = list.GetType();
        Type? element = type.IsArray ? type.GetElementType() : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) ? type.GetGenericArguments()[0] : null;
        if (element is not null && !CanHold(element))
            return;
        if (list is Array { Rank: > 1 } array)
        {
            foreach (int[] at in Indices(array))
                Look(array.GetValue(at), () => ModulePlace.Of(array, at, words()));
            return;
        }

        for (int i = 0; i < list.Count; i++)
        {
            int at = i; // each place's own
            Look(list[at], () => ModulePlace.Of(list, at, words()));
        }
    }

    private static IEnumerable<int[]> Indices(Array array)
    {
        for (int flat = 0; flat < array.Length; flat++)
        {
            int[] at = new int[array.Rank];
            int rest = flat;
            for (int dimension = array.Rank - 1; dimension >= 0; dimension--)
            {
                (rest, int index) = Math.DivRem(rest, array.GetLength(dimension));
                at[dimension] = array.GetLowerBound(dimension) + index;
            }

            yield return at;
        }
    }

    private bool CanHold(Type type) =>
        type != typeof(string) && !type.IsPointer && !type.IsFunctionPointer && !typeof(Tensor).IsAssignableFrom(type) && (!type.IsValueType || HoldsReferences(type));

    private bool HoldsReferences(Type structure)
    {
        if (structure.IsPrimitive || structure.IsEnum)
            return false;
        if (!_structures.TryGetValue(structure, out bool holds))
            _structures[structure] = holds = structure.GetFields(Own).Any(field => CanHold(field.FieldType));
        return holds;
    }
}
