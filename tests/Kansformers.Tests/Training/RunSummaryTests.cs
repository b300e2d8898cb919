using Kansformers.Training;

namespace Kansformers.Tests.Training;

public class RunSummaryTests
{
    private static readonly RunSummary Summary = new()
    {
        Title = "gpt-nano on tinyshakespeare",
        CommandLine = "kansformers train --data shakespeare.txt",
        Corpus = "shakespeare.txt (1.1 MB)",
        Model = ["3 layers, 3 heads, width 48", "KAN: B-spline, grid 5"],
        Parameters = 1_234_567,
        KanParameters = 1_200_000,
        Steps = 2000,
        Tokens = 1_536_000,
        TrainLoss = 2.01234,
        ValidationLoss = 2.25,
        BestValidationLoss = 2.2,
        BestStep = 1800,
        Seconds = 125.4,
        TokensPerSecond = 12_249.4,
        PeakMemoryBytes = 812_345_678,
        Sample = "KING:\nTo be",
        Uses = new NextTokenOptions().Uses("runs/a"),
        ResumeCommand = "kansformers train --resume runs/a",
    };

    [Fact]
    public void The_text_says_what_was_trained_what_it_reached_and_how_to_use_it()
    {
        const string expected =
            """
            # gpt-nano on tinyshakespeare

            Trained on shakespeare.txt (1.1 MB).

            - 3 layers, 3 heads, width 48
            - KAN: B-spline, grid 5

            ![Loss by step](loss.svg)

            | | |
            |---|---|
            | parameters | 1.2 M (1234567) |
            | of these in KAN layers | 1.2 M (1200000) |
            | steps | 2000 |
            | tokens | 1.5 M |
            | training loss, last | 2.0123 nats per token |
            | validation loss, last | 2.2500 nats per token (perplexity 9.49) |
            | validation loss, best | 2.2000 nats per token (perplexity 9.03) at step 1800 |
            | time | 2 min 05 s |
            | tokens per second | 12249 |
            | peak memory | 812 MB |

            ## Made by

            ```sh
            kansformers train --data shakespeare.txt
            ```

            ## What it writes

            ```text
            KING:
            To be
            ```

            ## Use it

            ```sh
            kansformers sample runs/a   # more text
            kansformers eval runs/a   # loss, perplexity, bits per byte
            kansformers train --resume runs/a   # train on from the last checkpoint
            ```

            """;
        Assert.Equal(expected.ReplaceLineEndings("\n"), Summary.ToMarkdown());
    }

    [Fact]
    public void What_a_run_is_good_for_and_whether_its_loss_has_a_perplexity_are_its_objectives_to_say()
    {
        (ObjectiveOptions, bool, string[])[] cases =
        [
            (new NextTokenOptions(), true, ["sample a   # more text", "eval a   # loss, perplexity, bits per byte"]),
            (new MaskedLanguageOptions(), true, ["eval a   # masked loss and perplexity"]),
            (new DenoisingOptions(), true, ["sample a --prompt \"a text\"   # the text as the model would have it", "eval a   # loss and perplexity, and noised texts beside what is made of them"]),
            (new DistillationOptions(), true, ["eval a   # its loss on other text"]),
            (new ClassificationOptions(), false, ["predict a --data texts.txt   # a label for each line", "eval a   # every measure of the labels"]),
            (new RegressionOptions(), false, ["predict a --data texts.txt   # a number for each line", "eval a   # errors and correlations"]),
            (new TokenClassificationOptions(), false, ["predict a --data texts.txt   # a label for each word", "eval a   # every measure of the labels"]),
            (new QuestionAnsweringOptions(), false, ["predict a --data questions.jsonl   # an answer to each question", "eval a   # exact match and F1 of the answers"]),
        ];
        Assert.Equal(Objectives.All.Select(entry => entry.Kind).Order(), cases.Select(one => one.Item1.Kind).Order());
        foreach ((ObjectiveOptions objective, bool hasPerplexity, string[] uses) in cases)
        {
            string text = (Summary with { LossUnit = objective.LossUnit, HasPerplexity = objective.HasPerplexity, Uses = objective.Uses("a") }).ToMarkdown();
            string[] commands = [.. uses.Select(use => $"kansformers {use}"), "kansformers train --resume runs/a   # train on from the last checkpoint"];
            Assert.EndsWith($"## Use it\n\n```sh\n{string.Join('\n', commands)}\n```\n", text, StringComparison.Ordinal);
            Assert.Equal(hasPerplexity, text.Contains("perplexity 9.03", StringComparison.Ordinal));
            Assert.Contains($"2.2000 {objective.LossUnit}", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_a_model_writes_stays_inside_its_block()
    {
        string text = (Summary with { Sample = "a\n```\n# not a heading\n````\u001b[31m\0 b\r\n" }).ToMarkdown();
        Assert.Contains("`````text\na\n```\n# not a heading\n````\uFFFD[31m\uFFFD b\n`````\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_with_markup_are_shown_as_they_are()
    {
        string text = (Summary with { Corpus = "my_data|<x>*.txt\nsecond", Sample = null, ValidationLoss = null, BestValidationLoss = null }).ToMarkdown();
        Assert.Contains("Trained on my\\_data\\|\\<x\\>\\*.txt second.\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("validation", text, StringComparison.Ordinal);
        Assert.DoesNotContain("What it writes", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_commands_that_went_on_stand_below_the_one_that_started()
    {
        string text = (Summary with { Resumes = ["kansformers train --resume a", "kansformers train --resume a", "kansformers train --resume b"] }).ToMarkdown();
        Assert.Contains("sh\nkansformers train --data shakespeare.txt\nkansformers train --resume a   # 2 times\nkansformers train --resume b\n```", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Made by", (Summary with { CommandLine = null }).ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_written_as_the_folders_readme()
    {
        using TestFolder folder = new();
        Summary.Write(folder["run"]);
        Assert.Equal(Summary.ToMarkdown(), File.ReadAllText(folder["run/README.md"]));
    }
}
