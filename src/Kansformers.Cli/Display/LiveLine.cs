namespace Kansformers.Cli;

/// <summary>The line on standard error that rewrites itself on a terminal. Whatever else is printed clears it first.</summary>
internal static class LiveLine
{
    private static bool s_shown;

    /// <summary>Whether there is a terminal to rewrite a line on.</summary>
    public static bool IsPossible => !Console.IsErrorRedirected;

    public static void Show(string line)
    {
        Console.Error.Write($"\r\u001b[K{line}");
        s_shown = true;
    }

    public static void Clear()
    {
        if (s_shown)
            Console.Error.Write("\r\u001b[K");
        s_shown = false;
    }

    /// <summary>A line that stays; one of the library's is put in words of the tool.</summary>
    public static void Say(string line)
    {
        Clear();
        Console.Error.WriteLine(LibraryWords.ToFlags(line));
    }
}
