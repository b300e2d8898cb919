namespace Kansformers.Tests.Files;

/// <summary>What .NET makes of the system's error numbers.</summary>
internal static class SystemFailure
{
    public static Exception Of(string number) => number switch
    {
        "ENOSPC" => new IOException("No space left on device", 28),
        "EDQUOT" => new IOException("Disk quota exceeded", 122),
        "EIO" => new IOException("Input/output error", 5),
        "EROFS" => new IOException("Read-only file system", 30),
        "EFBIG" => TooLarge(0),
        _ => new UnauthorizedAccessException("Access to the path is denied."),
    };

    private static ArgumentOutOfRangeException TooLarge(long value) => new(nameof(value), "Specified file length was too large for the file system.");
}
