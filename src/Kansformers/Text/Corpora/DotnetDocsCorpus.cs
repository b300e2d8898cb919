using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Xml;

namespace Kansformers.Text;

/// <summary>
/// The built-in corpus: the documentation of the .NET API as prose. Each type is a document, a paragraph for the type and one
/// for each member. Types come in an order that is mixed but the same every time, so that the end of the corpus, which validation
/// takes, is like its beginning, and a part of it is a fair sample.
/// </summary>
internal sealed class DotnetDocsCorpus : Corpus
{
    public const string BuiltInName = "dotnet-docs";

    private static readonly string[] Unwanted =
        ["System.Runtime.Intrinsics.X86.", "System.Runtime.Intrinsics.Arm.", "System.Runtime.Intrinsics.Wasm.", "System.SR."];

    private readonly long _maximumBytes;
    private readonly Lazy<List<string>> _documents;

    private DotnetDocsCorpus(string[] files, string version, long maximumBytes)
        : base(BuiltInName, $"the documentation of the .NET API ({version})", BuiltInName)
    {
        Files = files;
        _maximumBytes = maximumBytes;
        _documents = new(ChooseDocuments);
    }

    public override IReadOnlyList<string> Files { get; }

    // The number is that of the cleaning: raise it when the prose changes.
    internal override string Identity => $"{BuiltInName} 1 {_maximumBytes}";

    public static DotnetDocsCorpus Find(long maximumBytes) => In(
        DotnetDocsFolder.Find() ?? throw new KansformersException(
            "the built-in corpus is the API documentation of the .NET SDK (packs/Microsoft.NETCore.App.Ref), which is not installed here; give Corpus.Open a text file, or install the SDK"),
        maximumBytes);

    public static DotnetDocsCorpus In(string folder, long maximumBytes) =>
        new([.. Directory.GetFiles(folder, "*.xml").Order(StringComparer.Ordinal)], Path.GetFileName(folder), maximumBytes);

    private protected override IEnumerable<RawPiece> ReadRaw(CorpusTally tally)
    {
        foreach (string document in _documents.Value)
            yield return new RawPiece(document.AsMemory(), true, 0);
        yield return new RawPiece(default, false, Files.Sum(file => new FileInfo(file).Length));
    }

    /// <summary>The documents, up to the size that was asked for, but at least one.</summary>
    private List<string> ChooseDocuments()
    {
        Dictionary<string, List<string>> types = ReadTypes();
        HashSet<string> said = new(StringComparer.Ordinal);
        List<string> documents = [];
        long bytes = 0;
        foreach (string type in types.Keys.OrderBy(Mix).ThenBy(name => name, StringComparer.Ordinal))
        {
            string document = string.Join('\n', types[type].Where(paragraph => IsNews(paragraph, said)));
            if (document.Length == 0)
                continue;
            bytes += document.Length; // it is all ASCII
            if (bytes > _maximumBytes && documents.Count > 0)
                break;
            documents.Add(document);
        }

        return documents;
    }

    /// <summary>Overloads, and types with the same members, often say the same: what follows the name is kept once.</summary>
    private static bool IsNews(string paragraph, HashSet<string> said) =>
        said.Add(paragraph[(paragraph.IndexOf(": ", StringComparison.Ordinal) + 2)..]);

    /// <summary>
    /// Whether to keep a paragraph. Not the processor intrinsics, which are lists of instructions; not message tables; and nothing
    /// beyond ASCII, which is rare here and would swell the vocabulary of a character model.
    /// </summary>
    private static bool IsProse(string id, string body) =>
        Ascii.IsValid(body) && !Unwanted.Any(name => id.AsSpan(2).StartsWith(name, StringComparison.Ordinal));

    private static ulong Mix(string name) => XxHash64.HashToUInt64(MemoryMarshal.AsBytes(name.AsSpan()));

    /// <summary>The paragraphs of each type, by its full name, in the order of the files.</summary>
    private Dictionary<string, List<string>> ReadTypes()
    {
        ApiNames names = new();
        List<(string Id, string Body)> members = [];
        foreach (string file in Files)
        {
            foreach ((string id, string body) in ApiProse.Read(file))
            {
                names.Add(id);
                if (body.Length > 0 && IsProse(id, body))
                    members.Add((id, body));
            }
        }

        Dictionary<string, List<string>> types = new(StringComparer.Ordinal);
        foreach ((string id, string body) in members)
        {
            if (names.Describe(id) is not { } name)
                continue;
            if (!types.TryGetValue(name.Type, out List<string>? paragraphs))
                types.Add(name.Type, paragraphs = []);
            paragraphs.Add($"{name.Display}: {body}");
        }

        return types;
    }
}
