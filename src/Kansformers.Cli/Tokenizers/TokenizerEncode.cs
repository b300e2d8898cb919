using System.CommandLine;
using System.Text;
using Kansformers.Text;

namespace Kansformers.Cli.Tokenizers;

/// <summary><c>tokenizer encode</c>: the ids of a text, and what each stands for.</summary>
internal static class TokenizerEncode
{
    public static Command Create()
    {
        Argument<string> text = new("TEXT") { Description = "the text" };
        Option<string> tokenizer = TokenizerCommand.TokenizerOption();
        Option<string?> pair = new("--pair") { Description = "a second text, for templates of two" };
        Option<bool> template = new("--template") { Description = "put the special tokens around the text that the tokenizer's template asks for" };
        Option<bool> json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };
        Command command = new("encode", "Show the ids of a text and what each stands for.") { text, tokenizer, pair, template, json };
        OptionRules.NotEmpty(tokenizer);
        command.SetAction(parsed =>
        {
            string? second = parsed.GetValue(pair);
            if (second is not null && !parsed.GetValue(template))
                throw new UsageException("--pair is for templates: give --template too");
            Tokenizer opened = TokenizerCommand.Open(parsed.GetValue(tokenizer)!);
            LostText lost = LossNotice.Say("the text", parsed.GetValue(text)!, opened);
            if (second is not null)
                lost = lost.Plus(LossNotice.Say("the second text", second, opened));
            IReadOnlyList<int> ids = parsed.GetValue(template) ? opened.EncodeForModel(parsed.GetValue(text)!, second).Ids : opened.Encode(parsed.GetValue(text)!);
            string[] tokens = [.. ids.Select(id => opened is HuggingFaceTokenizer foreign ? foreign.TokenOf(id) : Encoding.UTF8.GetString(opened.BytesOf(id)))];
            if (parsed.GetValue(json))
                JsonOutput.Print(new { Ids = ids, Tokens = tokens, Text = opened.Decode([.. ids]), LostCharacters = lost.Characters, LostBytes = lost.Bytes });
            else
                Console.WriteLine(string.Join('\n', ids.Zip(tokens, (id, token) => FormattableString.Invariant($"{id,7}  {token.ReplaceLineEndings("\\n")}"))));
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
