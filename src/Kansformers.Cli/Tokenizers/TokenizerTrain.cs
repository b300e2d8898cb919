using System.CommandLine;
using System.Diagnostics;
using Kansformers.Text;

namespace Kansformers.Cli.Tokenizers;

/// <summary><c>tokenizer train</c>: a byte-level BPE of one's own.</summary>
internal static class TokenizerTrain
{
    public static Command Create()
    {
        Option<string> data = new("--data") { Description = "text to learn from: as for train", DefaultValueFactory = _ => "dotnet-docs" };
        CorpusChoice choice = new();
        Option<int> size = new("--vocab-size") { Description = "how many ids, the end-of-text token included", DefaultValueFactory = _ => 8192 };
        Option<string> destination = new("--out") { Description = "the file to write", DefaultValueFactory = _ => "tokenizer.json" };
        Option<bool> json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };
        Command command = new("train", "Learn a byte-level BPE vocabulary and write it as a tokenizer.json.") { data, choice.TextField, choice.Deduplicate, size, destination, json };
        OptionRules.NotEmpty(data, destination);
        command.SetAction(parsed =>
        {
            int wanted = parsed.GetValue(size);
            if (wanted is < BytePairTrainer.LeastVocabulary or > 1 << 24)
                throw new UsageException($"--vocab-size is {wanted}; it must be {BytePairTrainer.LeastVocabulary} (the bytes and the end-of-text token) to {1 << 24}");
            if (Directory.Exists(parsed.GetValue(destination)))
                throw new UsageException($"--out {parsed.GetValue(destination)} is a folder; name the file to write");
            using Interruption interruption = new();
            Corpus corpus = Corpus.Open(parsed.GetValue(data)!, new CorpusOptions { TextField = parsed.GetValue(choice.TextField), Deduplicate = parsed.GetValue(choice.Deduplicate) }, new EncodingDisplay(), interruption.Token);
            long start = Stopwatch.GetTimestamp();
            HuggingFaceTokenizer tokenizer = BytePairTrainer.Train(corpus, wanted, new Progress(), interruption.Token);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            string path = Path.GetFullPath(parsed.GetValue(destination)!);
            tokenizer.SaveJson(path);
            if (parsed.GetValue(json))
                JsonOutput.Print(new { Tokenizer = path, Data = corpus.Name, VocabSize = tokenizer.VocabularySize, Seconds = seconds });
            else
                Console.WriteLine(FormattableString.Invariant($"wrote {path}: {tokenizer.VocabularySize} ids from {corpus.Description}, {seconds:0.0} s{(tokenizer.VocabularySize < wanted ? "; no other pair of tokens occurs twice" : "")}"));
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    /// <summary>A line now and then on the error stream.</summary>
    private sealed class Progress : IProgress<TokenizerTrainingProgress>
    {
        private readonly ByteProgress _progress = new();
        private long _last = Stopwatch.GetTimestamp();

        public void Report(TokenizerTrainingProgress value)
        {
            if (Stopwatch.GetElapsedTime(_last).TotalSeconds < 2)
                return;
            _last = Stopwatch.GetTimestamp();
            Console.Error.WriteLine(value.Stage == TokenizerTrainingStage.CountingWords
                ? _progress.Line("counting words", value.Done, value.Total)
                : FormattableString.Invariant($"learning merges: {value.Done} of {value.Total} tokens"));
        }
    }
}
