using System.Text.Json.Nodes;
using Kansformers.Checkpoints;
using Kansformers.Cli.Bench;
using Kansformers.Tests.Checkpoints;
using Kansformers.Training;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>Folders of encoders in Hugging Face's layout: their names, what is missing or old in them, and what is refused.</summary>
public class HuggingFaceEncoderTests
{
    public static TheoryData<string> Fixtures => [.. from family in (string[])["bert", "distilbert", "roberta"] from head in (string[])["mlm", "cls"] select $"{family}_{head}"];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_folder_is_written_as_it_was(string name)
    {
        using TestFolder folder = new();
        using (TransformerModel model = TransformerModel.FromPretrained(Fixture(name)))
        {
            Assert.Equal(KanPlacement.None, model.Options.Placement);
            HuggingFaceModel.Save(model, folder["saved"]);
        }

        IReadOnlyList<TensorChange> changes;
        using (ModelConversion conversion = new(ModelSource.Open(Fixture(name))))
            changes = conversion.ToHuggingFace(folder["converted"]);
        using TensorFile theirs = StateDictionary.Load(Path.Combine(Fixture(name), "model.safetensors"));
        string[] learned = [.. theirs.Tensors.Select(tensor => tensor.Name).Where(tensor => !tensor.EndsWith("position_ids", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        foreach (string written in (string[])["saved", "converted"])
        {
            using TensorFile ours = StateDictionary.Load(folder[$"{written}/model.safetensors"]);
            Assert.Equal(learned, ours.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
            Assert.All(ours.Tensors, tensor => Assert.Equal(theirs[tensor.Name].ToArray(), tensor.ToArray()));
            HuggingFaceFixture.SameConfig(HuggingFaceFixture.Config(Fixture(name)), HuggingFaceFixture.Config(folder[written]), Options(name, written == "converted"), "torch_dtype", "problem_type");
        }

        Assert.Equal(theirs.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), changes.Select(change => change.From!).Order(StringComparer.Ordinal));
        Assert.All(changes, change => Assert.Equal(change.Fate == TensorFate.Dropped ? null : change.From, change.To));
    }

    [Fact]
    public void Queries_keys_and_values_are_joined_in_our_files_and_told_so()
    {
        using TestFolder folder = new();
        using ModelConversion conversion = new(ModelSource.Open(Fixture("bert_mlm")));
        IReadOnlyList<TensorChange> changes = conversion.ToSafetensors(folder["model.safetensors"]);
        Assert.Contains(new TensorChange("bert.encoder.layer.1.attention.self.key.weight", "blocks.1.attn.c_attn.weight", TensorFate.Joined), changes);
        Assert.Contains(new TensorChange("bert.embeddings.position_ids", null, TensorFate.Dropped), changes);
        Assert.Contains(new TensorChange("cls.predictions.bias", "head.decoder.bias", TensorFate.Renamed), changes);
        using ModelConversion back = new(ModelSource.Open(folder["model.safetensors"]));
        Assert.Contains(new TensorChange("blocks.1.attn.c_attn.weight", "bert.encoder.layer.1.attention.self.key.weight", TensorFate.Split), back.ToHuggingFace(folder["hf"]));
        using TransformerModel expected = TransformerModel.FromPretrained(Fixture("bert_mlm")), found = TransformerModel.FromPretrained(folder["hf"]), ours = TransformerModel.FromPretrained(folder["model.safetensors"]);
        HuggingFaceFixture.Same(expected, found);
        HuggingFaceFixture.Same(expected, ours);
    }

    [Fact]
    public void Old_names_second_names_and_heads_for_pretraining_are_understood()
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        Change(folder, "bert_mlm", config => config["architectures"] = new JsonArray("BertForPreTraining"), tensors =>
        [
            .. tensors.Select(tensor => tensor.WithName(tensor.Name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal))),
            tensors.Single(tensor => tensor.Name == "bert.embeddings.word_embeddings.weight").WithName("cls.predictions.decoder.weight"),
            tensors.Single(tensor => tensor.Name == "cls.predictions.bias").WithName("cls.predictions.decoder.bias"),
            tensors.Single(tensor => tensor.Name == "bert.embeddings.token_type_embeddings.weight").WithName("cls.seq_relationship.weight"),
            tensors.Single(tensor => tensor.Name == "cls.predictions.transform.dense.weight").WithName("bert.pooler.dense.weight"),
        ]);
        using TransformerModel expected = TransformerModel.FromPretrained(Fixture("bert_mlm")), found = TransformerModel.FromPretrained(folder.Path);
        HuggingFaceFixture.Same(expected, found);
        IReadOnlyList<TensorChange> changes = HuggingFaceModel.Open(folder.Path).Changes;
        Assert.Contains(new TensorChange("cls.predictions.decoder.weight", "tokens.weight", TensorFate.Tied), changes);
        Assert.Contains(new TensorChange("bert.pooler.dense.weight", null, TensorFate.Dropped), changes);
        Assert.Contains(new TensorChange("bert.embeddings.LayerNorm.gamma", "norm.weight", TensorFate.Renamed), changes);
    }

    [Theory]
    [InlineData("bert_mlm", "cls.predictions.bias", "cls.predictions.decoder.bias")]
    [InlineData("roberta_mlm", "lm_head.bias", "lm_head.decoder.bias")]
    public void The_bias_of_the_logits_goes_by_either_name(string name, string first, string second)
    {
        using TestFolder folder = new();
        Change(folder, name, _ => { }, tensors => [.. tensors.Select(tensor => tensor.Name == first ? tensor.WithName(second) : tensor)]);
        using TransformerModel expected = TransformerModel.FromPretrained(Fixture(name)), found = TransformerModel.FromPretrained(folder.Path);
        HuggingFaceFixture.Same(expected, found);
        Assert.Contains(new TensorChange(second, "head.decoder.bias", TensorFate.Renamed), HuggingFaceModel.Open(folder.Path).Changes);
    }

    [Theory]
    [InlineData("bert", "Bert")]
    [InlineData("distilbert", "DistilBert")]
    [InlineData("roberta", "Roberta")]
    public void Bare_encoders_have_no_head(string family, string className)
    {
        using var scope = NewDisposeScope();
        using TestFolder folder = new();
        Change(folder, $"{family}_mlm", config => config["architectures"] = new JsonArray($"{className}Model"), tensors =>
            [.. tensors.Where(tensor => tensor.Name.StartsWith($"{family}.", StringComparison.Ordinal)).Select(tensor => tensor.WithName(tensor.Name[(family.Length + 1)..]))]);
        using EncoderModel whole = (EncoderModel)TransformerModel.FromPretrained(Fixture($"{family}_mlm")), bare = (EncoderModel)TransformerModel.FromPretrained(folder.Path);
        Assert.Equal(EncoderHead.None, bare.Encoder.Head);
        Tensor ids = tensor(new long[,] { { 5, 6, 7 } });
        Assert.Equal(whole.Hidden(ids).bytes.ToArray(), bare.forward(ids).bytes.ToArray());
        HuggingFaceModel.Save(bare, folder["again"]);
        using TransformerModel again = TransformerModel.FromPretrained(folder["again"]);
        HuggingFaceFixture.Same(bare, again);
    }

    [Theory]
    [InlineData("bert", EncoderHead.TokenClassification, "BertForTokenClassification", "classifier", "bert.pooler.dense")]
    [InlineData("distilbert", EncoderHead.TokenClassification, "DistilBertForTokenClassification", "classifier", "pre_classifier")]
    [InlineData("roberta", EncoderHead.TokenClassification, "RobertaForTokenClassification", "classifier", "classifier.dense")]
    [InlineData("bert", EncoderHead.QuestionAnswering, "BertForQuestionAnswering", "qa_outputs", "bert.pooler.dense")]
    [InlineData("distilbert", EncoderHead.QuestionAnswering, "DistilBertForQuestionAnswering", "qa_outputs", "pre_classifier")]
    [InlineData("roberta", EncoderHead.QuestionAnswering, "RobertaForQuestionAnswering", "qa_outputs", "classifier.dense")]
    public void Heads_for_words_and_answers_go_by_their_names(string family, EncoderHead head, string architecture, string layer, string absent)
    {
        using TestFolder folder = new();
        int labels = head == EncoderHead.TokenClassification ? 3 : 2;
        using EncoderModel model = EncoderTests.Make(family, options => options with
        {
            Head = head,
            Labels = labels,
            LabelNames = head == EncoderHead.TokenClassification ? new(["O", "B-X", "I-X"]) : null,
        });
        HuggingFaceModel.Save(model, folder["hf"]);
        JsonObject config = HuggingFaceFixture.Config(folder["hf"]);
        Assert.Equal(architecture, (string)config["architectures"]![0]!);
        if (head == EncoderHead.TokenClassification)
            Assert.Equal("I-X", (string)config["id2label"]!["2"]!);
        Assert.Null(config["problem_type"]);
        using (TensorFile file = StateDictionary.Load(folder["hf/model.safetensors"]))
        {
            Assert.Equal([labels, 8], file[layer + ".weight"].Shape);
            Assert.Equal([labels], file[layer + ".bias"].Shape);
            Assert.DoesNotContain(file.Tensors, tensor => tensor.Name.StartsWith(absent, StringComparison.Ordinal));
            Assert.All(file.Tensors.Where(tensor => !tensor.Name.StartsWith(layer, StringComparison.Ordinal)), tensor => Assert.StartsWith(family + ".", tensor.Name, StringComparison.Ordinal));
        }

        using (TransformerModel again = TransformerModel.FromPretrained(folder["hf"]))
            HuggingFaceFixture.Same(model, again);
        using (ModelConversion conversion = new(ModelSource.Open(folder["hf"])))
            conversion.ToSafetensors(folder["ours.safetensors"]);
        using (TransformerModel ours = TransformerModel.FromPretrained(folder["ours.safetensors"]))
            HuggingFaceFixture.Same(model, ours);

        // Without a word of what it is, the weights tell.
        config.Remove("architectures");
        File.WriteAllText(folder["hf/config.json"], config.ToJsonString());
        using TransformerModel told = TransformerModel.FromPretrained(folder["hf"]);
        HuggingFaceFixture.Same(model, told);
        config["id2label"] = JsonNode.Parse("""{"0":"a"}""");
        config["architectures"] = new JsonArray(architecture);
        File.WriteAllText(folder["hf/config.json"], config.ToJsonString());
        if (head == EncoderHead.TokenClassification)
            Assert.Contains("config.json says 1 labels, the weights 3", Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder["hf"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bert", "cls.predictions.decoder.weight")]
    [InlineData("distilbert", "vocab_projector.weight")]
    [InlineData("roberta", "lm_head.decoder.weight")]
    public void A_matrix_of_logits_of_its_own_counts(string family, string decoder)
    {
        using TestFolder folder = new();
        Change(folder, $"{family}_mlm", _ => { }, tensors =>
        {
            StoredTensor tokens = tensors.Single(tensor => tensor.Name == $"{family}.embeddings.word_embeddings.weight");
            byte[] other = tokens.ToArray();
            other[2] ^= 1;
            return [.. tensors, StoredTensor.Create(decoder, tokens.Type, tokens.Shape, other)];
        });
        ModelSource source = ModelSource.Open(folder.Path);
        using EncoderModel model = (EncoderModel)source.LoadModel();
        Assert.False(model.Encoder.TiedHead);
        Assert.Contains("they are not tied", Assert.Single(source.Notes), StringComparison.Ordinal);
        HuggingFaceModel.Save(model, folder["again"]);
        using TransformerModel again = TransformerModel.FromPretrained(folder["again"]);
        HuggingFaceFixture.Same(model, again);
    }

    [Fact]
    public void Names_of_labels_go_along()
    {
        using TestFolder folder = new();
        Change(folder, "roberta_cls", config => config["id2label"] = JsonNode.Parse("""{"0":"joy","1":"fear","2":"none of both"}"""), tensors => tensors);
        using EncoderModel model = (EncoderModel)TransformerModel.FromPretrained(folder.Path);
        Assert.Equal(["joy", "fear", "none of both"], model.Encoder.LabelNames!);
        Assert.Contains("joy, fear", Cli.Cli.Run("info", folder.Path).Out, StringComparison.Ordinal);
        HuggingFaceModel.Save(model, folder["hf"]);
        Assert.Equal(1, (int)HuggingFaceFixture.Config(folder["hf"])["label2id"]!["fear"]!);
        using (ModelConversion conversion = new(ModelSource.Open(folder["hf"])))
            conversion.ToPyTorch(folder["model.pt"]);
        using TransformerModel again = TransformerModel.FromPretrained(folder["model.pt"]);
        HuggingFaceFixture.Same(model, again);
        using TransformerModel plain = TransformerModel.FromPretrained(Fixture("roberta_cls"));
        Assert.NotEqual(plain.Options, model.Options);
    }

    [Fact]
    public void A_head_that_no_architecture_tells_is_told_by_the_weights()
    {
        using TestFolder folder = new();
        foreach (string name in Fixtures.Select(row => row.Data))
        {
            Change(folder, name, config => config.Remove("architectures"), tensors => tensors);
            using EncoderModel model = (EncoderModel)TransformerModel.FromPretrained(folder.Path);
            Assert.Equal(name.EndsWith("cls", StringComparison.Ordinal) ? EncoderHead.Classification : EncoderHead.MaskedLanguage, model.Encoder.Head);
        }
    }

    [Theory]
    [InlineData("bert_mlm", "architectures", "[\"BertForNextSentencePrediction\"]", "supported is [\"BertForMaskedLM\"]")]
    [InlineData("roberta_mlm", "architectures", "\"RobertaForMaskedLM\"", "no list of texts")]
    [InlineData("bert_mlm", "num_hidden_layers", "null", "'num_hidden_layers' in config.json is missing")]
    [InlineData("bert_mlm", "num_hidden_layers", "3", "config.json says 3 layers, the weights 2")]
    [InlineData("bert_mlm", "hidden_size", "36", "config.json says width 36, the weights 32")]
    [InlineData("bert_mlm", "vocab_size", "98", "config.json says vocabulary 98, the weights 99")]
    [InlineData("bert_mlm", "max_position_embeddings", "63", "config.json says 63 positions, the weights 64")]
    [InlineData("bert_mlm", "type_vocab_size", "3", "config.json says 3 token types, the weights 2")]
    [InlineData("bert_mlm", "intermediate_size", "38", "config.json says inner width 38, the weights 37")]
    [InlineData("bert_mlm", "num_attention_heads", "5", "heads is 5")]
    [InlineData("bert_mlm", "hidden_act", "\"quick_gelu\"", "supported is gelu, ")]
    [InlineData("bert_mlm", "position_embedding_type", "\"relative_key\"", "supported is absolute")]
    [InlineData("bert_mlm", "is_decoder", "true", "supported is false")]
    [InlineData("bert_mlm", "pad_token_id", "99", "0 to 98")]
    [InlineData("bert_mlm", "layer_norm_eps", "0", "norm epsilon is 0")]
    [InlineData("bert_mlm", "pruned_heads", "{\"1\":[0]}", "supported is {}")]
    [InlineData("bert_mlm", "model_type", "\"t5\"", "known are gpt2, bert, distilbert, roberta, bart")]
    [InlineData("bert_cls", "id2label", "{\"0\":\"a\"}", "supported is null or \"regression\"")]
    [InlineData("bert_cls", "id2label", "{\"0\":\"a\",\"1\":\"b\"}", "config.json says 2 labels, the weights 3")]
    [InlineData("bert_cls", "id2label", "{\"0\":\"a\",\"1\":\"b\",\"3\":\"c\"}", "has 3 entries, but no text \"2\"")]
    [InlineData("bert_cls", "id2label", "{\"0\":\"a\",\"1\":\"b\",\"2\":\"a\"}", "two labels are called 'a'")]
    [InlineData("bert_cls", "id2label", "[\"a\"]", "no object")]
    [InlineData("bert_cls", "problem_type", "\"multi_label_classification\"", "supported is null or \"single_label_classification\"")]
    [InlineData("bert_cls", "architectures", "[\"BertForMaskedLM\"]", "lacks 'cls.predictions.transform.dense.weight'")]
    [InlineData("distilbert_cls", "sinusoidal_pos_embds", "true", "supported is false")]
    [InlineData("distilbert_cls", "dim", "16", "config.json says width 16, the weights 32")]
    [InlineData("roberta_cls", "pad_token_id", "null", "padding id is null")]
    [InlineData("roberta_cls", "pad_token_id", "3", "block size")]
    public void What_the_model_does_not_have_is_refused_by_name(string name, string option, string value, string message)
    {
        using TestFolder folder = new();
        if (message == "block size")
        {
            // Positions are counted from the padding: another id leaves room for fewer tokens, and the folder still fits.
            Change(folder, name, config => config[option] = JsonNode.Parse(value), tensors => tensors);
            using TransformerModel fewer = TransformerModel.FromPretrained(folder.Path);
            Assert.Equal(60, fewer.Options.BlockSize);
            return;
        }

        Change(folder, name, config => config[option] = JsonNode.Parse(value), tensors => tensors);
        string refusal = Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder.Path)).Message;
        Assert.Contains(message, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Theory]
    [InlineData("bert.encoder.layer.1.attention.self.key.bias")]
    [InlineData("bert.encoder.layer.0.output.dense.weight")]
    [InlineData("cls.predictions.bias")]
    public void A_tensor_that_is_lacking_is_named_as_the_folder_has_it(string missing)
    {
        using TestFolder folder = new();
        Change(folder, "bert_mlm", _ => { }, tensors => [.. tensors.Where(tensor => tensor.Name != missing)]);
        Assert.Contains($"lacks '{missing}'", Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_is_strange_or_twice_there_is_refused()
    {
        using TestFolder folder = new();
        Change(folder, "bert_mlm", _ => { }, tensors => [.. tensors, tensors[1].WithName("bert.adapter.weight")]);
        Assert.Contains("bert.adapter.weight", Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder.Path)).Message, StringComparison.Ordinal);
        Change(folder, "bert_mlm", _ => { }, tensors => [.. tensors, tensors.Single(tensor => tensor.Name == "bert.embeddings.LayerNorm.bias").WithName("bert.embeddings.LayerNorm.beta")]);
        Assert.Contains("twice", Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder.Path)).Message, StringComparison.Ordinal);
        Change(folder, "bert_mlm", _ => { }, tensors => [.. tensors.Select(tensor => tensor.Name.EndsWith("1.attention.self.key.weight", StringComparison.Ordinal) ? StoredTensor.Create(tensor.Name, tensor.Type, [16, 64], tensor.ToArray()) : tensor)]);
        Assert.Contains("they must be alike", Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bert-base")]
    [InlineData("roberta-base")]
    [InlineData("bart-base")]
    public void Real_sizes_take_little_more_memory_than_their_weights(string preset)
    {
        using TestFolder folder = new();
        (Family family, ModelPreset sizes) = Families.Preset(preset);
        long bytes;
        using (TransformerModel model = family.Create(sizes.Apply(family.Defaults)))
        {
            bytes = 4 * model.ParameterCount;
            HuggingFaceModel.Save(model, folder["hf"]);
        }

        Tensor ids = arange(5, 25, dtype: ScalarType.Int64).unsqueeze(0);
        ExtraMemory memory = ExtraMemory.Begin();
        Assert.SkipUnless(memory.IsFresh, "the system does not set the peak of memory back");
        using (TransformerModel model = TransformerModel.FromPretrained(folder["hf"]))
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            model.eval();
            Assert.True(model.forward(ids).isfinite().all().item<bool>());
        }

        Assert.True(memory.PeakExtraBytes <= 1.3 * bytes, $"{memory.PeakExtraBytes >> 20} MiB for {bytes >> 20} MiB of weights");
    }

    [Theory]
    [InlineData("bert", "hidden_dropout_prob")]
    [InlineData("distilbert", "dropout")]
    [InlineData("roberta", "hidden_dropout_prob")]
    [InlineData("bart", "dropout")]
    public void A_share_of_dropout_behind_the_embedding_of_its_own_is_kept(string name, string option)
    {
        using TestFolder folder = new();
        Family family = Families.All.Single(one => one.Name == name);
        ModelOptions alike = family.Defaults.WithDropout(0.1) with { Layers = 1, Heads = 2, Width = 8, BlockSize = 8, VocabularySize = 12, Placement = KanPlacement.None };
        foreach (ModelOptions options in (ModelOptions[])[alike, alike with { EmbeddingDropout = 0.3 }])
        {
            using (TransformerModel model = family.Create(options))
                HuggingFaceModel.Save(model, folder.Path);
            using TransformerModel again = TransformerModel.FromPretrained(folder.Path);
            Assert.Equal((options.EmbeddingDropout, options.ResidualDropout), (again.Options.EmbeddingDropout, again.Options.ResidualDropout));
            JsonObject config = HuggingFaceFixture.Config(folder.Path);
            Assert.Equal((name, 0.1, options != alike), ((string)config["model_type"]!, (double)config[option]!, config.ContainsKey("embedding_dropout")));
        }
    }

    private static string Fixture(string name) => HuggingFaceFixture.Folder($"hf_{name}");

    private static void Change(TestFolder folder, string name, Action<JsonObject> change, Func<IReadOnlyList<StoredTensor>, IReadOnlyList<StoredTensor>> weights) =>
        HuggingFaceFixture.Change(folder, $"hf_{name}", change, weights);

    // What is written of a model; of one whose folder tells what ends a text, that, too.
    private static string Options(string name, bool converted)
    {
        string own = name.StartsWith("distil", StringComparison.Ordinal) ? "dim n_layers n_heads hidden_dim activation dropout attention_dropout seq_classif_dropout sinusoidal_pos_embds"
            : "hidden_size num_hidden_layers num_attention_heads intermediate_size hidden_act hidden_dropout_prob attention_probs_dropout_prob classifier_dropout type_vocab_size layer_norm_eps position_embedding_type";
        string labels = name.EndsWith("cls", StringComparison.Ordinal) ? " problem_type id2label label2id" : "";
        return $"model_type architectures vocab_size max_position_embeddings pad_token_id initializer_range tie_word_embeddings torch_dtype {own}{labels}{(converted && name.StartsWith("roberta", StringComparison.Ordinal) ? " eos_token_id" : "")}";
    }
}
