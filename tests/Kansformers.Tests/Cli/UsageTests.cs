using Kansformers.Cli;

namespace Kansformers.Tests.Cli;

/// <summary>Calls that make no sense: exit code 2 and one line that names the option.</summary>
public class UsageTests
{
    [Theory]
    [InlineData("paint", "unknown verb 'paint'")]
    [InlineData("train --colour blue", "--colour")]
    [InlineData("train more", "more")]
    [InlineData("train --max-iters many", "many")]
    [InlineData("train --learning-rate fast", "fast")]
    [InlineData("train --max-iters 0", "max iters is 0")]
    [InlineData("train --learning-rate -1", "learning rate is -1")]
    [InlineData("train --batch-size 0", "batch size is 0")]
    [InlineData("train --dropout 1", "dropout is 1")]
    [InlineData("train --grid-size 0", "grid size is 0")]
    [InlineData("train --grid-range 1", "--grid-range '1'")]
    [InlineData("train --grid-range a,b", "--grid-range 'a,b'")]
    [InlineData("train --model gpt-huge", "unknown model 'gpt-huge'")]
    [InlineData("train --model gpt-huge", "gpt-nano")]
    [InlineData("train --kan wavelet", "'wavelet'")]
    [InlineData("train --recipe secret", "unknown recipe 'secret': use tuned or original")]
    [InlineData("train --order reverse", "unknown order 'reverse': use replacement or shuffled")]
    [InlineData("train --optimizer adamw --matrix-rate 0.1", "--matrix-rate is nothing to --optimizer adamw")]
    [InlineData("train --momentum 1", "momentum is 1")]
    [InlineData("train --precision fp8", "'fp8'")]
    [InlineData("train --schedule zigzag", "'zigzag'")]
    [InlineData("train --placement nowhere", "nowhere")]
    [InlineData("train --base-activation nothing", "nothing")]
    [InlineData("train --layers 2 --heads 3 --embd 16", "heads is 3, which does not divide embd 16")]
    [InlineData("train --layers 2 --heads 2", "--embd")]
    [InlineData("train --embd 8", "--layers")]
    [InlineData("train --model gpt-nano --layers 2 --heads 2 --embd 8", "--model")]
    [InlineData("train --schedule constant --min-lr 1e-4", "--min-lr")]
    [InlineData("train --learning-rate 1e-3 --min-lr 1e-2", "min lr is 0.01")]
    [InlineData("train --warmup 50 --max-iters 10", "warmup is 50")]
    [InlineData("train --val-data a.txt --val-fraction 0.2", "--val-data and --val-fraction")]
    [InlineData("train --patience 3 --val-fraction 0", "--patience")]
    [InlineData("train --sample-tokens -3", "--sample-tokens is -3")]
    [InlineData("train --resume runs/a --seed 3", "--seed")]
    [InlineData("train --resume runs/a --data b.txt --max-iters 7", "--max-iters and --refine-grid aside; leave out --data")]
    [InlineData("train --resume runs/a --max-iters 0", "max iters is 0")]
    [InlineData("train --resume", "--resume")]
    [InlineData("train --config", "--config")]
    [InlineData("train --val-fraction 1", "--val-fraction is 1")]
    [InlineData("train --val-fraction -1", "--val-fraction is -1")]
    [InlineData("train --tokenizer nope", "'nope'")]
    [InlineData("train --device foo", "unknown device 'foo'")]
    [InlineData("train --device cuda:x", "unknown device 'cuda:x'")]
    [InlineData("eval run --device gpu", "unknown device 'gpu'")]
    [InlineData("sample model.pt --heads 0", "--heads is 0")]
    [InlineData("sample model.pt --tokenizer nope", "'nope'")]
    [InlineData("eval model.pt --tokenizer char", "--tokenizer the folder")]
    [InlineData("sample", "RUN")]
    [InlineData("sample run --prompt a --prompt-file b", "--prompt and --prompt-file")]
    [InlineData("sample run --temperature -1", "temperature")]
    [InlineData("sample run --top-p 2", "top-p is 2")]
    [InlineData("sample run --samples 0", "samples")]
    [InlineData("sample run --checkpoint middle", "'middle'")]
    [InlineData("eval", "RUN")]
    [InlineData("eval run --text-field body --deduplicate", "--text-field, --deduplicate says how --data is read")]
    [InlineData("eval run --token-format int32", "--token-format")]
    [InlineData("info", "RUN")]
    [InlineData("tokenize", "--data")]
    [InlineData("tokenize --data a.txt --tokenizer nope", "'nope'")]
    [InlineData("tokenize --data a.txt --tokenizer char --out a.bin", "--tokenizer char")]
    [InlineData("tokenize --data a.txt --format uint8", "uint8")]
    [InlineData("train --token-format int64", "int64")]
    [InlineData("train --optimizer nope", "unknown optimizer 'nope': use adamw")]
    [InlineData("train --objective nope", "unknown objective 'nope': use next-token")]
    [InlineData("train --weight-decay -1", "weight decay is -1")]
    [InlineData("train --beta1 1", "beta1 is 1;")]
    [InlineData("train --update-grid 5 --kan chebyshev", "update grid is 5, but KAN layers of the kind chebyshev have no grid")]
    [InlineData("train --update-grid 5 --kan rational", "kind rational")]
    [InlineData("train --update-grid 5 --placement none", "no KAN layer")]
    [InlineData("train --kan rational:sharing=group:7", "sharing is group:7, but 48 inputs")]
    [InlineData("train --kan bspline --kan-sharing group:5 --placement mlp", "sharing is group:5")]
    [InlineData("train --kan rbf:sharing=channel --kan-sharing edge", "'--kan rbf:sharing=channel' and --kan-sharing both say sharing")]
    [InlineData("train --kan bspline:grid-low=-2 --grid-range -1,1", "--grid-range both say grid-low")]
    [InlineData("train --kan bspline:grid-size=3 --grid-size 3", "--grid-size both say grid-size")]
    [InlineData("bench layer --kan rational:sharing=group:7", "sharing is group:7")]
    public void A_call_that_makes_no_sense_is_one_line_and_exit_code_2(string call, string part) =>
        Cli.AssertFails(CommandLineApp.BadUsage, [part], Cli.Args(call));

