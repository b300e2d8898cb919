using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Cli;

/// <summary>Folders in Hugging Face's layout whose vocabulary is padded, and what their configuration says ends a text.</summary>
[Collection(TrainedRunTests.Name)]
public class ForeignVocabularyTests
{
    private const int Letters = 26;

    [Theory]
    [InlineData(26)]
    [InlineData(27)]
    [InlineData(37)]
    [InlineData(64)]
    [InlineData(1000)]
    public void A_vocabulary_padded_by_any_number_opens_and_is_told(int ids)
    {
        using TestFolder folder = new();
        string model = Make(folder, ids, likeliest: ids - 1);
        CliResult sample = Cli.Run("sample", model, "--prompt", "abc", "--max-new-tokens", "8", "--temperature", "1");
        Assert.True(sample.Code == 0, sample.Error);
        Assert.All(sample.Out.Trim(), letter => Assert.InRange(letter, 'a', 'z'));
        string told = $"the model has {ids} ids, the tokenizer {Letters}: the {ids - Letters} beyond are padding";
        Assert.Equal(ids > Letters, sample.Error.Contains(told, StringComparison.Ordinal));
        string text = folder.Write("text.txt", "abcdefghijklmnopqrstuvwxyz");
        CliResult eval = Cli.Run("eval", model, "--data", text);
        Assert.True(eval.Code == 0, eval.Error);
        Assert.Equal(ids > Letters, eval.Error.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public void A_tokenizer_with_more_ids_than_the_model_is_refused()
    {
        using TestFolder folder = new();
        Cli.AssertFails(2, ["26 ids, the model 25"], "sample", Make(folder, 25, 0));
    }

    [Theory]
    [InlineData("3", 'd')]
    [InlineData("[3]", 'd')]
    [InlineData("[7, 3]", 'd')]
    public void The_configuration_says_what_ends_a_text(string ids, char end)
    {
        using TestFolder folder = new();
        string model = Make(folder, Letters, likeliest: end - 'a');
        Assert.Equal("length", Reason(model));
        Configure(model, ids);
        Assert.Equal("end_of_text", Reason(model));
        string copy = folder["copy"];
        Assert.Equal(0, Cli.Run("convert", model, "--out", copy, "--to", "hf").Code);
        Assert.Equal("end_of_text", Reason(copy));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("26")]
    [InlineData("50256")]
    [InlineData("3.5")]
    [InlineData("1e30")]
    [InlineData("\"3\"")]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("[3, 26]")]
    [InlineData("[[3]]")]
    [InlineData("{\"id\": 3}")]
    public void An_end_that_is_no_id_is_refused(string ids)
    {
        using TestFolder folder = new();
        string model = Make(folder, Letters, likeliest: 0), text = folder.Write("text.txt", "abcdefgh");
        Configure(model, ids);
        Cli.AssertFails(1, [model, "'eos_token_id' in config.json"], "sample", model, "--prompt", "a");
        Cli.AssertFails(1, [model, "'eos_token_id' in config.json"], "eval", model, "--data", text);
    }

    private static string Reason(string model)
    {
        CliResult result = Cli.Run("sample", model, "--prompt", "abc", "--max-new-tokens", "4", "--temperature", "0", "--json");
        Assert.True(result.Code == 0, result.Error);
        return JsonDocument.Parse(result.Out).RootElement.GetProperty("samples")[0].GetProperty("finish_reason").GetString()!;
    }

    private static void Configure(string model, string ids)
    {
        string path = Path.Combine(model, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config["eos_token_id"] = JsonNode.Parse(ids);
        File.WriteAllText(path, config.ToJsonString());
    }

    // A model that always finds one id likeliest, with a tokenizer of the lower-case letters.
    private static string Make(TestFolder folder, int ids, int likeliest)
    {
        using Gpt model = TinyGpt.Make(KanPlacement.None, vocabulary: ids);
        using (no_grad())
        using (NewDisposeScope())
        {
            Tensor head = model.named_parameters().First(entry => entry.name == "lm_head.weight").parameter;
            head.zero_();
            model.named_parameters().First(entry => entry.name == "transformer.ln_f.bias").parameter.fill_(100);
            head[likeliest].fill_(1);
        }

        string path = folder[string.Create(CultureInfo.InvariantCulture, $"model{ids}")];
        HuggingFaceModel.Save(model, path);
        new CharTokenizer("abcdefghijklmnopqrstuvwxyz").Save(path);
        return path;
    }
}
