using Kansformers.Generation;
using Kansformers.Tests.Transformers;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Generation;

/// <summary>Texts that an encoder-decoder writes by beam search.</summary>
public class BeamTextGeneratorTests
{
    [Fact]
    public void Ids_that_stand_for_no_text_are_never_written()
    {
        Tokenizer tokenizer = new CharTokenizer("abcdefgh");
        int ids = tokenizer.VocabularySize; // behind them mask, padding, start and end, and five ids that fill up the vocabulary
        using Bart model = BartTests.Make(options => options with { PaddingId = ids + 1, StartId = ids + 3, EndId = ids + 3 }, vocabulary: ids + 9);
        BeamTextGenerator generator = new(model, tokenizer, new BeamOptions { Beams = 1, MinNewTokens = 4, NoRepeatNgram = 1 });
        string[] texts = ["abc", "hed"], expected = [.. generator.Generate(texts)];
        Assert.All(expected, text => Assert.True(text.Length >= 2, text));
        using (no_grad())
        {
            foreach (int id in (int[])[ids, ids + 1, ids + 4, ids + 8])
                model.get_buffer("logits_bias")![0, id] = 50;
        }

        Assert.Equal(expected, generator.Generate(texts));
    }
}
