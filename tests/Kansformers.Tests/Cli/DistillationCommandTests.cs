using System.Text.Json;
using Kansformers.Tests.Training;
using Kansformers.Training;

namespace Kansformers.Tests.Cli;

/// <summary>Distillation by the command line.</summary>
public class DistillationCommandTests : OneThread
{
    [Fact]
    public void A_student_takes_its_teachers_tokenizer_and_is_evaluated_without_it()
    {
        using TestFolder folder = new();
        string text = folder.Write("book.txt", TinyTraining.Text), part = folder.Write("part.txt", string.Concat(Enumerable.Repeat("the quick fox 123\n", 100)));
        Succeed([.. Cli.Args($"train {Cli.Small} --placement none --data"), text, "--out", folder["teacher"]]);
        string[] call = [.. Cli.Args($"train {Cli.Small} --objective distillation --family gpt --placement mlp --kan rational --temperature 3 --teacher"), folder["teacher"], "--data", part];
        JsonElement told = JsonDocument.Parse(Succeed([.. call, "--json", "--out", folder["student"]]).Out).RootElement;
        Assert.Equal("distillation", told.GetProperty("objective").GetString());
        Assert.InRange(told.GetProperty("val_agreement").GetDouble(), 0, 1);
        RunConfig config = RunFolder.Open(folder["student"]).Config;
        Assert.Equal(new DistillationOptions { Temperature = 3 }.With(folder["teacher"], config.Model), config.Training.Objective);
        Assert.Equal(RunFolder.Open(folder["teacher"]).Config.Model.VocabularySize, config.Model.VocabularySize); // more characters than the part of the text has
        Directory.Delete(folder["teacher"], recursive: true);
        Succeed("eval", folder["student"]);
        Succeed("info", folder["student"]);
        Cli.AssertFails(1, ["the teacher cannot be used", "training.objective.teacher"], "train", "--resume", folder["student"], "--max-iters", "20");
    }

    [Fact]
    public void What_is_missing_is_told()
    {
        using TestFolder folder = new();
        string text = folder.Write("book.txt", TinyTraining.Text);
        Cli.AssertFails(2, ["distillation learns from a model that is trained already; give --teacher"], [.. Cli.Args($"train {Cli.Small} --objective distillation --data"), text]);
        Cli.AssertFails(1, ["--teacher", "there is no run folder or weight file"], [.. Cli.Args($"train {Cli.Small} --objective distillation --teacher"), folder["none"], "--data", text]);
        Cli.AssertFails(2, ["--teacher is nothing to --objective next-token"], [.. Cli.Args($"train {Cli.Small} --teacher"), folder["none"], "--data", text]);
        Cli.AssertFails(2, ["temperature is 0; it must be a finite number above 0"], [.. Cli.Args($"train {Cli.Small} --objective distillation --temperature 0 --teacher"), folder["none"], "--data", text]);
    }

    [Fact]
    public void The_recipes_order_of_the_text_holds_unless_another_is_given()
    {
        using TestFolder folder = new();
        string text = folder.Write("book.txt", TinyTraining.Text);
        Succeed([.. Cli.Args($"train {Cli.Small} --placement none --data"), text, "--out", folder["teacher"]]);
        string[] call = [.. Cli.Args("train --layers 1 --heads 2 --embd 8 --block-size 8 --max-iters 2 --sample-tokens 0 --objective distillation --teacher"), folder["teacher"], "--data", text];
        Succeed([.. call, "--out", folder["a"]]);
        Succeed([.. call, "--order", "replacement", "--out", folder["b"]]);
        Assert.Equal((BatchOrder.Shuffled, BatchOrder.Replacement), (OrderOf("a"), OrderOf("b")));

        BatchOrder OrderOf(string run) => ((DistillationOptions)RunFolder.Open(folder[run]).Config.Training.Objective).Order;
    }

    [Fact]
    public void Students_are_compared_with_each_other_and_with_a_model_without_a_teachers_part()
    {
        using TestFolder folder = new();
        string text = folder.Write("book.txt", TinyTraining.Text);
        Succeed([.. Cli.Args($"train {Cli.Small} --placement none --data"), text, "--out", folder["teacher"]]);
        string[] call = [.. Cli.Args("compare --layers 1 --heads 2 --embd 8 --block-size 8 --max-iters 4 --seeds 1 --jobs 1 --recipe original --json --objective distillation --teacher"), folder["teacher"],
            "--data", text, "--models", "student = linear; alone = linear soft-weight=0 cosine-weight=0", "--out", folder["c"]];
        CliResult result = Succeed(call);
        Assert.DoesNotContain("other batches", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse(result.Out).RootElement.GetProperty("models").GetArrayLength());
        Cli.AssertFails(2, ["give --teacher"], [.. Cli.Args("compare --objective distillation --models linear --data"), text]);
    }

    private static CliResult Succeed(params string[] call)
    {
        CliResult result = Cli.Run(call);
        Assert.True(result.Code == 0, $"{string.Join(' ', call)}: {result.Error}");
        return result;
    }
}
