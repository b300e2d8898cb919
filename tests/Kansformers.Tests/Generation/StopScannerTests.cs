using CsCheck;
using Kansformers.Generation;

namespace Kansformers.Tests.Generation;

public class StopScannerTests
{
    [Fact]
    public void However_the_text_is_cut_it_ends_before_the_first_stop_string()
    {
        Gen<string> word = Gen.Char["ab"].Array[1, 4].Select(chars => new string(chars));
        Gen.Select(Gen.Char["abc"].Array[0, 30].Select(chars => new string(chars)), word.Array[0, 3], Gen.Int[1, 5].Array[30]).Sample((text, stops, cuts) =>
        {
            StopScanner scanner = new(stops);
            string passed = string.Empty;
            for (int at = 0, i = 0; at < text.Length && !scanner.Stopped; i++)
            {
                int length = Math.Min(cuts[i], text.Length - at);
                passed += scanner.Append(text.Substring(at, length));
                at += length;
                if (!scanner.Stopped)
                    Assert.True(at - passed.Length < stops.Select(stop => stop.Length).DefaultIfEmpty(1).Max(), "holds back too much");
            }

            passed += scanner.Flush();
            string? expected = null;
            for (int end = 0; end <= text.Length && expected is null; end++)
            {
                string? complete = stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length);
                if (complete is not null)
                    expected = text[..(end - complete.Length)];
            }

            Assert.Equal(expected ?? text, passed);
            Assert.Equal(expected is not null, scanner.Stopped);
        }, iter: 2000, threads: 1);
    }
}
