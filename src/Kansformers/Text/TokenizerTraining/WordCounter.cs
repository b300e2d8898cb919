using System.Collections.Concurrent;

namespace Kansformers.Text;

/// <summary>Counts the words of GPT-2's pattern in a corpus on all cores; each document by itself.</summary>
internal sealed class WordCounter(CancellationToken cancellation)
{
    private const int ChunkLength = 1 << 20;

    private readonly ConcurrentBag<Dictionary<string, long>> _counts = [];
    private readonly List<Task> _running = [];

    public Dictionary<string, long> Count(IEnumerable<TextPiece> pieces, Action<long> advance)
    {
        char[] text = new char[ChunkLength * 2];
        int length = 0;
        try
        {
            foreach (TextPiece piece in pieces)
            {
                cancellation.ThrowIfCancellationRequested();
                if (piece.StartsLaterDocument && length > 0)
                    length = Start(text, length, length);
                if (text.Length < length + piece.Text.Length)
                    Array.Resize(ref text, 2 * text.Length);
                piece.Text.CopyTo(text.AsMemory(length));
                length += piece.Text.Length;
                if (length >= ChunkLength && Gpt2Words.FindCut(text.AsSpan(0, length), 0, onlyBeforeWhiteSpace: false) is int cut and > 0)
                    length = Start(text, length, cut);
                advance(piece.SourceBytes);
            }

            Start(text, length, length);
        }
        finally
        {
            Task.WaitAll(_running, CancellationToken.None);
        }

        Dictionary<string, long> all = [];
        foreach ((string word, long count) in _counts.SelectMany(counts => counts))
            all[word] = all.GetValueOrDefault(word) + count;
        return all;
    }

    /// <summary>Counts a part of the text elsewhere, keeps the rest, and gives its length.</summary>
    private int Start(char[] text, int length, int cut)
    {
        char[] part = text.AsSpan(0, cut).ToArray();
        _running.RemoveAll(task => task.IsCompletedSuccessfully);
        if (_running.Count > Environment.ProcessorCount)
            Task.WaitAny([.. _running], cancellation);
        _running.Add(Task.Run(() => Count(part), CancellationToken.None));
        text.AsSpan(cut, length - cut).CopyTo(text);
        return length - cut;
    }

    private void Count(ReadOnlySpan<char> text)
    {
        if (!_counts.TryTake(out Dictionary<string, long>? counts))
            counts = [];
        var words = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        while (text.Length > 0)
        {
            int length = Gpt2Words.NextLength(text);
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(words, text[..length], out _)++;
            text = text[length..];
        }

        _counts.Add(counts);
    }
}
