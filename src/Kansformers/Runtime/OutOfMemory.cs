using System.Runtime.InteropServices;

namespace Kansformers.Runtime;

/// <summary>Tells the failures that a lack of memory causes: .NET and libtorch report it in several ways.</summary>
internal static class OutOfMemory
{
    // What libtorch's allocators and its arithmetic of sizes say; the rest of its messages is a native stack.
    private static readonly string[] Signs = ["allocate", "out of memory", "not enough memory", "overflow", "buffer size", "bad_alloc"];

    /// <summary>Whether a failure means that something was too big for the memory, of the machine or of its GPU.</summary>
    /// <param name="failure">The failure.</param>
    public static bool Caused(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure switch
        {
            OutOfMemoryException or OverflowException => true,
            ExternalException => Signs.Any(sign => failure.Message.Contains(sign, StringComparison.OrdinalIgnoreCase)),
            _ => false,
        };
    }
}