    [Theory]
    [InlineData("train", "--data", "")]
    [InlineData("train", "--val-data", "")]
    [InlineData("train", "--tokenizer", "")]
    [InlineData("train", "--out", "")]
    [InlineData("train", "--resume", " ")]
    [InlineData("train", "--config", "")]
    [InlineData("sample", "run", "--prompt-file", "")]
    [InlineData("eval", "run", "--data", "")]
    [InlineData("info", "")]
    public void An_empty_argument_is_bad_usage(params string[] call) => Cli.AssertFails(CommandLineApp.BadUsage, ["is empty"], call);

    [Fact]
    public void Help_succeeds_for_the_program_and_for_every_verb()
    {
        foreach (string call in new[] { "", "--help", "train --help", "sample --help", "eval --help", "info --help", "tokenize --help", "bench --help", "bench layer --help", "bench step --help", "bench decode --help", "bench memory --help", "train --config missing.json --help" })
        {
            CliResult result = Cli.Run(Cli.Args(call));
            Assert.Equal((CommandLineApp.Succeeded, ""), (result.Code, result.Error));
            Assert.Contains("Usage:", result.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_help_of_train_names_every_option_of_the_contract()
    {
        string help = Cli.Run("train", "--help").Out;
        string[] options =
        [
            "data", "tokenizer", "model", "layers", "heads", "embd", "placement", "kan", "grid-size", "spline-order", "grid-range", "block-size", "batch-size",
            "grad-accum", "max-iters", "learning-rate", "min-lr", "warmup", "schedule", "recipe", "objective", "order", "optimizer", "matrix-rate", "momentum", "momentum-warmup", "weight-decay", "beta1", "beta2", "grad-clip", "dropout", "eval-interval",
            "patience", "seed", "device", "precision", "out", "resume", "config", "json",
        ];
        Assert.All(options, option => Assert.Matches($"--{option}[ \n]", help));
    }
}
