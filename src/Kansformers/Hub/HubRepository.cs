using System.Buffers;

namespace Kansformers.Hub;

/// <summary>A model or a data set on a hub, at a revision.</summary>
/// <param name="Id">Owner and name: <c>openai-community/gpt2</c>; old models have a name alone.</param>
/// <param name="Revision">A branch, tag or commit.</param>
/// <param name="IsDataset">Whether it is a data set.</param>
internal sealed record HubRepository(string Id, string Revision = "main", bool IsDataset = false)
{
    /// <summary>How options name a hub: <c>hub:owner/name</c>, or <c>hub:owner/name@revision</c>.</summary>
    public const string Scheme = "hub:";

    private static readonly SearchValues<char> Unsafe = SearchValues.Create("\\:*?\"<>|/");

    /// <summary>Reads <c>hub:owner/name</c> or <c>hub:owner/name@revision</c>.</summary>
    /// <param name="text">The text, with the scheme.</param>
    /// <param name="isDataset">Whether it names a data set.</param>
    /// <exception cref="KansformersException">It is not of this form.</exception>
    public static HubRepository Parse(string text, bool isDataset = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.StartsWith(Scheme, StringComparison.Ordinal) ? text[Scheme.Length..].Split('@', 2) : [];
        if (parts.Length == 0 || parts[0].Split('/') is not { Length: 1 or 2 } names || !names.All(IsIdPart) || (parts.Length == 2 && !IsRevision(parts[1])))
            throw new KansformersException($"'{text}' does not name a repository; write hub:owner/name, or hub:owner/name@revision");
        return new HubRepository(parts[0], parts.Length == 2 ? parts[1] : "main", isDataset);
    }

    /// <summary>The folder of the cache: <c>models--owner--name</c>.</summary>
    internal string FolderName => $"{(IsDataset ? "datasets" : "models")}--{Id.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>The address of its description, with the lengths of its files.</summary>
    internal string InfoPath => $"api/{(IsDataset ? "datasets" : "models")}/{Id}/revision/{Uri.EscapeDataString(Revision)}?blobs=true";

    /// <summary>The address of a file.</summary>
    internal string FilePath(string commit, string file) =>
        $"{(IsDataset ? "datasets/" : "")}{Id}/resolve/{commit}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>Whether a part of a path stays where it is put.</summary>
    internal static bool IsName(string name) =>
        name.Length is > 0 and <= 200 && name is not ("." or "..") && !name.AsSpan().ContainsAny(Unsafe) && !name.Any(char.IsControl);

    /// <summary>Whether a file's name leads out of its folder.</summary>
    internal static bool Escapes(string file) => file.Split('/') is [[_, ':'], ..] or [""] || file.Split('/', '\\').Any(part => part is "" or "." or "..");

    /// <summary>Whether a file's name is a path that stays in its folder, and that every system can hold.</summary>
    internal static bool IsPath(string file) => file.Split('/').All(IsName);

    private static bool IsIdPart(string part) => IsName(part) && part.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-');

    private static bool IsRevision(string revision) => revision.Length <= 200 && IsPath(revision);
}
