using System.CommandLine;
using Kansformers.Generation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary><c>sample RUN</c>: continues a prompt, streaming the text as it comes.</summary>
internal static class SampleCommand
{
    private static readonly SamplingOptions Defaults = new();

    public static Command Create()
    {
        ModelChoice model = new();
        Option<string?> prompt = new("--prompt") { Description = "the text to continue; - reads standard input (UTF-8, or UTF-16 with a byte order mark) [default: empty]" };
        Option<string?> promptFile = new("--prompt-file") { Description = "a file that holds the text to continue, read as standard input is" };
        Option<int> maxNewTokens = new("--max-new-tokens") { Description = "the longest continuation, in tokens", DefaultValueFactory = _ => Defaults.MaxNewTokens };
        Option<double> temperature = new("--temperature") { Description = "above 1 bolder, below 1 safer, 0 greedy", DefaultValueFactory = _ => 0.8 };
        Option<int> topK = new("--top-k") { Description = "draw from the k likeliest tokens only; 0 for all", DefaultValueFactory = _ => Defaults.TopK };
        Option<double> topP = new("--top-p") { Description = "draw from the likeliest tokens that together have this probability", DefaultValueFactory = _ => Defaults.TopP };
        Option<double> minP = new("--min-p") { Description = "drop tokens less likely than this share of the likeliest", DefaultValueFactory = _ => Defaults.MinP };
        Option<double> penalty = new("--repetition-penalty") { Description = "above 1 makes tokens that were seen less likely", DefaultValueFactory = _ => Defaults.RepetitionPenalty };
        Option<string[]> stop = new("--stop") { Description = "end before this text; can be given more than once", DefaultValueFactory = _ => [] };
        Option<long> seed = new("--seed") { Description = "decides every draw", DefaultValueFactory = _ => Defaults.Seed };
        Option<int> samples = new("--samples") { Description = "how many continuations", DefaultValueFactory = _ => Defaults.Samples };
        Option<bool> noCache = new("--no-cache") { Description = "recompute the whole window for each token: slower, the same text" };
        BeamChoice beams = new();
        Command command = new("sample", "Continue a prompt, streaming the text; models that write a text anew (BART) write that of the prompt, by beam search.")
        {
            prompt, promptFile, maxNewTokens, temperature, topK, topP, minP, penalty, stop, seed, samples, noCache,
        };
        foreach (Option option in beams.All)
            command.Add(option);
        OptionRules.NotEmpty(promptFile);
        model.AddTo(command);
        command.SetAction(parsed =>
        {
            SamplingOptions options = new()
            {
                MaxNewTokens = parsed.GetValue(maxNewTokens),
                Temperature = parsed.GetValue(temperature),
                TopK = parsed.GetValue(topK),
                TopP = parsed.GetValue(topP),
                MinP = parsed.GetValue(minP),
                RepetitionPenalty = parsed.GetValue(penalty),
                StopStrings = parsed.GetValue(stop)!,
                Seed = parsed.GetValue(seed),
                Samples = parsed.GetValue(samples),
                UseCache = !parsed.GetValue(noCache),
            };
            try
            {
                options.Validate();
            }
            catch (KansformersException failure)
            {
                throw new UsageException(failure.Message);
            }

            string text = PromptText.Read(parsed.GetValue(prompt), parsed.GetValue(promptFile));
            (ModelSource source, RunWeights weights) = model.Open(parsed);
            if (source.Architecture(weights, model.Hints(parsed)) is BartOptions)
            {
                OptionRules.RequireUnused(parsed, "a model that writes a text by beam search", temperature, topK, topP, minP, penalty, stop, seed, samples, noCache);
                BeamSample.Run(new BeamCall(model, parsed, source, weights) { Beams = beams, MaxNewTokens = OptionRules.IsGiven(parsed, maxNewTokens) ? options.MaxNewTokens : null }, text);
                return CommandLineApp.Succeeded;
            }

            OptionRules.RequireUnused(parsed, "a model that continues text", beams.All);
            using Interruption interruption = new();
            using CausalModel causal = model.LoadCausal(parsed, source, weights);
            options = options with { EndOfText = source.EndOfText() };
            Tokenizer tokenizer = ModelChoice.LoadTokenizer(source, causal.Options, parsed.GetValue(model.Tokenizer));
            TextGenerator generator = new(causal, tokenizer);
            LostText lost = LossNotice.Say("the prompt", text, tokenizer);
            ModelChoice.Tell(source);
            if (parsed.GetValue(model.Json))
                PrintJson(text, lost, [.. generator.GenerateAll(text, options, cancellation: interruption.Token)]);
            else
                Stream(generator, text, options, interruption.Token);
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    private static void Stream(TextGenerator generator, string prompt, SamplingOptions options, CancellationToken cancellation)
    {
        // Written piece by piece as it comes; a buffered writer would hold it back.
        int shown = -1;
        foreach (GeneratedText text in generator.GenerateAll(prompt, options, Show, cancellation))
        {
            Begin(text.Sample); // where nothing came
            Console.Out.WriteLine();
            Console.Error.WriteLine(FormattableString.Invariant(
                $"({text.NewTokens} tokens, {text.TokensPerSecond:0} tokens/s, first after {text.SecondsToFirstToken * 1000:0} ms, ended by {Reason(text.FinishReason)})"));
        }

        void Show(int sample, string piece)
        {
            Begin(sample);
            Console.Out.Write(piece);
            Console.Out.Flush();
        }

        void Begin(int sample)
        {
            if (sample != shown)
                Console.Out.Write(prompt);
            shown = sample;
        }
    }

    private static void PrintJson(string prompt, LostText lost, GeneratedText[] texts) => JsonOutput.Print(new
    {
        Prompt = prompt,
        PromptLostCharacters = lost.Characters,
        Samples = texts.Select(text => new { text.Text, text.FinishReason, text.PromptTokens, text.NewTokens, text.TokensPerSecond, FirstTokenMs = text.SecondsToFirstToken * 1000 }),
    });

    private static string Reason(FinishReason reason) => reason switch
    {
        FinishReason.Length => "length",
        FinishReason.StopString => "a stop string",
        _ => "the end of the text",
    };
}
