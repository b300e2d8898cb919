using System.CommandLine;
using System.Diagnostics;
using Kansformers.Text;

namespace Kansformers.Cli.Tokenizers;

/// <summary><c>tokenizer bench</c>: megabytes of text a second, on all cores.</summary>
internal static class TokenizerBench
{
    public static Command Create()
    {
        Option<string> tokenizer = TokenizerCommand.TokenizerOption();
        Option<string> data = new("--data") { Description = "text to encode: as for train", DefaultValueFactory = _ => "dotnet-docs" };
        Option<double> seconds = new("--seconds") { Description = "go through the text again until so much time has passed", DefaultValueFactory = _ => 5 };
        Option<bool> json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };
        Command command = new("bench", "Measure how many megabytes of text a second a tokenizer encodes on all cores.") { tokenizer, data, seconds, json };
        OptionRules.NotEmpty(tokenizer, data);
        command.SetAction(parsed =>
        {
            if (!(parsed.GetValue(seconds) is > 0 and < 3600))
                throw new UsageException("--seconds must be above 0 and below 3600");
            Tokenizer opened = TokenizerCommand.Open(parsed.GetValue(tokenizer)!);
            Corpus corpus = Corpus.Open(parsed.GetValue(data)!, progress: new EncodingDisplay());
            using Interruption interruption = new();
            TextPiece[] pieces = [.. corpus.Read().Select(piece => piece with { Text = piece.Text.ToArray() })];
            long bytes = pieces.Sum(piece => (long)System.Text.Encoding.UTF8.GetByteCount(piece.Text.Span)), tokens = 0;
            double best = double.PositiveInfinity;
            long start = Stopwatch.GetTimestamp();
            do
            {
                long round = Stopwatch.GetTimestamp();
                tokens = opened.CountTokens(pieces, interruption.Token);
                best = Math.Min(best, Stopwatch.GetElapsedTime(round).TotalSeconds);
            }
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < parsed.GetValue(seconds));
            double speed = bytes / best / 1e6;
            if (parsed.GetValue(json))
                JsonOutput.Print(new { Tokenizer = parsed.GetValue(tokenizer), Data = corpus.Name, Bytes = bytes, Tokens = tokens, MegabytesPerSecond = speed, Cores = Environment.ProcessorCount });
            else
                Console.WriteLine(FormattableString.Invariant($"{speed:0.0} MB/s on {Environment.ProcessorCount} cores: {bytes / 1e6:0.0} MB of {corpus.Name}, {tokens} tokens, {(double)bytes / Math.Max(1, tokens):0.00} bytes each"));
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
