using Kansformers.Scaling;

namespace Kansformers.Findings;

/// <summary>Whether a longer block or a larger model lowers the loss more, at as many tokens and for as many more operations.</summary>
internal sealed class BlockOrModelSize : Experiment
{
    public override string Name => "block";

    public override string Summary => "block size against model size, at equal tokens, and by the operations that each costs";

    public override Finding Run(Workbench bench)
    {
        LadderResult result = bench.Ladder("block-size");
        Study study = new(result.Rungs[0].Rung.Budget, [.. result.Rungs.Where(rung => rung.Rung.Budget == result.Rungs[0].Rung.Budget)]);
        string[] columns = [.. study.Sizes.Select(size => FormattableString.Invariant($"{size / 1000:0.0} k parameters"))];
        Table losses = Of("loss"), operations = Of("operations of the training");
        Table doubling = new("what a doubling takes off the loss", ["of block or size", "of the operations"],
        [
            .. study.Blocks.Zip(study.Blocks.Skip(1), (from, to) => Doubling(FormattableString.Invariant($"block from {from} to {to}"),
                [.. study.Sizes.Select(size => (study.At(from, size), study.At(to, size)))], Math.Log2((double)to / from))),
            .. study.Blocks.Select(block => Doubling(FormattableString.Invariant($"size, smallest to largest, block {block}"),
                [(study.At(block, study.Sizes[0]), study.At(block, study.Sizes[^1]))], Math.Log2(study.Sizes[^1] / study.Sizes[0]))),
        ]);
        return new Finding(Name, Summary, [losses, operations, doubling],
        [
            Draw("block.svg", "Block or model size, by parameters", "parameters", (_, size) => size),
            Draw("block-operations.svg", "Block or model size, by operations", "operations of the training",
                (block, size) => study.At(block, size).Flops),
        ]);

        Table Of(string what) => new($"{what}, {study.Budget} tokens", columns, [.. study.Blocks.Select(block => TableRow.Of(
            FormattableString.Invariant($"block {block}"), [.. study.Sizes.Select(size =>
                what == "loss" ? study.At(block, size).Loss : study.At(block, size).Flops)]))]);

        Picture Draw(string file, string title, string across, Func<int, double, double> x) =>
            new(file, new LinePicture(title, $"{study.Budget} tokens each", across, "validation loss, nats per character")
            {
                PowersAcross = true,
                Curves = [.. study.Blocks.Select(block => new Curve(FormattableString.Invariant($"block {block}"),
                    [.. study.Sizes.Select(size => (x(block, size), study.At(block, size).Loss))]))],
            }.ToSvg());
    }

    // Means over pairs of runs; each is so many doublings of what is made larger.
    private static TableRow Doubling(string name, (Outcome From, Outcome To)[] pairs, double doublings) => TableRow.Of(name,
        pairs.Average(pair => pair.From.Loss - pair.To.Loss) / doublings,
        pairs.Sum(pair => pair.From.Loss - pair.To.Loss) / pairs.Sum(pair => Math.Log2(pair.To.Flops / pair.From.Flops)));

    /// <summary>The runs of one budget, by block and size.</summary>
    private sealed class Study(TokenBudget budget, IReadOnlyList<RungResult> rungs)
    {
        public TokenBudget Budget => budget;

        public int[] Blocks { get; } = [.. rungs.Select(Block).Distinct().Order()];

        public double[] Sizes { get; } = [.. rungs.Select(rung => (double)rung.Rung.Model.Parameters).Distinct().Order()];

        public Outcome At(int block, double size) => rungs.FirstOrDefault(rung => Block(rung) == block && rung.Rung.Model.Parameters == size)
            is { } found ? new Outcome(found.Loss, found.Rung.Flops) : new Outcome(double.NaN, double.NaN);

        private static int Block(RungResult rung) => rung.Rung.Model.Config.Model.BlockSize;
    }

    /// <summary>The mean of the losses over the seeds, and the operations of a run.</summary>
    private readonly record struct Outcome(double Loss, double Flops);
}
