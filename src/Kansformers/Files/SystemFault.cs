namespace Kansformers.Files;

/// <summary>What the system says against a file operation, and the clause that tells a user why and what to do about it.</summary>
internal static class SystemFault
{
    // Numbers of Linux and macOS where they agree, then those of Windows, which .NET gives as HRESULTs.
    private static readonly int[] Full = [28, Windows(112), Windows(39)];
    private static readonly int[] OverQuota = [122, 69, Windows(1295)];
    private static readonly int[] TooLarge = [27, Windows(223)];
    private static readonly int[] Broken = [5, Windows(1117), Windows(23)];
    private static readonly int[] ReadOnly = [30, Windows(19)];

    /// <summary>Whether the system refused: everything that .NET makes of its error numbers.</summary>
    public static bool Is(Exception failure) => failure is IOException or UnauthorizedAccessException || IsTooLarge(failure);

    /// <summary>One clause that tells a user why a file operation failed and what to do about it.</summary>
    public static string Reason(Exception failure) => failure switch
    {
        IOException when Full.Contains(failure.HResult) => "the disk is full; free some space or choose another folder",
        IOException when OverQuota.Contains(failure.HResult) => "your quota of the disk is used up; free some space or choose another folder",
        IOException when Broken.Contains(failure.HResult) => "the disk reports an input/output error; check the disk and its connection, or choose another folder",
        IOException when ReadOnly.Contains(failure.HResult) => "the file system is read-only; choose another folder",
        UnauthorizedAccessException => "permission denied; choose a folder that you may write",
        DirectoryNotFoundException => "its folder does not exist",
        _ when IsTooLarge(failure) => "the file would be larger than its file system (FAT32 ends at 4 GB) or a limit (ulimit -f) allows; choose another folder, or raise the limit",
        _ => failure.Message.ReplaceLineEndings(" ").TrimEnd('.', ' '),
    };

    // Of "file too large" .NET makes an exception of a wrong argument; that is told by its words, or their key where words are left out.
    private static bool IsTooLarge(Exception failure) => failure switch
    {
        IOException => TooLarge.Contains(failure.HResult),
        ArgumentOutOfRangeException { ParamName: "value" } => failure.Message.Contains("file length was too large", StringComparison.OrdinalIgnoreCase)
            || failure.Message.Contains("FileLengthTooBig", StringComparison.Ordinal),
        _ => false,
    };

    private static int Windows(int code) => unchecked((int)0x80070000) | code;
}
