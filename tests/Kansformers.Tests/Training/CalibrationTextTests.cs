using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests.Training;

/// <summary>Texts on which models are calibrated.</summary>
public class CalibrationTextTests
{
    [Theory]
    [InlineData("bert", 5, 6)]
    [InlineData("bart", 5, 6)]
    [InlineData("gpt", null, null)]
    public void Special_tokens_stand_where_the_model_has_them_beyond_its_characters(string family, int? start, int? end)
    {
        using TestFolder folder = new();
        string text = folder.Write("text.txt", "abcabcabcabc");
        CharTokenizer tokenizer = new("abc"); // mask, padding, start and end are 3 to 6
        ModelOptions options = Families.All.Single(one => one.Name == family).Defaults with { BlockSize = 6, VocabularySize = 7 };
        long[] ids = [.. CalibrationText.Read(text, tokenizer, options)[0][0].data<long>()];
        Assert.Equal(6, ids.Length);
        Assert.Equal((start ?? tokenizer.Encode("a")[0], end ?? tokenizer.Encode("c")[0]), ((int)ids[0], (int)ids[^1]));
        Assert.All(ids[1..^1], id => Assert.InRange(id, 0, 2));
    }
}
