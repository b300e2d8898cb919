using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>What is said of families that are not there, or cannot do what is asked.</summary>
public class OtherFamilyTests
{
    [Theory]
    [InlineData(2, "unknown family 'nosuch': use gpt", "--family nosuch")]
    [InlineData(2, "unknown family 'nosuch'", "--family nosuch --layers 1 --heads 1 --embd 8")]
    [InlineData(2, "unknown model 'nosuch' of the family gpt", "--family gpt --model nosuch")]
    [InlineData(2, "unknown model 'nosuch'", "--model nosuch")]
    public void The_command_line_names_what_there_is(int code, string words, string options) =>
        Cli.Cli.AssertFails(code, [words], Cli.Cli.Args($"train {options}"));

    [Theory]
    [InlineData("--family bert --objective next-token", "objective next-token is not for the family bert", "bert can learn mlm")]
    [InlineData("--family roberta --objective next-token", "it is for gpt, kansformer", "roberta can learn mlm")]
    [InlineData("--family gpt --objective mlm", "it is for bert, distilbert, roberta", "gpt can learn next-token")]
    [InlineData("--task classification --model gpt-nano", "objective classification is not for the family gpt", "")]
    public void The_command_line_says_which_objectives_fit_a_family(string options, string words, string more)
    {
        using TestFolder folder = new();
        Cli.Cli.AssertFails(2, [words, more], [.. Cli.Cli.Args($"train {options} --data"), folder.Write("text.txt", Training.TinyTraining.Text), "--out", folder["run"]]);
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public void A_run_of_an_unknown_family_says_so()
    {
        using TestFolder folder = new();
        string path = folder["config.json"];
        Training.TinyTraining.Config(folder).Save(path);
        string text = File.ReadAllText(path);
        Assert.Contains("\"family\": \"gpt\"", text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace("\"family\": \"gpt\"", "\"family\": \"nosuch\"", StringComparison.Ordinal));
        Assert.Contains("unknown family 'nosuch'", Assert.Throws<KansformersException>(() => RunConfig.Load(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace("    \"family\": \"gpt\",\n", "", StringComparison.Ordinal));
        Assert.Equal(Training.TinyTraining.Model, RunConfig.Load(path).Model);
    }

    [Fact]
    public void A_model_that_predicts_no_next_token_cannot_continue_text_or_learn_it()
    {
        using TestFolder folder = new();
        using var corpus = Training.TinyTraining.Corpus(folder);
        using Encoder model = new();
        Assert.Contains("needs a model that predicts the next token", Assert.Throws<KansformersException>(() => new NextTokenOptions().Create(model, new TrainingData(corpus.Train), Training.TinyTraining.Options)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot continue or score text", Assert.Throws<KansformersException>(() => CausalModel.Of(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hint_that_contradicts_a_file_is_refused()
    {
        using TestFolder folder = new();
        using Gpt model = TinyGpt.Make(KanPlacement.All);
        HuggingFaceModel.Save(model, folder["hf"]);
        Assert.Contains("2 heads, not 4", Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder["hf"], hints: new ModelHints(4))).Message, StringComparison.Ordinal);
        Assert.Contains("neither a run", Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<KansformersException>(() => TransformerModel.FromPretrained(folder["nothing"]));
    }

    private sealed class Encoder() : TransformerModel(nameof(Encoder), new GptOptions())
    {
        public override Tensor forward(Tensor input) => input;

        public override Tensor Loss(TokenBatch batch, double share = 1) => batch.Tokens;

        protected internal override nn.Module<Tensor, Tensor>? Head => null;
    }
}
