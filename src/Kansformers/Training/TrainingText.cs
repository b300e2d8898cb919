using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>What the text of a training must be, told by the file that is at fault.</summary>
internal static class TrainingText
{
    /// <summary>The tokenizer that a new run names; null for one that is made of the text. One of characters refuses what it does not know, unless told otherwise.</summary>
    public static Tokenizer? TokenizerOf(DataConfig data)
    {
        Tokenizer? named = data.Tokenizer == "char" ? null : Tokenizer.Open(data.Tokenizer);
        if (data.SpecialTokens == SpecialTokens.Recognise && named?.HasSpecialTokens != true)
            throw new KansformersException($"DataConfig.SpecialTokens = Recognise: the {named?.Kind ?? "char"} tokenizer has no special tokens to recognise; choose one that has, such as gpt2, or leave the option out");
        return named is CharTokenizer characters && data.UnknownCharacters == UnknownCharacters.Skip ? characters.With(UnknownCharacters.Skip) : named;
    }

    /// <summary>Refuses text with characters that have no token, unless told otherwise.</summary>
    public static void RequireTokens(TokenizedCorpus corpus, UnknownCharacters unknown)
    {
        if (unknown != UnknownCharacters.Refuse || (corpus.Lost.Characters == 0 && corpus.ValidationLost.Characters == 0))
            return;
        bool inTraining = corpus.Lost.Characters > 0;
        LostText lost = inTraining ? corpus.Lost : corpus.ValidationLost;
        throw new KansformersException($"the corpus {(inTraining ? corpus.Description : corpus.ValidationDescription)} holds {lost} ({corpus.PlaceOfLost()}); choose a tokenizer that knows all text (byte or gpt2), or leave them out with DataConfig.UnknownCharacters = Skip");
    }

    /// <summary>Refuses too few tokens, by the name of the text that has them.</summary>
    public static void RequireBlock(TokenizedCorpus corpus, int blockSize)
    {
        if (corpus.Train.Count <= blockSize)
            throw new KansformersException($"'{corpus.Name}' has {corpus.Train.Count} tokens to train on, but a block of {blockSize} needs {blockSize + 1}; give more text or a smaller ModelOptions.BlockSize");
        if (corpus.ValidationDescription is string other && corpus.Validation.Count < 2)
            throw new KansformersException($"the corpus {other} has {corpus.Validation.Count} token{(corpus.Validation.Count == 1 ? "" : "s")} to validate on, but at least 2 are needed; give more text with DataConfig.ValidationData");
        if (corpus.Validation.Count == 1)
            throw new KansformersException($"the corpus {corpus.Description} leaves 1 token to validate on, but at least 2 are needed; give more text, a larger DataConfig.ValidationFraction or DataConfig.ValidationData");
    }
}
