using Kansformers.Scaling;

namespace Kansformers.Tests.Scaling;

/// <summary>Runs from anybody's table.</summary>
public class ScalingTableTests
{
    [Fact]
    public void Columns_are_found_by_usual_names_or_told()
    {
        using TestFolder folder = new();
        string path = folder.Write("runs.csv", "model,Params,training_tokens,Loss,seconds,seed,other\nlinear,1e6,2e7,3.5,12,7,x\n\"a, b\",2e6,4e7,3.25,30,8,y\n");
        IReadOnlyList<ScalingPoint> points = ScalingTable.Read(path);
        Assert.Equal(new ScalingPoint("linear", 1e6, 2e7, 3.5) { Seconds = 12, Seed = 7, Curve = points[0].Curve }, points[0]);
        Assert.Equal("a, b", points[1].Group);
        Assert.Equal(30, ScalingTable.Read(path, new ScalingColumns { Loss = "SECONDS" })[1].Loss);
    }

    [Fact]
    public void Tokens_come_of_operations_where_they_have_no_column()
    {
        ScalingPoint point = ScalingTable.Read(MadeUpRuns.ChinchillaFile)[0];
        Assert.Equal(point.Flops, 6 * point.Parameters * point.Tokens, 1e-6 * point.Flops);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("n,d,loss\n", "has no runs below them")]
    [InlineData("size,d,loss\n1,2,3\n", "has no column of parameters by a usual name; say by ScalingColumns.Parameters which of these it is: size, d, loss")]
    [InlineData("n,d,error\n1,2,3\n", "has no column of the loss")]
    [InlineData("n,loss\n1,3\n", "has no column of tokens")]
    [InlineData("n,d,loss\n1,2,3\n1,2,three\n", "line 3 is bad: 'three' under 'loss' is no number")]
    [InlineData("n,d,loss\n1,2\n", "line 2 is bad: it has 2 fields")]
    public void Tables_that_say_too_little_are_refused(string text, string told)
    {
        using TestFolder folder = new();
        string path = folder.Write("runs.csv", text);
        Assert.Contains(told, Assert.Throws<KansformersException>(() => ScalingTable.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_that_is_told_must_be_there()
    {
        string message = Assert.Throws<KansformersException>(() => ScalingTable.Read(MadeUpRuns.ChinchillaFile, new ScalingColumns { Loss = "bits" })).Message;
        Assert.EndsWith("has no column 'bits'; it has Model Size, Training FLOP, loss", message, StringComparison.Ordinal);
    }
}
