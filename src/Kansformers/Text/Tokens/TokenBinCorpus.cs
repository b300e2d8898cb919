using System.Buffers.Binary;
using System.Globalization;

namespace Kansformers.Text;

/// <summary>
/// A file of ready tokens: ids of 16 or 32 bits and nothing else. It needs the tokenizer that made it, against whose vocabulary every id is checked.
/// </summary>
internal sealed class TokenBinCorpus : Corpus
{
    public const string Extension = ".bin";

    private readonly string _path;
    private readonly TokenFormat _format;
    private readonly bool _told; // by the user

    private TokenBinCorpus(string path, TokenFormat format, bool told)
        : base(Path.GetFileName(path), $"'{path}' ({format.Text()} tokens)", Path.GetFullPath(path)) => (_path, _format, _told) = (Path.GetFullPath(path), format, told);

    public override IReadOnlyList<string> Files => [_path];

    internal override string Identity => $"tokens {_format.Text()}";

    public static TokenBinCorpus Open(CorpusPath path, CorpusOptions options)
    {
        if (path.Slice is not null)
            throw new KansformersException($"'{path.Name}' holds tokens, not rows; leave out {path.Slice}");
        if (options.Deduplicate)
            throw new KansformersException($"'{path.Name}' holds ready tokens, in which duplicates cannot be left out; deduplicate the text that they are made of");
        SourceFile.RequireContent(path.Name);
        byte[] start = new byte[1 << 20];
        using FileStream stream = SourceFile.Open(path.Name);
        int read = SourceFile.Read(stream, start);
        if (read >= TokenFileHeader.Size && TokenFileHeader.IsTokenFile(start))
            throw new KansformersException($"'{path.Name}' is a token file of the cache under another name, not ids and nothing else; write one with TokenBin.Write");
        TokenFormat format = options.TokenFormat == TokenFormat.Auto ? FormatOf(path.Name, start.AsSpan(0, read), stream.Length) : options.TokenFormat;
        if (stream.Length % format.Width() != 0)
            throw new KansformersException($"'{path.Name}' has {stream.Length} bytes, which is no whole number of {format.Text()} tokens; it is cut short, or of another CorpusOptions.TokenFormat");
        return new TokenBinCorpus(path.Name, format, options.TokenFormat != TokenFormat.Auto);
    }

    /// <summary>The tokens as they go into a token file, each checked.</summary>
    public IEnumerable<EncodedChunk> ReadTokens(Tokenizer tokenizer, CorpusTally tally, CancellationToken cancellation)
    {
        int width = _format.Width();
        TokenLayout layout = TokenLayout.OfIds(tokenizer);
        if (width == 2 && layout.Width == 4 && !_told)
            throw new KansformersException($"'{_path}' looks like uint16, but the {tokenizer.Kind} tokenizer has {tokenizer.VocabularySize} ids, which uint16 cannot hold; say what it is with CorpusOptions.TokenFormat");
        int[] textBytes = tokenizer.TextBytesPerToken();
        byte[] source = new byte[1 << 18], tokens = new byte[(source.Length / width) * layout.Stride];
        int[] ids = new int[source.Length / width];
        bool inDocument = false;
        using FileStream stream = SourceFile.Open(_path);
        for (long position = 0; SourceFile.Read(stream, source) is int read and > 0; position += read / width)
        {
            cancellation.ThrowIfCancellationRequested();
            long utf8Bytes = 0;
            for (int i = 0; i < read / width; i++)
            {
                int id = width == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(source.AsSpan(2 * i)) : BinaryPrimitives.ReadInt32LittleEndian(source.AsSpan(4 * i));
                if ((uint)id >= (uint)tokenizer.VocabularySize)
                    throw Outside(id, position + i, tokenizer);
                utf8Bytes += textBytes[id];
                bool ends = id == tokenizer.EndOfText;
                tally.Documents += ends && inDocument ? 1 : 0;
                inDocument = !ends;
                ids[i] = id;
            }

            layout.WriteIds(tokens, ids.AsSpan(0, read / width));
            yield return new EncodedChunk(tokens.AsMemory(0, read / width * layout.Stride), utf8Bytes, read);
        }

        tally.Documents += inDocument ? 1 : 0;
    }

    private protected override IEnumerable<RawPiece> ReadRaw(CorpusTally tally) =>
        throw new KansformersException($"the corpus {Description} holds ready tokens, no text to make a tokenizer of; name the one that made them with PrepareOptions.TokenizerKind, such as gpt2");

    private KansformersException Outside(int id, long position, Tokenizer tokenizer) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"token {position} of '{_path}', read as {_format.Text()}, is {id}: outside the {tokenizer.Kind} vocabulary (0 to {tokenizer.VocabularySize - 1}); name the tokenizer that made it with PrepareOptions.TokenizerKind, or what its numbers are with CorpusOptions.TokenFormat"));

    private static TokenFormat FormatOf(string path, ReadOnlySpan<byte> start, long length)
    {
        if (length % 2 != 0 || !LooksWide(start))
            return TokenFormat.UInt16;
        return length % 4 == 0 ? TokenFormat.Int32 : throw new KansformersException(string.Create(
            CultureInfo.InvariantCulture,
            $"'{path}' looks like int32, but its {length} bytes are no whole number of int32 tokens: it is cut short; get it again, or say CorpusOptions.TokenFormat = UInt16 if it is that"));
    }

    // Ids of 32 bits below 65536 have a zero for every second 16 bits; in text of 16-bit ids that does not happen.
    private static bool LooksWide(ReadOnlySpan<byte> start)
    {
        for (int i = 0; i + 3 < start.Length; i += 4)
        {
            if (start[i + 2] != 0 || start[i + 3] != 0)
                return false;
        }

        return start.Length >= 4;
    }
}
