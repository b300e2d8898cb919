using System.CommandLine;
using System.Diagnostics;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary><c>tokenize</c>: encodes a corpus into the cache and, on request, into a file of ids.</summary>
internal static class TokenizeCommand
{
    public static Command Create()
    {
        Option<string> data = new("--data") { Description = $"text to encode: {CorpusChoice.Kinds}", Required = true };
        Option<string> tokenizer = new("--tokenizer") { Description = "gpt2, byte, char, a tokenizer file (tokenizer.json, vocab.json, vocab.txt), or the folder of one or of a run", DefaultValueFactory = _ => "gpt2" };
        Option<string?> output = new("--out") { Description = "a file of ids to write, as nanoGPT's train.bin [default: only the cache, from which train takes them]" };
        Option<string> format = new("--format") { Description = "the numbers in --out: uint16, int32, or auto (the fewer that hold the vocabulary)", DefaultValueFactory = _ => "auto" };
        Option<string> special = SpecialTokenNames.Option();
        Option<bool> json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };
        CorpusChoice choice = new();
        Command command = new("tokenize", "Encode a corpus; tells documents, tokens, speed and memory.") { data, tokenizer, output, format, special, json };
        foreach (Option option in choice.All)
            command.Add(option);
        OptionRules.NotEmpty(data, tokenizer, output);
        format.AcceptOnlyFromAmong("auto", "uint16", "int32");
        command.SetAction(parsed =>
        {
            string kind = parsed.GetValue(tokenizer)!;
            TokenizerChoice.RequireOrChar(kind);
            if (kind == "char" && parsed.GetValue(output) is not null)
                throw new UsageException("the ids of --tokenizer char mean nothing without its characters, which --out does not hold; give the folder of a saved tokenizer, such as a run");
            DataConfig config = new()
            {
                Data = parsed.GetValue(data)!,
                Tokenizer = kind,
                ValidationFraction = 0,
                TextField = parsed.GetValue(choice.TextField),
                Deduplicate = parsed.GetValue(choice.Deduplicate),
                TokenFormat = choice.FormatIn(parsed),
                SpecialTokens = SpecialTokenNames.Parse(parsed.GetValue(special)),
            };
            using Interruption interruption = new();
            Stopwatch watch = Stopwatch.StartNew();
            using TokenizedCorpus corpus = TrainingRun.Prepare(config, null, new EncodingDisplay(), interruption.Token);
            LiveLine.Clear(); // of a part of a corpus the last stage does not come to its end
            RequireOther(parsed.GetValue(output), corpus);
            TokenFormat? written = parsed.GetValue(output) is string path ? TokenBin.Write(path, corpus.Train, CorpusChoice.Parse(parsed.GetValue(format)!), interruption.Token) : null;
            Print(corpus, parsed.GetValue(output), written, watch.Elapsed.TotalSeconds, parsed.GetValue(json));
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    // A slip of the hand must not replace the text by its tokens.
    private static void RequireOther(string? output, TokenizedCorpus corpus)
    {
        if (output is not null && corpus.IsMadeOf(output))
            throw new UsageException($"--out '{output}' is a file of the corpus itself, which the ids would replace; choose another");
    }

    private static void Print(TokenizedCorpus corpus, string? output, TokenFormat? written, double seconds, bool json)
    {
        foreach (string note in corpus.Notes)
            LiveLine.Say(note);
        long? bytes = corpus.Train.Utf8Bytes;
        double? speed = bytes / 1e6 / seconds;
        LossNotice.Say(corpus);
        if (json)
        {
            JsonOutput.Print(new
            {
                Data = corpus.Name,
                corpus.Counts.Documents,
                corpus.Counts.EmptyRows,
                corpus.Counts.DuplicateRows,
                Tokens = corpus.Train.Count,
                Bytes = bytes,
                LostCharacters = corpus.Lost.Characters,
                LostBytes = corpus.Lost.Bytes,
                Vocabulary = corpus.Tokenizer.VocabularySize,
                corpus.FromCache,
                Out = output,
                Format = written?.ToString().ToLowerInvariant(),
                Seconds = seconds,
                MbPerSecond = speed,
                PeakMemoryBytes = PeakMemory.Bytes,
            });
            return;
        }

        Console.WriteLine($"corpus       {corpus.Description}");
        Console.WriteLine($"rows         {corpus.Counts}");
        Console.WriteLine(FormattableString.Invariant($"tokens       {corpus.Train.Count} ({corpus.Tokenizer.Kind} tokenizer, {corpus.Tokenizer.VocabularySize} ids){(corpus.FromCache ? ", from the cache" : "")}"));
        Console.WriteLine(bytes is null ? $"text         {LossNotice.Untold}" : FormattableString.Invariant($"text         {bytes} bytes, {bytes / (double)corpus.Train.Count:0.00} a token"));
        if (corpus.Lost.Characters > 0)
            Console.WriteLine($"left out     {corpus.Lost}");
        Console.WriteLine(FormattableString.Invariant($"time         {seconds:0.0} s{(speed is double rate ? FormattableString.Invariant($", {rate:0.0} MB/s") : "")}; peak memory {HumanText.Bytes(PeakMemory.Bytes)}"));
        if (written is TokenFormat format)
            Console.WriteLine($"written      {output} ({format.ToString().ToLowerInvariant()})");
    }
}
