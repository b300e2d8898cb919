using System.Text;
using Kansformers.Files;

namespace Kansformers.Text;

/// <summary>What <see cref="BytePairTrainer"/> is doing.</summary>
public enum TokenizerTrainingStage
{
    /// <summary>Counting the words; progress is in bytes of the corpus.</summary>
    CountingWords,

    /// <summary>Learning merges; progress is in tokens of the vocabulary.</summary>
    Merging,
}

/// <summary>How far the training of a tokenizer has come.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">How much of it is done.</param>
/// <param name="Total">How much there is.</param>
public readonly record struct TokenizerTrainingProgress(TokenizerTrainingStage Stage, long Done, long Total);

/// <summary>Learns a byte-level byte-pair encoding from a corpus: 256 bytes, merges, and the end-of-text token, in this order as in GPT-2.</summary>
public static class BytePairTrainer
{
    /// <summary>The smallest vocabulary: the bytes and the end-of-text token.</summary>
    public const int LeastVocabulary = 257;

    /// <summary>Learns a tokenizer. The same corpus and size always give the same one.</summary>
    /// <param name="corpus">The text.</param>
    /// <param name="vocabularySize">How many ids; fewer come when no pair of tokens occurs twice any more.</param>
    /// <param name="progress">Is told how far it has come.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The tokenizer, in the form of a <c>tokenizer.json</c>; <see cref="HuggingFaceTokenizer.SaveJson"/> writes it.</returns>
    /// <exception cref="KansformersException">The size is out of range or the corpus cannot be read.</exception>
    public static HuggingFaceTokenizer Train(Corpus corpus, int vocabularySize, IProgress<TokenizerTrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        if (vocabularySize is < LeastVocabulary or > ModelReader.MostIds)
            throw new KansformersException($"the vocabulary size is {vocabularySize}; it must be {LeastVocabulary} to {ModelReader.MostIds}");
        long total = corpus.Files.Sum(file => RealFile.Of(file).Length), done = 0;
        Dictionary<string, long> words = new WordCounter(cancellation).Count(corpus.Read(), bytes =>
            progress?.Report(new TokenizerTrainingProgress(TokenizerTrainingStage.CountingWords, Math.Min(done += bytes, total), total)));

        // The bytes in the order of the characters that they are written with.
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(value => ByteCharacters.Of((byte)value).ToString()).Order(StringComparer.Ordinal)];
        int[] ids = new int[256];
        for (int id = 0; id < 256; id++)
            ids[ByteCharacters.TryBytes(tokens[id])![0]] = id;
        MergeLearner learner = new([.. words.Select(word => (Encoding.UTF8.GetBytes(word.Key).Select(value => ids[value]).ToArray(), word.Value))]);
        List<string> merges = [];
        Dictionary<string, int> known = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id);
        while (tokens.Count < vocabularySize - 1 && learner.Next(Make) is not null)
        {
            cancellation.ThrowIfCancellationRequested();
            if (merges.Count % 64 == 0)
                progress?.Report(new TokenizerTrainingProgress(TokenizerTrainingStage.Merging, tokens.Count, vocabularySize - 1));
        }

        tokens.Add(Tokenizer.EndOfTextMark);
        return HuggingFaceTokenizer.Parse(VocabularyFiles.ByteLevel(tokens, merges));

        // Two ways may lead to the same token, as a + bc and ab + c do.
        int Make(int left, int right)
        {
            merges.Add($"{tokens[left]} {tokens[right]}");
            string token = tokens[left] + tokens[right];
            if (!known.TryGetValue(token, out int id))
            {
                known.Add(token, id = tokens.Count);
                tokens.Add(token);
            }

            return id;
        }
    }
}
