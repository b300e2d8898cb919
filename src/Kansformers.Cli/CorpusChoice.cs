using System.CommandLine;
using Kansformers.Text;

namespace Kansformers.Cli;

/// <summary>The options that say how a corpus is read, the same for every verb that reads one.</summary>
internal sealed class CorpusChoice
{
    /// <summary>What <c>--data</c> can be.</summary>
    public static readonly string Kinds = "a file (.txt, .md, .jsonl, .csv, .tsv, .parquet; also packed, .gz or .zst), a folder or 'pattern*' of these, a part like 'a.parquet[:1%]', ready tokens (.bin); a data set, hub:owner/name[@revision][:[subset/]split][[slice]] or hub:owner/name:files*, or one of " + string.Join(", ", Corpus.WellKnown) + "; or dotnet-docs (built in)";

    public readonly Option<string?> TextField = new("--text-field") { Description = "the column or .jsonl field that holds the text, the same in all files of a corpus [default: text, content, ... or the only one of text]" };
    public readonly Option<bool> Deduplicate = new("--deduplicate") { Description = "leave out documents that are exactly the same as one before, and count them" };
    public readonly Option<string> TokenFormat = new("--token-format") { Description = "what the numbers in a .bin file are: auto (told by its content), uint16 or int32", DefaultValueFactory = _ => "auto" };

    public CorpusChoice()
    {
        OptionRules.NotEmpty(TextField);
        TokenFormat.AcceptOnlyFromAmong("auto", "uint16", "int32");
    }

    public Option[] All => [TextField, Deduplicate, TokenFormat];

    /// <summary>The format of a name that the parser let through.</summary>
    public static TokenFormat Parse(string name) => Enum.Parse<TokenFormat>(name, ignoreCase: true);

    public TokenFormat FormatIn(ParseResult parsed) => Parse(parsed.GetValue(TokenFormat)!);
}
