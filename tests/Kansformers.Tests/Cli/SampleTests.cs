using System.Text.Json;
using Kansformers.Cli;
using Kansformers.Generation;
using Kansformers.Training;

namespace Kansformers.Tests.Cli;

[Collection(TrainedRunTests.Name)]
public class SampleTests(TrainedRun run)
{
    [Fact]
    public void The_same_seed_gives_the_same_text_and_another_seed_gives_another()
    {
        string first = Text("--seed", "3");
        Assert.Equal(40, first.Length);
        Assert.Equal(first, Text("--seed", "3"));
        Assert.Equal(first, Text("--seed", "3", "--no-cache"));
        Assert.NotEqual(first, Text("--seed", "4"));
        Assert.Equal(Text("--temperature", "0"), Text("--temperature", "0", "--seed", "9"));
    }

    [Fact]
    public void A_prompt_comes_from_the_argument_a_file_or_standard_input()
    {
        using TestFolder folder = new();
        CliResult argument = Sample("--prompt", "the fox");
        Assert.Equal(argument.Out, Sample("--prompt-file", folder.Write("prompt.txt", "the fox")).Out);
        Assert.Equal(argument.Out, Cli.RunWithInput("the fox", "sample", run.Folder, "--max-new-tokens", "40", "--prompt", "-").Out);
        Assert.StartsWith("the fox", argument.Out, StringComparison.Ordinal);
        Assert.Equal(47 + Environment.NewLine.Length, argument.Out.Length);
    }

    [Fact]
    public void Several_samples_differ_and_the_first_does_not_depend_on_their_number()
    {
        JsonElement[] texts = [.. Json("--samples", "3").GetProperty("samples").EnumerateArray()];
        Assert.Equal(3, texts.Select(text => text.GetProperty("text").GetString()).Distinct().Count());
        Assert.Equal(Text(), texts[0].GetProperty("text").GetString());
        foreach (string name in new[] { "prompt_tokens", "new_tokens", "tokens_per_second", "first_token_ms" })
            Assert.All(texts, text => Assert.True(text.GetProperty(name).GetDouble() >= 0));
        Assert.All(texts, text => Assert.Equal("length", text.GetProperty("finish_reason").GetString()));
    }

    [Fact]
    public void A_stop_string_ends_the_text_before_it()
    {
        string whole = Text();
        string stop = whole[5..7];
        int place = whole.IndexOf(stop, StringComparison.Ordinal);
        JsonElement sample = Json("--stop", stop, "--stop", "@@").GetProperty("samples")[0];
        Assert.Equal(whole[..place], sample.GetProperty("text").GetString());
        Assert.Equal("stop_string", sample.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public void An_interruption_while_the_sample_at_the_end_is_written_keeps_the_result_of_the_training()
    {
        using TestFolder folder = new();
        using CancellationTokenSource source = new();
        RunConfig config = Training.TinyTraining.Config(folder);
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using Interrupting newOut = new(source);
        using StringWriter newError = new();
        try
        {
            Console.SetOut(newOut);
            Console.SetError(newError);
            using TrainingSession session = TrainingDisplay.Run(display => TrainingSession.Train(TrainingRun.Start(config, folder["run"]), "the ", display, default));
            Assert.Equal(CommandLineApp.Succeeded, session.Finish(false, "the ", new SamplingOptions { MaxNewTokens = 1000 }, source.Token));
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }

        string[] told = newError.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("done: 9 steps", told[^1], StringComparison.Ordinal);
        Assert.EndsWith(" tokens/s", told.Single(line => line.StartsWith("step 9/9 ", StringComparison.Ordinal)), StringComparison.Ordinal); // with no time left
        Assert.InRange(newOut.ToString().TrimEnd().Length, 0, 20);
        Assert.Contains("## What it writes", File.ReadAllText(folder["run/README.md"]), StringComparison.Ordinal);
    }

    // As a user who has seen enough.
    private sealed class Interrupting(CancellationTokenSource source) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            source.Cancel();
        }
    }

    private CliResult Sample(params string[] options) => Cli.Run(["sample", run.Folder, "--max-new-tokens", "40", .. options]);

    private JsonElement Json(params string[] options) => JsonContractTests.Object(Sample(["--json", .. options]));

    private string Text(params string[] options) => Json(options).GetProperty("samples")[0].GetProperty("text").GetString()!;
}
