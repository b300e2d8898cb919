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

    private readonly long _maximumBytes;

    private DotnetDocsCorpus(string[] files, string version, long maximumBytes)
        : base(BuiltInName, $"the documentation of the .NET API ({version})")
    {
        Files = files;
        _maximumBytes = maximumBytes;
    }

    public override IReadOnlyList<string> Files { get; }

    // The number is that of the cleaning: raise it when the prose changes.
    internal override string Identity => $"{BuiltInName} 1 {_maximumBytes}";

    public static DotnetDocsCorpus Find(long maximumBytes) => In(
        DotnetDocsFolder.Find() ?? throw new KansformersException(
            "the built-in corpus is the API documentation of the .NET SDK (packs/Microsoft.NETCore.App.Ref), which is not installed here; pass --data with a text file, or install the SDK"),
        maximumBytes);

    public static DotnetDocsCorpus In(string folder, long maximumBytes) =>
        new([.. Directory.GetFiles(folder, "*.xml").Order(StringComparer.Ordinal)], Path.GetFileName(folder), maximumBytes);

    private protected override IEnumerable<RawPiece> ReadRaw()
    {
        Dictionary<string, List<string>> types = ReadTypes();
        HashSet<string> said = new(StringComparer.Ordinal);
        StringBuilder document = new();
        long bytes = 0, source = Files.Sum(file => new FileInfo(file).Length);
        foreach (string type in types.Keys.OrderBy(Mix).ThenBy(name => name, StringComparer.Ordinal))
        {
            document.Clear();
            foreach (string paragraph in types[type].Where(paragraph => IsNews(paragraph, said)))
                document.Append(paragraph).Append('\n');
            if (document.Length == 0)
                continue;
            string text = document.ToString(0, document.Length - 1);
            bytes += Encoding.UTF8.GetByteCount(text);
            if (bytes > _maximumBytes && bytes > text.Length)
                break;
            yield return new RawPiece(text.AsMemory(), true, 0);
        }

        yield return new RawPiece(default, true, source);
    }

    /// <summary>Overloads, and types with the same members, often say the same: what follows the name is kept once.</summary>
    private static bool IsNews(string paragraph, HashSet<string> said) =>
        said.Add(paragraph[(paragraph.IndexOf(": ", StringComparison.Ordinal) + 2)..]);

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
                if (body.Length > 0)
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
