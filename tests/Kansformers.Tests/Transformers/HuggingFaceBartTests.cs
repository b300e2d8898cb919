using System.Text.Json.Nodes;
using Kansformers.Checkpoints;
using Kansformers.Tests.Checkpoints;
using Kansformers.Training;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>Folders of BART in Hugging Face's layout: their names, what is missing or twice in them, and what is refused.</summary>
public class HuggingFaceBartTests
{
    private const string Written = "model_type architectures is_encoder_decoder vocab_size max_position_embeddings d_model encoder_layers decoder_layers num_hidden_layers encoder_attention_heads "
        + "decoder_attention_heads encoder_ffn_dim decoder_ffn_dim activation_function dropout attention_dropout activation_dropout encoder_layerdrop decoder_layerdrop scale_embedding init_std "
        + "tie_word_embeddings pad_token_id decoder_start_token_id eos_token_id torch_dtype";

    // Of how texts are written, where config.json tells it.
    private const string Generation = " bad_words_ids begin_suppress_tokens bos_token_id diversity_penalty do_sample early_stopping encoder_no_repeat_ngram_size exponential_decay_length_penalty "
        + "forced_bos_token_id forced_eos_token_id length_penalty max_length min_length no_repeat_ngram_size num_beam_groups num_beams num_return_sequences remove_invalid_values repetition_penalty "
        + "suppress_tokens temperature top_k top_p typical_p";

    private static readonly string Fixture = HuggingFaceFixture.Folder("hf_bart");

    [Fact]
    public void A_folder_is_written_as_it_was()
    {
        using TestFolder folder = new();
        using (TransformerModel model = TransformerModel.FromPretrained(Fixture))
            HuggingFaceModel.Save(model, folder["saved"]);
        IReadOnlyList<TensorChange> changes;
        using (ModelConversion conversion = new(ModelSource.Open(Fixture)))
        {
            changes = conversion.ToHuggingFace(folder["converted"]);
            conversion.ToSafetensors(folder["ours.safetensors"]);
        }

        using TensorFile theirs = StateDictionary.Load(Path.Combine(Fixture, "model.safetensors"));
        foreach (string written in (string[])["saved", "converted"])
        {
            using TensorFile ours = StateDictionary.Load(folder[$"{written}/model.safetensors"]);
            Assert.Equal(theirs.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), ours.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
            Assert.All(ours.Tensors, tensor => Assert.Equal(theirs[tensor.Name].ToArray(), tensor.ToArray()));
            string options = written == "saved" ? Written : Written + Generation;
            HuggingFaceFixture.SameConfig(HuggingFaceFixture.Config(Fixture), HuggingFaceFixture.Config(folder[written]), options, "torch_dtype");
        }

        Assert.All(changes, change => Assert.Equal(change.From, change.To));
        using TransformerModel expected = TransformerModel.FromPretrained(Fixture), found = TransformerModel.FromPretrained(folder["ours.safetensors"]);
        HuggingFaceFixture.Same(expected, found);
        Assert.Contains(found.state_dict().Keys, name => name == "decoder.blocks.1.cross.c_kv.weight");
    }

    [Fact]
    public void A_bare_model_is_whole_with_the_tied_head_and_copies_of_the_embedding_are_left_out()
    {
        using TestFolder folder = new();
        Change(folder, config => config["architectures"] = new JsonArray("BartModel"), tensors =>
        [
            .. tensors.Where(tensor => tensor.Name != "final_logits_bias").Select(tensor => tensor.WithName(tensor.Name["model.".Length..])),
            Shared(tensors).WithName("encoder.embed_tokens.weight"),
            Shared(tensors).WithName("decoder.embed_tokens.weight"),
        ]);
        using TransformerModel expected = TransformerModel.FromPretrained(Fixture), found = TransformerModel.FromPretrained(folder.Path);
        HuggingFaceFixture.Same(expected, found);
        IReadOnlyList<TensorChange> changes = HuggingFaceModel.Open(folder.Path).Changes;
        Assert.Contains(new TensorChange("decoder.embed_tokens.weight", "tokens.weight", TensorFate.Tied), changes);
        Assert.Single(changes, new TensorChange(null, "logits_bias", TensorFate.Added));
    }

