using Kansformers.Text;

namespace Kansformers.Tests.Text;

public class CorpusSliceTests
{
    // As datasets 3 computes them, with its default rounding to the closest row; but what is counted from the end is rounded as the same boundary
    // counted from the beginning is.
    [Theory]
    [InlineData("[:1000]", 5000, 0, 1000)]
    [InlineData("[:1000]", 10, 0, 10)]
    [InlineData("[10:20]", 15, 10, 15)]
    [InlineData("[20:10]", 100, 20, 20)]
    [InlineData("[-100:]", 1000, 900, 1000)]
    [InlineData("[:-100]", 1000, 0, 900)]
    [InlineData("[-100:]", 7, 0, 7)]
    [InlineData("[:1%]", 1000, 0, 10)]
    [InlineData("[10%:20%]", 999, 100, 200)]
    [InlineData("[:50%]", 5, 0, 2)]
    [InlineData("[50%:]", 5, 2, 5)]
    [InlineData("[50%:]", 7, 4, 7)]
    [InlineData("[-10%:]", 200, 180, 200)]
    [InlineData("[-1%:]", 30, 30, 30)]
    [InlineData("[99%:]", 30, 30, 30)]
    [InlineData("[:-1%]", 30, 0, 30)]
    [InlineData("[:99%]", 30, 0, 30)]
    [InlineData("[-50%:]", 5, 2, 5)]
    [InlineData("[-100%:]", 30, 0, 30)]
    [InlineData("[:-100%]", 30, 0, 0)]
    [InlineData("[-3%:-1%]", 100, 97, 99)]
    [InlineData("[-9223372036854775808:]", 7, 0, 7)]
    [InlineData("[:]", 3, 0, 3)]
    [InlineData("[:1_000]", 2000, 0, 1000)]
    [InlineData("[:100%]", 9007199254740993, 0, 9007199254740993)]
    public void A_slice_takes_the_rows_that_datasets_would(string text, long count, long start, long end) =>
        Assert.Equal((start, end), CorpusSlice.Parse(text).Of(count));

    [Fact]
    public void Parts_that_meet_leave_no_row_out_and_take_none_twice()
    {
        for (long count = 0; count < 300; count++)
        {
            long at = 0;
            for (int percent = 0; percent < 100; percent++)
            {
                (long start, long end) = CorpusSlice.Parse($"[{percent}%:{percent + 1}%]").Of(count);
                Assert.Equal(at, start);
                at = end;
            }

            Assert.Equal(count, at);
        }
    }

    [Fact]
    public void A_boundary_is_the_same_row_from_either_end()
    {
        for (long count = 0; count < 300; count++)
        {
            for (int percent = 1; percent < 100; percent++)
            {
                long row = CorpusSlice.Parse($"[{percent}%:]").Of(count).Start;
                Assert.Equal(row, CorpusSlice.Parse($"[{percent - 100}%:]").Of(count).Start);
                Assert.Equal((0, row), CorpusSlice.Parse($"[:{percent - 100}%]").Of(count));
            }

            for (long row = 0; row < count; row++)
                Assert.Equal(CorpusSlice.Parse($"[{row}:]").Of(count), CorpusSlice.Parse($"[{row - count}:]").Of(count));
        }
    }

    [Theory]
    [InlineData("train[:1%]", "train", "[:1%]")]
    [InlineData("a/b.parquet[10:20]", "a/b.parquet", "[10:20]")]
    [InlineData("train[10:20%]", "train", "[10%:20%]")]
    [InlineData("train", "train", null)]
    [InlineData("data[1].txt", "data[1].txt", null)]
    [InlineData("data[1]", "data[1]", null)]
    public void A_slice_is_taken_off_a_name(string text, string name, string? slice)
    {
        (string left, CorpusSlice? found) = CorpusSlice.Split(text);
        Assert.Equal((name, slice), (left, found?.ToString()));
    }

    [Theory]
    [InlineData("train[a:b]")]
    [InlineData("train[1:2:3]")]
    [InlineData("train[:1.5%]")]
    [InlineData("train[:200%]")]
    [InlineData("[:99999999999999999999]")]
    [InlineData("[--1:]")]
    public void What_is_no_slice_is_a_clear_error(string text) =>
        Assert.Contains("slice", Assert.Throws<KansformersException>(() => CorpusSlice.Split(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("train")]
    [InlineData("train[:1]")]
    [InlineData("")]
    public void Only_a_slice_parses_as_one(string text) => Assert.Throws<KansformersException>(() => CorpusSlice.Parse(text));
}
