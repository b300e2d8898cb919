using System.Text.Json.Nodes;
using Kansformers.Generation;
using Kansformers.Tests.Transformers;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Tests.Generation;

/// <summary>What folders in Hugging Face's layout ask of beam search: what is taken, what does nothing, what is refused; and that folders keep it.</summary>
public class BeamConfigTests
{
    private static readonly string Fixture = HuggingFaceFixture.Folder("hf_bart");

    [Fact]
    public void A_folder_tells_its_options()
    {
        using TestFolder folder = Copy();
        BeamOptions plain = BeamOptions.Of(Fixture);
        Assert.Equal([2], plain.EndOfText!);
        Assert.Equal(new BeamOptions { Beams = 1, MaxLength = 20 }, plain with { EndOfText = null });
        BeamOptions told = Generation(folder, """{"num_beams":4,"max_length":142,"min_length":56,"length_penalty":2.0,"early_stopping":true,"no_repeat_ngram_size":3,"forced_bos_token_id":0,"forced_eos_token_id":2,"eos_token_id":2}""");
        Assert.Equal((4, 142, 56, 2.0, BeamStop.First, 3, 0, 2), (told.Beams, told.MaxLength, told.MinLength, told.LengthPenalty, told.Stop, told.NoRepeatNgram, told.ForcedBegin, told.ForcedEnd));
        BeamOptions fresh = Generation(folder, """{"max_length":142,"max_new_tokens":30,"min_new_tokens":7,"early_stopping":"never"}""");
        Assert.Equal((30, 7, null, BeamStop.Proven), (fresh.MaxNewTokens, fresh.MinNewTokens, fresh.MaxLength, fresh.Stop));
        Assert.Equal(64, Generation(folder, """{"max_new_tokens":300}""").MaxNewTokens); // the block
    }

    [Fact]
    public void What_does_nothing_is_accepted()
    {
        using TestFolder folder = Copy();
        BeamOptions told = Generation(folder, """
            {"suppress_tokens":[],"begin_suppress_tokens":[],"sequence_bias":null,"forced_decoder_ids":[],"renormalize_logits":false,"guidance_scale":1.0,"bad_words_ids":null,"repetition_penalty":1,
            "decoder_start_token_id":2,"bos_token_id":0,"do_sample":false,"top_k":50}
            """);
        Assert.Empty(told.Suppressed);
        Assert.Equal([5, 6], Generation(folder, """{"suppress_tokens":[5,6]}""").Suppressed);
    }