    [Fact]
    public void A_matrix_of_logits_of_its_own_counts_and_a_copy_does_not()
    {
        using TestFolder folder = new();
        Change(folder, _ => { }, tensors => [.. tensors, Shared(tensors).WithName("lm_head.weight")]);
        using (TransformerModel copy = TransformerModel.FromPretrained(folder.Path))
            Assert.True(((BartOptions)copy.Options).TiedHead);
        Change(folder, _ => { }, tensors => [.. tensors, Other(Shared(tensors), "lm_head.weight")]);
        ModelSource source = ModelSource.Open(folder.Path);
        using TransformerModel own = source.LoadModel();
        Assert.False(((BartOptions)own.Options).TiedHead);
        Assert.Contains("they are not tied", Assert.Single(source.Notes), StringComparison.Ordinal);
        HuggingFaceModel.Save(own, folder["again"]);
        using TransformerModel again = TransformerModel.FromPretrained(folder["again"]);
        HuggingFaceFixture.Same(own, again);
    }

    [Theory]
    [InlineData("d_model", "16", "config.json says width 16, the weights 32")]
    [InlineData("encoder_layers", "3", "config.json says 3 layers of the encoder, the weights 2")]
    [InlineData("decoder_layers", "1", "config.json says 1 layers of the decoder, the weights 2")]
    [InlineData("decoder_ffn_dim", "36", "config.json says inner width 36 of the decoder, the weights 37")]
    [InlineData("max_position_embeddings", "66", "66 positions of the encoder, 66 positions of the decoder, the weights 64, 64")]
    [InlineData("vocab_size", "98", "vocabulary 98, the weights 99")]
    [InlineData("decoder_attention_heads", "5", "decoder heads is 5")]
    [InlineData("activation_function", "\"quick_gelu\"", "supported is gelu, ")]
    [InlineData("architectures", "[\"BartForSequenceClassification\"]", "supported is [\"BartForConditionalGeneration\"], [\"BartModel\"]")]
    [InlineData("normalize_before", "true", "supported is false")]
    [InlineData("encoder_layerdrop", "0.1", "supported is 0")]
    [InlineData("pad_token_id", "null", "a token of the vocabulary, 0 to 98")]
    [InlineData("decoder_start_token_id", "99", "a token of the vocabulary, 0 to 98")]
    public void What_the_model_does_not_have_is_refused_by_name(string option, string value, string message)
    {
        using TestFolder folder = new();
        Change(folder, config => config[option] = JsonNode.Parse(value), tensors => tensors);
        string refusal = Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder.Path)).Message;
        Assert.Contains(message, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Fact]
    public void Tensors_that_lack_are_strange_or_contradict_each_other_are_named()
    {
        using TestFolder folder = new();
        foreach ((string message, Func<IReadOnlyList<StoredTensor>, IReadOnlyList<StoredTensor>> change) in ((string, Func<IReadOnlyList<StoredTensor>, IReadOnlyList<StoredTensor>>)[])
        [
            ("lacks 'model.decoder.layers.1.encoder_attn.k_proj.bias'", tensors => [.. tensors.Where(tensor => tensor.Name != "model.decoder.layers.1.encoder_attn.k_proj.bias")]),
            ("model.adapter.weight", tensors => [.. tensors, tensors[1].WithName("model.adapter.weight")]),
            ("'model.decoder.embed_tokens.weight' and the embedding of tokens differ", tensors => [.. tensors, Other(Shared(tensors), "model.decoder.embed_tokens.weight")]),
        ])
        {
            Change(folder, _ => { }, change);
            Assert.Contains(message, Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder.Path)).Message, StringComparison.Ordinal);
        }
    }

    private static StoredTensor Shared(IReadOnlyList<StoredTensor> tensors) => tensors.Single(tensor => tensor.Name == "model.shared.weight");

    private static StoredTensor Other(StoredTensor tensor, string name)
    {
        byte[] bytes = tensor.ToArray();
        bytes[2] ^= 1;
        return StoredTensor.Create(name, tensor.Type, tensor.Shape, bytes);
    }

    private static void Change(TestFolder folder, Action<JsonObject> change, Func<IReadOnlyList<StoredTensor>, IReadOnlyList<StoredTensor>> weights) =>
        HuggingFaceFixture.Change(folder, "hf_bart", change, weights);
}
