using System.CommandLine;
using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>The values of <c>--special-tokens</c>.</summary>
internal static class SpecialTokenNames
{
    public static Option<string> Option() =>
        new("--special-tokens") { Description = "<|endoftext|> written in the text: text (as it stands), recognise (by tokenizers that have it), or refuse", DefaultValueFactory = _ => "text" };

    public static SpecialTokens Parse(string? name) => name switch
    {
        "text" => SpecialTokens.AsText,
        "recognise" => SpecialTokens.Recognise,
        "refuse" => SpecialTokens.Refuse,
        string unknown => throw new UsageException($"unknown treatment of special tokens '{unknown}': use text, recognise or refuse"),
        null => throw new UsageException("--special-tokens needs a value"),
    };
}
