using System.CommandLine;
using Kansformers.Text;

namespace Kansformers.Cli.Tokenizers;

/// <summary><c>tokenizer train|encode|bench</c>: make a tokenizer, look at what one does, measure it.</summary>
internal static class TokenizerCommand
{
    public static Command Create() => new("tokenizer", "Train a tokenizer on text, show the ids of a text, or measure how fast text is encoded.")
    {
        TokenizerTrain.Create(),
        TokenizerEncode.Create(),
        TokenizerBench.Create(),
    };

    public static Option<string> TokenizerOption() => new("--tokenizer")
    {
        Description = "gpt2, byte, a tokenizer.json, a vocab.json (its merges.txt beside it), a vocab.txt, or a folder with such files or a saved tokenizer (a run)", DefaultValueFactory = _ => "gpt2",
    };

    public static Tokenizer Open(string name)
    {
        TokenizerChoice.Require(name);
        return Tokenizer.Open(name);
    }
}
