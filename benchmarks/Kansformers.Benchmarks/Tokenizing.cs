using BenchmarkDotNet.Attributes;
using Kansformers.Text;

namespace Kansformers.Benchmarks;

/// <summary>GPT-2 encoding of a million characters of the built-in corpus (ASCII but for a few) on one thread: MB/s is 1000 by the milliseconds.</summary>
public class Tokenizing
{
    private const int Characters = 1_000_000;
    private string _text = "";

    [GlobalSetup]
    public void Setup()
    {
        string all = string.Concat(Corpus.Open("dotnet-docs").Read().Select(piece => piece.Text));
        _text = all[..Math.Min(Characters, all.Length)];
        _ = Gpt2Tokenizer.Instance.Encode("The tables are read at the first use.");
    }

    [Benchmark]
    public int Gpt2MillionCharacters() => Gpt2Tokenizer.Instance.Encode(_text).Length;
}
