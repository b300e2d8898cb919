using System.CommandLine;
using Kansformers.Transformers;
using Spectre.Console;

namespace Kansformers.Cli.Bench;

/// <summary><c>bench decode</c>: tokens a second of text generation, and the time to the first token.</summary>
internal static class DecodeBench
{
    public static Command Create()
    {
        BenchOptions options = new();
        ModelSizes model = new(rank: 2, block: 256);
        Option<string?> placement = PlacementChoice.Option("joined by commas");
        Option<int> prompt = new("--prompt-tokens") { Description = "tokens of the prompt", DefaultValueFactory = _ => 64 };
        Option<int> tokens = new("--tokens") { Description = "tokens to generate; with the prompt at most the block", DefaultValueFactory = _ => 64 };
        Option<bool> noReference = new("--no-reference") { Description = "leave the reference out, which is slow" };
        Command command = new("decode", "Text generation: tokens a second with cache, token by token, beside matrix products and the reference without cache.")
        {
            placement, prompt, tokens, noReference,
        };
        model.AddTo(command);
        options.AddTo(command, memory: false);
        command.SetAction(parsed =>
        {
            (string name, ModelOptions made) = model.Read(parsed);
            DecodeCase decode = Read(name, made, parsed.GetValue(placement), (parsed.GetValue(prompt), parsed.GetValue(tokens)));
            return options.Run(parsed, session => Run(session, decode, !parsed.GetValue(noReference), parsed.GetValue(options.Json)));
        });
        return command;
    }

    private static DecodeCase Read(string name, ModelOptions model, string? placement, (int Prompt, int Generated) tokens)
    {
        BenchOptions.RequireAtLeast("--block", model.BlockSize, 2);
        BenchOptions.RequireAtLeast("--prompt-tokens", tokens.Prompt, 1);
        BenchOptions.RequireAtLeast("--tokens", tokens.Generated, 2);
        if ((long)tokens.Prompt + tokens.Generated > model.BlockSize)
            throw new UsageException($"--prompt-tokens {tokens.Prompt} and --tokens {tokens.Generated} are more than --block {model.BlockSize}");
        try
        {
            model = model with { Placement = PlacementChoice.Parse(placement) ?? model.Placement };
            model.Validate();
            return new DecodeCase(new StepCase { Model = name, Options = model, Batch = 1 }, tokens.Prompt, tokens.Generated);
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    private static void Run(BenchSession session, DecodeCase decode, bool reference, bool json)
    {
        using DecodeContestants contestants = new(decode);
        string title = FormattableString.Invariant($"{decode.Model.Model}, {decode.Model.Parts}, vocabulary {decode.Model.Options.VocabularySize}, block {decode.Model.Options.BlockSize}: {decode.Tokens} tokens after {decode.Prompt}");
        bool hasLayers = decode.Model.Options.Placement != KanPlacement.None;
        string[] names = [DecodeContestants.Ours, .. hasLayers ? new[] { DecodeContestants.Dense } : [], .. reference ? new[] { DecodeContestants.ReferenceCached, DecodeContestants.Reference } : []];
        DecodeResult result = new(decode, contestants.Model.ParameterCount, session.RoundRobin.Measure(title, [.. names.Select(contestants.Make)]));
        List<DecodeLayerResult> layers = [];
        RoundRobin singles = new(session.Seconds / 5, session.Display, session.Cancellation);
        int width = decode.Model.Options.Width;
        foreach ((long inputs, long outputs) in hasLayers ? new (long, long)[] { (width, 3 * width), (width, 4 * width), (4 * width, width) } : [])
        {
            string[] ways = [DecodeContestants.Ours, DecodeContestants.Dense, LayerContestants.Linear];
            layers.Add(new DecodeLayerResult(inputs, outputs, singles.Measure(
                FormattableString.Invariant($"{inputs} -> {outputs}, 1 token"), [.. ways.Select(way => contestants.MakeLayer(way, inputs, outputs))])));
        }

        session.Display.Clear();
        if (json)
            JsonOutput.Print(new { Cases = new[] { result }, Layers = layers, Machine = Machine.Current() });
        else
            Print(title, result, layers);
    }

    private static void Print(string title, DecodeResult result, List<DecodeLayerResult> layers)
    {
        Console.WriteLine(Machine.Current());
        Table table = ResultTable.New("", "tokens/s", "of the reference", "first token ms", "ms a token after it", "rounds");
        foreach ((string name, Timing timing) in result.Timings)
        {
            table.AddRow(
                Label(name), ResultTable.Ms(result.TokensPerSecond(name)), ResultTable.Times(result.TokensPerSecond(name), result.ReferenceTokensPerSecond),
                ResultTable.Ms(timing.ForwardMs), ResultTable.Ms(timing.BackwardMs / (result.Tokens - 1)), $"{timing.Rounds}");
        }

        ResultTable.Write(Environment.NewLine + title, table);
        if (layers.Count == 0)
            return;
        Table single = ResultTable.New("one layer, one token", "ours us", "dense product us", "dense / ours", "linear layer us");
        foreach (DecodeLayerResult layer in layers)
        {
            single.AddRow(
                FormattableString.Invariant($"{layer.In} -> {layer.Out}"), ResultTable.Ms(layer.LiveUs), ResultTable.Ms(layer.DenseUs),
                ResultTable.Times(layer.DenseUs, layer.LiveUs), ResultTable.Ms(layer.LinearUs));
        }

        ResultTable.Write("", single);
    }

    private static string Label(string name) => name switch
    {
        DecodeContestants.Ours => "ours: cache",
        DecodeContestants.Dense => "ours: cache, dense product",
        DecodeContestants.Reference => "reference: no cache",
        _ => "reference: cache",
    };
}
