using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Runtime;

/// <summary>bfloat16 values in SIMD, rounded to nearest, ties to even, as libtorch rounds them; NaN stays NaN.</summary>
internal static unsafe class BFloat16Math
{
    /// <summary>
    /// Whether the processor multiplies bfloat16 matrices faster than float32 ones: by AVX-512 BF16 or AMX, which libtorch's oneDNN uses.
    /// Without them libtorch's bfloat16 products are five to fifty times slower than float32.
    /// </summary>
    public static bool HasFastProducts { get; } = Detect();

    /// <summary>Rounds float32 values in place to the nearest that bfloat16 holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* values, nint count)
    {
        int lanes = Vector<float>.Count;
        nint at = 0;
        for (; at + lanes <= count; at += lanes)
            Vector.Store(Rounded(Vector.Load(values + at)), values + at);
        for (; at < count; at++)
            values[at] = BitConverter.UInt32BitsToSingle((uint)Bits(values[at]) << 16);
    }

    /// <summary>to = the rounded values of from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* from, float* to, nint count)
    {
        int lanes = Vector<float>.Count;
        nint at = 0;
        for (; at + lanes <= count; at += lanes)
            Vector.Store(Rounded(Vector.Load(from + at)), to + at);
        for (; at < count; at++)
            to[at] = BitConverter.UInt32BitsToSingle((uint)Bits(from[at]) << 16);
    }

    /// <summary>to = from as bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow(float* from, ushort* to, nint count)
    {
        int lanes = Vector<float>.Count;
        nint at = 0;
        for (; at + 2 * lanes <= count; at += 2 * lanes)
        {
            Vector<uint> low = Vector.ShiftRightLogical(Vector.AsVectorUInt32(Rounded(Vector.Load(from + at))), 16);
            Vector<uint> high = Vector.ShiftRightLogical(Vector.AsVectorUInt32(Rounded(Vector.Load(from + at + lanes))), 16);
            Vector.Store(Vector.Narrow(low, high), to + at);
        }

        for (; at < count; at++)
            to[at] = Bits(from[at]);
    }

    /// <summary>to = from as float32, exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ushort* from, float* to, nint count)
    {
        int lanes = Vector<float>.Count;
        nint at = 0;
        for (; at + 2 * lanes <= count; at += 2 * lanes)
        {
            Vector.Widen(Vector.Load(from + at), out Vector<uint> low, out Vector<uint> high);
            Vector.Store(Vector.AsVectorSingle(Vector.ShiftLeft(low, 16)), to + at);
            Vector.Store(Vector.AsVectorSingle(Vector.ShiftLeft(high, 16)), to + at + lanes);
        }

        for (; at < count; at++)
            to[at] = BitConverter.UInt32BitsToSingle((uint)from[at] << 16);
    }

    /// <summary>Fills <paramref name="to"/> with the rounded values of a tensor of the same shape. Both are contiguous float32 on the CPU, and may be one.</summary>
    public static void Round(Tensor from, Tensor to)
    {
        const int piece = 1 << 15;
        long count = from.NumberOfElements;
        float* source = (float*)RawMemory.Pointer(from), target = (float*)RawMemory.Pointer(to);
        Rows.Run((int)((count + piece - 1) / piece), piece, (first, last) =>
        {
            nint start = (nint)first * piece;
            Round(source + start, target + start, (nint)Math.Min(count, (long)last * piece) - start);
        });
        GC.KeepAlive(from);
        GC.KeepAlive(to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Rounded(Vector<float> value)
    {
        Vector<uint> bits = Vector.AsVectorUInt32(value);
        Vector<uint> even = Vector.ShiftRightLogical(bits, 16) & Vector<uint>.One;
        Vector<uint> rounded = (bits + Vector.Create(0x7FFFu) + even) & Vector.Create(0xFFFF0000u);

        // The quiet bit keeps a NaN a NaN when its other mantissa bits are cut off.
        Vector<uint> nan = (bits | Vector.Create(0x00400000u)) & Vector.Create(0xFFFF0000u);
        return Vector.ConditionalSelect(Vector.Equals(value, value), Vector.AsVectorSingle(rounded), Vector.AsVectorSingle(nan));
    }

    private static ushort Bits(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((float.IsNaN(value) ? bits | 0x00400000u : bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16);
    }

    private static bool Detect()
    {
        if (!X86Base.IsSupported || !Avx512F.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
            return false;
        (int subleaves, _, _, int features) = X86Base.CpuId(7, 0);
        bool amx = (features & (1 << 22)) != 0, avx = subleaves >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;
        return amx || avx;
    }
}
