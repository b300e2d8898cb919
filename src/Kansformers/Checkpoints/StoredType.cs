using System.Diagnostics.CodeAnalysis;

namespace Kansformers.Checkpoints;

/// <summary>The element types that a checkpoint may hold. All files store them little-endian.</summary>
public enum StoredType
{
    /// <summary>IEEE 754 half precision, 2 bytes.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a single, 2 bytes.</summary>
    BF16,

    /// <summary>IEEE 754 single precision, 4 bytes.</summary>
    F32,

    /// <summary>IEEE 754 double precision, 8 bytes.</summary>
    F64,

    /// <summary>Signed integer of 1 byte.</summary>
    I8,

    /// <summary>Unsigned integer of 1 byte.</summary>
    U8,

    /// <summary>Signed integer of 2 bytes.</summary>
    I16,

    /// <summary>Signed integer of 4 bytes.</summary>
    I32,

    /// <summary>Signed integer of 8 bytes.</summary>
    I64,

    /// <summary>Truth value of 1 byte.</summary>
    Bool,
}

/// <summary>Sizes and file names of the element types.</summary>
internal static class StoredTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this StoredType type) => type switch
    {
        StoredType.I8 or StoredType.U8 or StoredType.Bool => 1,
        StoredType.F16 or StoredType.BF16 or StoredType.I16 => 2,
        StoredType.F32 or StoredType.I32 => 4,
        StoredType.F64 or StoredType.I64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The name that the safetensors header uses.</summary>
    public static string SafetensorsName(this StoredType type) => type == StoredType.Bool ? "BOOL" : type.ToString();

    /// <summary>The type behind a name of the safetensors header.</summary>
    public static bool TryParseSafetensors(string name, out StoredType type)
    {
        foreach (StoredType candidate in Enum.GetValues<StoredType>())
        {
            if (candidate.SafetensorsName() == name)
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>PyTorch's storage class for the type, such as <c>FloatStorage</c>.</summary>
    public static string TorchStorage(this StoredType type) => type switch
    {
        StoredType.F16 => "HalfStorage",
        StoredType.BF16 => "BFloat16Storage",
        StoredType.F32 => "FloatStorage",
        StoredType.F64 => "DoubleStorage",
        StoredType.I8 => "CharStorage",
        StoredType.U8 => "ByteStorage",
        StoredType.I16 => "ShortStorage",
        StoredType.I32 => "IntStorage",
        StoredType.I64 => "LongStorage",
        StoredType.Bool => "BoolStorage",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The type behind PyTorch's storage class, such as <c>FloatStorage</c>.</summary>
    public static bool TryParseTorchStorage(string className, [NotNullWhen(true)] out StoredType? type)
    {
        type = null;
        foreach (StoredType candidate in Enum.GetValues<StoredType>())
        {
            if (candidate.TorchStorage() == className)
                type = candidate;
        }

        return type is not null;
    }
}
