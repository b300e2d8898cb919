using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>The text to continue: as it is given, of a file, or of standard input, the last two read as corpora are.</summary>
internal static class PromptText
{
    /// <summary>Where standard input is read.</summary>
    internal static Func<Stream> StandardInput { get; set; } = Console.OpenStandardInput;

    /// <param name="prompt">The text, or <c>-</c> for standard input; null when it was not given.</param>
    /// <param name="file">A file that holds it, or null.</param>
    public static string Read(string? prompt, string? file)
    {
        if (prompt is not null && file is not null)
            throw new UsageException("--prompt and --prompt-file exclude each other");
        if (prompt == "-")
            return FromInput("the prompt");
        return file is null ? prompt ?? "" : OfFile(file, "the prompt");
    }

    /// <summary>A whole file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="what">What it is, for messages.</param>
    public static string OfFile(string file, string what)
    {
        try
        {
            return StrictText.Read(File.ReadAllBytes(file), $"{what} '{file}'");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read {what} '{file}': {KansformersException.Explain(failure)!.Message}", failure);
        }
    }

    /// <summary>All of standard input.</summary>
    /// <param name="what">What it is, for messages.</param>
    public static string FromInput(string what)
    {
        // Bytes, because the console's own reader replaces what is not valid, and keeps a byte-order mark.
        using Stream input = StandardInput();
        using MemoryStream all = new();
        try
        {
            input.CopyTo(all);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read {what} from standard input: {KansformersException.Explain(failure)!.Message}", failure);
        }

        return StrictText.Read(all.GetBuffer().AsSpan(0, (int)all.Length), $"{what} on standard input");
    }
}
