using System.Buffers.Binary;
using System.IO.Hashing;
using Kansformers.Files;

namespace Kansformers.Evaluation;

/// <summary>
/// Scores that a model has given, in a file that only grows: an evaluation that is interrupted, by whatever, goes on from them, and one that is done is not computed again. A
/// record is the key of a request and its score; a batch is added in one piece, and a piece that was cut off by the end of a process is dropped.
/// </summary>
internal sealed class ScoreStore : IDisposable
{
    private const string Mark = "kansformers scores 1\n";
    private const int RecordBytes = 16 + (2 * sizeof(double)) + sizeof(int) + sizeof(int);

    private readonly FolderLock _lock;
    private readonly AppendFile _file;
    private readonly Dictionary<UInt128, RequestScore> _scores;

    private ScoreStore(FolderLock folder, AppendFile file, Dictionary<UInt128, RequestScore> scores) => (_lock, _file, _scores) = (folder, file, scores);

    /// <summary>Opens the scores of a model; one process at a time can.</summary>
    /// <param name="folder">The folder of the file; made when missing.</param>
    /// <param name="identity">What decides the scores other than the requests: weights, how they are used.</param>
    /// <param name="fresh">Whether to forget those that there are.</param>
    /// <exception cref="KansformersException">Another evaluation uses the folder, or it cannot be written.</exception>
    public static ScoreStore Open(string folder, string identity, bool fresh)
    {
        FolderLock taken = FolderLock.Take(folder, "another evaluation");
        try
        {
            string path = Path.Combine(folder, $"scores-{identity}.bin");
            Dictionary<UInt128, RequestScore> scores = [];
            byte[] bytes = !fresh && File.Exists(path) ? File.ReadAllBytes(path) : [];
            int whole = bytes.AsSpan().StartsWith(System.Text.Encoding.ASCII.GetBytes(Mark)) ? Read(bytes, scores) : 0;
            AppendFile file = new(path, FileMode.OpenOrCreate, whole);
            if (whole == 0)
                file.Append(System.Text.Encoding.ASCII.GetBytes(Mark));
            return new ScoreStore(taken, file, scores);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            taken.Dispose();
            throw new KansformersException($"cannot read the scores in '{folder}': {AtomicFile.Reason(failure)}", failure);
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>The score of a request; null where it is not known yet.</summary>
    public RequestScore? Find(UInt128 key) => _scores.TryGetValue(key, out RequestScore score) ? score : null;

    /// <summary>Adds the scores of a batch.</summary>
    public void Add(IReadOnlyList<ScoringRequest> requests, RequestScore[] scores)
    {
        byte[] bytes = new byte[requests.Count * RecordBytes];
        for (int i = 0; i < scores.Length; i++)
        {
            Span<byte> record = bytes.AsSpan(i * RecordBytes, RecordBytes);
            UInt128 key = requests[i].Key;
            BinaryPrimitives.WriteUInt128LittleEndian(record, key);
            BinaryPrimitives.WriteDoubleLittleEndian(record[16..], scores[i].LogLikelihood);
            BinaryPrimitives.WriteDoubleLittleEndian(record[24..], scores[i].Greedy);
            BinaryPrimitives.WriteInt32LittleEndian(record[32..], scores[i].Tokens);
            BinaryPrimitives.WriteUInt32LittleEndian(record[36..], Crc32.HashToUInt32(record[..36]));
            _scores[key] = scores[i];
        }

        _file.Append(bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
    }

    // The bytes of the records that are whole.
    private static int Read(ReadOnlySpan<byte> bytes, Dictionary<UInt128, RequestScore> scores)
    {
        int at = Mark.Length;
        for (; at + RecordBytes <= bytes.Length; at += RecordBytes)
        {
            ReadOnlySpan<byte> record = bytes.Slice(at, RecordBytes);
            if (BinaryPrimitives.ReadUInt32LittleEndian(record[36..]) != Crc32.HashToUInt32(record[..36]))
                break;
            scores[BinaryPrimitives.ReadUInt128LittleEndian(record)] =
                new RequestScore(BinaryPrimitives.ReadDoubleLittleEndian(record[16..]), BinaryPrimitives.ReadInt32LittleEndian(record[32..]), BinaryPrimitives.ReadDoubleLittleEndian(record[24..]));
        }

        return at;
    }
}
