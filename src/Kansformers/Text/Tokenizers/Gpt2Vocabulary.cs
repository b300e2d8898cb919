using System.Buffers.Text;
using SharpToken;

namespace Kansformers.Text;

/// <summary>The bytes of GPT-2's tokens and the merges that make them.</summary>
internal sealed class Gpt2Vocabulary
{
    private const string Resource = "SharpToken.data.r50k_base.tiktoken";
    private const int Count = 50256;

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

    /// <summary>Reads the list that lies in the SharpToken assembly: per line a token in base 64 and its rank, which is its id.</summary>
    public static Gpt2Vocabulary Load()
    {
        using Stream stream = typeof(GptEncoding).Assembly.GetManifestResourceStream(Resource)
            ?? throw new KansformersException($"the SharpToken assembly holds no '{Resource}'; use the version of the package that this library names");
        byte[] bytes = new byte[(int)stream.Length];
        int[] starts = new int[Count + 1];
        byte[] list = new byte[(int)stream.Length];
        stream.ReadExactly(list);
        int id = 0;
        foreach (Range range in list.AsSpan().Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = list.AsSpan()[range].TrimEnd((byte)'\r');
            if (line.Length == 0)
                continue;
            int blank = line.IndexOf((byte)' ');
            Base64.DecodeFromUtf8(line[..blank], bytes.AsSpan(starts[id]), out _, out int written);
            if (id >= Count || !Utf8Parser.TryParse(line[(blank + 1)..], out int rank, out _) || rank != id || written == 0)
                throw Damaged(id);
            starts[++id] = starts[id - 1] + written;
        }

        return id == Count ? new Gpt2Vocabulary(bytes[..starts[Count]], starts) : throw Damaged(id);
    }

    private static KansformersException Damaged(int id) =>
        new($"the GPT-2 vocabulary in the SharpToken assembly is damaged at token {id}; restore the package again");

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
                throw Damaged(id);
            Merges.Add(parts[0], parts[1], id);
            Pairs.Add((parts[0], parts[1]));
        }
    }
}