    [Theory]
    [InlineData("begin_suppress_tokens", "[5]", "supported is null")]
    [InlineData("sequence_bias", "[[[5],-1.0]]", "supported is null")]
    [InlineData("forced_decoder_ids", "[[1,5]]", "supported is null")]
    [InlineData("renormalize_logits", "true", "supported is false")]
    [InlineData("guidance_scale", "1.5", "supported is 1")]
    [InlineData("repetition_penalty", "1.2", "supported is 1")]
    [InlineData("max_time", "0.5", "supported is null")]
    [InlineData("stop_strings", "\"end\"", "supported is null")]
    [InlineData("decoder_start_token_id", "0", "supported is 2, from which the model of config.json begins")]
    [InlineData("bos_token_id", "0", "supported is 2, from which the model of config.json begins")]
    [InlineData("suppress_tokens", "[-1]", "must be a token id")]
    public void What_would_change_the_text_is_refused_by_name(string option, string value, string message)
    {
        using TestFolder folder = Copy();
        string refusal = Assert.Throws<KansformersException>(() => Generation(folder, $$"""{"{{option}}":{{value}}}""")).Message;
        Assert.Contains($"'{option}' in generation_config.json is ", refusal, StringComparison.Ordinal);
        Assert.Contains(message, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
        Assert.Contains("no JSON object", Assert.Throws<KansformersException>(() => Generation(folder, "[]")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_word_forces_the_beginning()
    {
        using TestFolder folder = Copy();
        Config(folder, config => (config["force_bos_token_to_be_generated"], config["bos_token_id"]) = (true, 7));
        Assert.Equal(7, BeamOptions.Of(folder.Path).ForcedBegin);
        Config(folder, config => config["forced_bos_token_id"] = 8);
        Assert.Equal(8, BeamOptions.Of(folder.Path).ForcedBegin);
        Config(folder, config => (config["forced_bos_token_id"], config["force_bos_token_to_be_generated"]) = (null, false));
        Assert.Null(BeamOptions.Of(folder.Path).ForcedBegin);
    }

    [Fact]
    public void What_a_model_writes_is_what_its_folder_asks_for()
    {
        using TestFolder folder = new();
        using Bart model = BartTests.Make();
        HuggingFaceModel.Save(model, folder["hf"]);
        BeamOptions told = BeamOptions.Of(folder["hf"]);
        Assert.Equal([2], told.EndOfText!);
        Assert.Equal(new BeamOptions { MaxLength = 9 }, told with { EndOfText = null });
        int[][] inputs = [[4, 6, 3, 8], [5, 3]];
        Assert.Equal(new BeamSearch(model).Generate(inputs).Select(texts => texts[0].Tokens), new BeamSearch(model, told).Generate(inputs).Select(texts => texts[0].Tokens));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_converted_folder_asks_for_what_its_source_does(bool ownFile)
    {
        using TestFolder source = Copy(), folder = new();
        if (ownFile)
            source.Write("generation_config.json", """{"num_beams":3,"max_length":30,"eos_token_id":2,"repetition_penalty":1.2}""");
        else
            Config(source, config => (config["num_beams"], config["min_length"], config["forced_eos_token_id"], config["force_bos_token_to_be_generated"]) = (5, 4, 2, true));
        using (ModelConversion conversion = new(ModelSource.Open(source.Path)))
            conversion.ToHuggingFace(folder["hf"]);
        if (ownFile)
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(source["generation_config.json"])), JsonNode.Parse(File.ReadAllText(folder["hf/generation_config.json"]))));
        else
            Assert.Equal(BeamOptions.Of(source.Path) with { EndOfText = null }, BeamOptions.Of(folder["hf"]) with { EndOfText = null });
    }

    [Theory]
    [InlineData("guidance_scale", "1.5")]
    [InlineData("forced_decoder_ids", "[[1,5]]")]
    [InlineData("stop_strings", "[\"end\"]")]
    [InlineData("max_time", "0.5")]
    [InlineData("repetition_penalty", "1.2")]
    [InlineData("renormalize_logits", "true")]
    public void A_converted_folder_asks_for_what_is_refused_of_its_source(string option, string value)
    {
        using TestFolder source = Copy(), folder = new();
        Config(source, config => config[option] = JsonNode.Parse(value));
        using (ModelConversion conversion = new(ModelSource.Open(source.Path)))
            conversion.ToHuggingFace(folder["hf"]);
        foreach (string asked in (string[])[source.Path, folder["hf"]])
            Assert.Contains($"'{option}' in config.json is ", Assert.Throws<KansformersException>(() => BeamOptions.Of(asked)).Message, StringComparison.Ordinal);
    }

    private static TestFolder Copy()
    {
        TestFolder folder = new();
        foreach (string name in (string[])["config.json", "model.safetensors"])
            File.Copy(Path.Combine(Fixture, name), folder[name]);
        return folder;
    }

    private static BeamOptions Generation(TestFolder folder, string json)
    {
        folder.Write("generation_config.json", json);
        return BeamOptions.Of(folder.Path);
    }

    private static void Config(TestFolder folder, Action<JsonObject> change)
    {
        JsonObject config = HuggingFaceFixture.Config(folder.Path);
        change(config);
        folder.Write("config.json", config.ToJsonString());
    }
}
