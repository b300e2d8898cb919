namespace Kansformers.Checkpoints;

/// <summary>What a name on the allow-list does when the pickle calls it.</summary>
internal enum PickleCall
{
    /// <summary>An empty dictionary, or one from a list of pairs.</summary>
    OrderedDictionary,

    /// <summary>A tensor from storage, offset, shape and strides.</summary>
    RebuildTensor,

    /// <summary>The tensor that is the first argument.</summary>
    RebuildParameter,

    /// <summary>A call (first and third argument) whose result gets Python attributes, which we leave out.</summary>
    RebuildFromType,

    /// <summary>The tuple that is the argument.</summary>
    Size,

    /// <summary>A device's name.</summary>
    Device,

    /// <summary>The items of a list.</summary>
    Set,

    /// <summary>Bytes, which protocol 2 writes as an encoded text.</summary>
    Encode,

    /// <summary>A storage class: only named, never called.</summary>
    Storage,

    /// <summary>A tensor class: only named, never called.</summary>
    TensorClass,
}

/// <summary>A name on the allow-list.</summary>
internal sealed record PickleGlobal(string Name, PickleCall Call, StoredType? Type = null);

/// <summary>
/// The only names that a checkpoint may mention. A pickle is a program that can call anything that it can name; ours can name these,
/// and each is a case of our own code: no class is loaded and nothing of the file is executed.
/// </summary>
internal static class PickleGlobals
{
    private static readonly HashSet<string> DataTypes =
    [
        "float16", "half", "bfloat16", "float32", "float", "float64", "double", "int8", "uint8", "int16", "short",
        "int32", "int", "int64", "long", "bool",
    ];

    /// <summary>
    /// What the name stands for: a <see cref="PickleGlobal"/>, or the text <c>torch.float32</c> and the like for a data type.
    /// Null when it is not on the list.
    /// </summary>
    public static object? Find(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => new PickleGlobal("collections.OrderedDict", PickleCall.OrderedDictionary),
        ("torch._utils", "_rebuild_tensor" or "_rebuild_tensor_v2") => new PickleGlobal($"{module}.{name}", PickleCall.RebuildTensor),
        ("torch._utils", "_rebuild_parameter" or "_rebuild_parameter_with_state") => new PickleGlobal($"{module}.{name}", PickleCall.RebuildParameter),
        ("torch._tensor", "_rebuild_from_type_v2") => new PickleGlobal($"{module}.{name}", PickleCall.RebuildFromType),
        ("torch", "Tensor") or ("torch.nn.parameter", "Parameter") => new PickleGlobal($"{module}.{name}", PickleCall.TensorClass),
        ("torch", "Size") => new PickleGlobal("torch.Size", PickleCall.Size),
        ("torch", "device") => new PickleGlobal("torch.device", PickleCall.Device),
        ("builtins" or "__builtin__", "set" or "frozenset") => new PickleGlobal($"{module}.{name}", PickleCall.Set),
        ("_codecs", "encode") => new PickleGlobal("_codecs.encode", PickleCall.Encode),
        ("torch", _) when StoredTypes.TryParseTorchStorage(name, out StoredType? type) => new PickleGlobal($"torch.{name}", PickleCall.Storage, type),
        ("torch", _) when DataTypes.Contains(name) => $"torch.{name}",
        _ => null,
    };
}
