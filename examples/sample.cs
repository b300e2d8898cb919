#:project ../src/Kansformers/Kansformers.csproj
// Streams text from a model: a run folder, or a checkpoint of the original (.pt, with the GPT-2 tokenizer):
//     dotnet run examples/sample.cs runs/example "The value "
using Kansformers.Generation;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

string source = args.ElementAtOrDefault(0) ?? "runs/example";
string prompt = args.ElementAtOrDefault(1) ?? "The value ";

// A run folder knows its architecture and its tokenizer. A bare weight file tells the sizes by its shapes, but not always
// the number of attention heads: then CausalModel.FromPretrained takes new ModelHints(Heads: 6) as its third argument.
RunFolder? run = Directory.Exists(source) ? RunFolder.Open(source) : null;
using CausalModel model = run?.LoadCausalModel() ?? CausalModel.FromPretrained(source);
Tokenizer tokenizer = run?.LoadTokenizer() ?? Gpt2Tokenizer.Instance;

// Temperature sharpens or flattens the distribution; min-p then drops what is far less likely than the likeliest token.
SamplingOptions options = new() { MaxNewTokens = 300, Temperature = 0.8, MinP = 0.05, Seed = 1 };

// Pieces of text arrive as they are made, and never hold half a character.
Console.Write(prompt);
GeneratedText text = new TextGenerator(model, tokenizer).Generate(prompt, options, Console.Write);
Console.WriteLine();
Console.WriteLine($"({text.NewTokens} tokens, {text.TokensPerSecond:0} tokens/s)");
