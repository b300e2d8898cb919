using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>Refuses arguments whose bytes are no text: the runtime replaces what is not valid UTF-8 before the program sees it.</summary>
internal static class ArgumentText
{
    private const string CommandLineFile = "/proc/self/cmdline"; // of Linux; other systems hand over what is valid, or cannot tell

    /// <param name="args">The arguments as the program sees them.</param>
    /// <param name="commandLine">The arguments as they were given, each ended by a zero; null to ask the system.</param>
    public static void RequireValid(string[] args, byte[]? commandLine = null)
    {
        if (!Array.Exists(args, argument => argument.Contains('\uFFFD', StringComparison.Ordinal)))
            return;
        byte[][] given = [.. Split(commandLine ?? Read())];
        // The program itself, and what starts it, come before its arguments.
        for (int i = Math.Max(0, given.Length - args.Length); i < given.Length; i++)
        {
            if (Utf8Validity.FirstInvalid(given[i]) is int place and >= 0)
                throw new UsageException($"the argument '{args[i - (given.Length - args.Length)]}' is not valid UTF-8 at its byte {place}, and would not be read as it was given; convert it to UTF-8");
        }
    }

    private static byte[] Read()
    {
        try
        {
            return File.Exists(CommandLineFile) ? File.ReadAllBytes(CommandLineFile) : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<byte[]> Split(byte[] commandLine)
    {
        for (int at = 0; at < commandLine.Length;)
        {
            int end = Array.IndexOf(commandLine, (byte)0, at);
            end = end < 0 ? commandLine.Length : end;
            yield return commandLine[at..end];
            at = end + 1;
        }
    }
}
