using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>Refuses a tokenizer that cannot be, before any work is done.</summary>
internal static class TokenizerChoice
{
    /// <summary>For a command with a corpus at hand, from which <c>char</c> takes its characters.</summary>
    public static void RequireOrChar(string name)
    {
        if (name != "char" && !Tokenizer.Exists(name))
            throw new UsageException($"there is no tokenizer '{name}': use char, byte, gpt2, a tokenizer file, or the folder of a saved one");
    }

    /// <summary>For a command with a model only.</summary>
    public static void Require(string? name)
    {
        if (name == "char")
            throw new UsageException("the characters of a char tokenizer come from a corpus: give --tokenizer the folder of a saved one");
        if (name is not null && !Tokenizer.Exists(name))
            throw new UsageException($"there is no tokenizer '{name}': use gpt2, byte, a tokenizer file, or the folder of a saved one");
    }
}
