using System.Text;
using System.Text.RegularExpressions;
using Kansformers.Text;
using static TorchSharp.torch;

namespace Kansformers.Findings;

/// <summary>Which kind of thing each id of a vocabulary is, by its text and by how often the training text has it.</summary>
internal sealed partial class TokenClasses
{
    private const int Rare = 10; // words that the training text has fewer times are rare

    private readonly int[] _classes;

    public TokenClasses(TokenizedCorpus corpus)
    {
        long[] train = Read(corpus.Train), held = Read(corpus.Validation);
        int vocabulary = corpus.Tokenizer.VocabularySize;
        int[] counts = new int[vocabulary];
        foreach (long id in train)
            counts[id]++;
        _classes = [.. counts.Select((count, id) => Of(count, Encoding.UTF8.GetString(corpus.Tokenizer.BytesOf(id))))];
        Seen = [.. counts.Select(count => count > 0)];
        ShareOfText = Shares(held);
        Words = [.. WordsOf(corpus.Tokenizer.Decode([.. train.Select(id => (int)id)]))];
    }

    /// <summary>The kinds: an id is of the first that holds.</summary>
    public static IReadOnlyList<string> Names { get; } = ["ids never seen", "line feeds", "punctuation", "rare words", "other words"];

    /// <summary>Which ids the training text has.</summary>
    public bool[] Seen { get; }

    /// <summary>The share of each kind among the tokens of the held-out text.</summary>
    public double[] ShareOfText { get; }

    /// <summary>The words of the training text.</summary>
    public HashSet<string> Words { get; }

    /// <summary>The share of each kind among tokens.</summary>
    public double[] Shares(IReadOnlyCollection<long> ids) =>
        [.. Enumerable.Range(0, Names.Count).Select(kind => ids.Count(id => _classes[id] == kind) / (double)Math.Max(1, ids.Count))];

    /// <summary>1 where an id is of a kind: (vocabulary, kinds), float32.</summary>
    public Tensor Matrix()
    {
        float[] ones = new float[_classes.Length * Names.Count];
        for (int id = 0; id < _classes.Length; id++)
            ones[id * Names.Count + _classes[id]] = 1;
        return tensor(ones, _classes.Length, Names.Count);
    }

    /// <summary>The share of a text's words that the training text has; 1 for a text without words.</summary>
    public double KnownWords(string text)
    {
        string[] words = [.. WordsOf(text)];
        return words.Length == 0 ? 1 : words.Count(Words.Contains) / (double)words.Length;
    }

    private static IEnumerable<string> WordsOf(string text) => Word().Matches(text).Select(match => match.Value.ToLowerInvariant());

    private static int Of(int count, string text) => count == 0 ? 0 : text.Contains('\n', StringComparison.Ordinal) ? 1
        : !text.Any(char.IsLetterOrDigit) ? 2 : count < Rare ? 3 : 4;

    private static long[] Read(TokenSpan span)
    {
        long[] ids = new long[span.Count];
        span.Read(0, ids);
        return ids;
    }

    [GeneratedRegex(@"[\p{L}']+")]
    private static partial Regex Word();
}
