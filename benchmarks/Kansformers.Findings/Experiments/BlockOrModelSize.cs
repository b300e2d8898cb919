using Kansformers.Scaling;

namespace Kansformers.Findings;

/// <summary>Whether a longer block or a larger model lowers the loss more: at as many tokens, and at as many operations.</summary>
internal sealed class BlockOrModelSize : Experiment
{
    public override string Name => "block";

    public override string Summary => "block size against model size, at equal tokens and at equal operations";

    public override Finding Run(Workbench bench)
    {
        LadderResult result = bench.Ladder("block-size");
        Study[] studies =
        [
            .. result.Rungs.Where(rung => rung.Points.Count > 0).GroupBy(rung => rung.Rung.Budget).Select(group => new Study($"{group.Key}"
                + (group.Key.Unit == BudgetUnit.Tokens ? " tokens" : ""), [.. group])),
        ];
        List<Table> tables = [];
        foreach (Study study in studies)
        {
            tables.Add(new Table(study.Name, [.. study.Sizes.Select(size => FormattableString.Invariant($"{size / 1000:0} k parameters"))],
                [.. study.Blocks.Select(block => TableRow.Of(FormattableString.Invariant($"block {block}"),
                    [.. study.Sizes.Select(size => study.Loss(block, size))]))]));
        }

        tables.Add(new Table("what doubling takes off the loss", [.. studies.Select(study => study.Name)],
            [
                .. studies[0].Blocks.Zip(studies[0].Blocks.Skip(1), (from, to) => TableRow.Of(
                    FormattableString.Invariant($"the block, from {from} to {to}"), [.. studies.Select(study => study.OfBlock(from, to))])),
                TableRow.Of("the size, smallest to largest", [.. studies.Select(study => study.OfSize())]),
            ]));
        return new Finding(Name, Summary, tables, [.. studies.Take(2).Select((study, i) => new Picture(i == 0 ? "block.svg" : "block-operations.svg",
            new LinePicture(i == 0 ? "Block or model size, at as many tokens" : "Block or model size, at as many operations", study.Name, "parameters",
                "validation loss, nats per character")
            {
                PowersAcross = true,
                Curves = [.. study.Blocks.Select(block => new Curve(FormattableString.Invariant($"block {block}"),
                    [.. study.Sizes.Select(size => (size, study.Loss(block, size)))]))],
            }.ToSvg()))]);
    }

    /// <summary>The losses of one budget, by block and size.</summary>
    private sealed class Study(string name, IReadOnlyList<RungResult> rungs)
    {
        public string Name => name;

        public int[] Blocks { get; } = [.. rungs.Select(Block).Distinct().Order()];

        public double[] Sizes { get; } = [.. rungs.Select(rung => (double)rung.Rung.Model.Parameters).Distinct().Order()];

        public double Loss(int block, double size) => rungs.FirstOrDefault(rung => Block(rung) == block && rung.Rung.Model.Parameters == size)?.Loss
            ?? double.NaN;

        /// <summary>What each doubling of the block between two takes off, mean of the sizes.</summary>
        public double OfBlock(int from, int to) => Sizes.Average(size => Loss(from, size) - Loss(to, size)) / Math.Log2((double)to / from);

        /// <summary>What each doubling of the size takes off, mean of the blocks.</summary>
        public double OfSize() => Blocks.Average(block => Loss(block, Sizes[0]) - Loss(block, Sizes[^1])) / Math.Log2(Sizes[^1] / Sizes[0]);

        private static int Block(RungResult rung) => rung.Rung.Model.Config.Model.BlockSize;
    }
}
