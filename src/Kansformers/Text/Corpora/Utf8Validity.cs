using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Kansformers.Text;

/// <summary>Finds where bytes stop being UTF-8.</summary>
internal static class Utf8Validity
{
    /// <summary>The place of the first byte that is not part of valid UTF-8, or -1.</summary>
    public static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
            return -1;
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int consumed) == OperationStatus.Done)
            at += consumed;
        return at;
    }
}
