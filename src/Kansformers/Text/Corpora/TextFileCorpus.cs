namespace Kansformers.Text;

/// <summary>One text file, which is one document.</summary>
internal sealed class TextFileCorpus(string path) : Corpus(Path.GetFileName(path), $"'{path}'")
{
    private readonly string _path = Path.GetFullPath(path);

    public override IReadOnlyList<string> Files => [_path];

    internal override string Identity => "text";

    private protected override IEnumerable<RawPiece> ReadRaw()
    {
        foreach ((ReadOnlyMemory<char> text, int bytes) in TextFileReader.Read(_path))
            yield return new RawPiece(text, false, bytes);
    }
}
