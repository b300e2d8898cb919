using static TorchSharp.torch;

namespace Kansformers.Checkpoints;

/// <summary>Element types of files and of torch.</summary>
internal static class TorchTypes
{
    private static readonly (StoredType Stored, ScalarType Torch)[] Pairs =
    [
        (StoredType.F16, ScalarType.Float16),
        (StoredType.BF16, ScalarType.BFloat16),
        (StoredType.F32, ScalarType.Float32),
        (StoredType.F64, ScalarType.Float64),
        (StoredType.I8, ScalarType.Int8),
        (StoredType.U8, ScalarType.Byte),
        (StoredType.I16, ScalarType.Int16),
        (StoredType.I32, ScalarType.Int32),
        (StoredType.I64, ScalarType.Int64),
        (StoredType.Bool, ScalarType.Bool),
    ];

    public static ScalarType ToTorch(this StoredType type) => Array.Find(Pairs, pair => pair.Stored == type).Torch;

    /// <exception cref="KansformersException">Our files do not hold the type.</exception>
    public static StoredType ToStored(string name, ScalarType type)
    {
        foreach ((StoredType stored, ScalarType torch) in Pairs)
        {
            if (torch == type)
                return stored;
        }

        throw new KansformersException($"tensor '{name}' has type {type}, which a checkpoint cannot hold; convert it first");
    }
}
