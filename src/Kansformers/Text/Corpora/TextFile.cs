namespace Kansformers.Text;

/// <summary>A text file, which is one document.</summary>
internal sealed class TextFile(string path) : DocumentFile(path)
{
    public override string Identity => "text";

    public override bool IsOneDocument => true;

    public override IEnumerable<RawPiece> Read()
    {
        foreach ((ReadOnlyMemory<char> text, long bytes) in TextFileReader.Read(Path))
            yield return new RawPiece(text, false, bytes);
        yield return new RawPiece(default, true, 0);
    }
}
