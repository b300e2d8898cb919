namespace Kansformers.Text;

/// <summary>Tells JSON Lines from the other ways to write many objects into one file, which cannot be read as a stream of lines.</summary>
internal static class JsonShape
{
    /// <summary>Refuses an array, and objects that are spread over lines; what is bad in other ways shows when it is read.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="start">Its beginning.</param>
    public static void RequireLines(string path, ReadOnlySpan<byte> start)
    {
        start = start.TrimStart(" \t\r\n"u8);
        if (start is [(byte)'[', ..])
            throw new KansformersException($"'{path}' is a JSON array, not one object a line; convert it to .jsonl, as jq -c '.[]' does");
        if (start is [(byte)'{', ..] && start[1..].TrimStart(" \t\r"u8) is [(byte)'\n', ..])
            throw new KansformersException($"'{path}' is indented JSON, not one object a line; convert it to .jsonl: jq -c . puts each object on a line, jq -c '.data[]' each one of a list in a field 'data'");
    }
}
