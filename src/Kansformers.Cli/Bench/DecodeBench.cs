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
        Option<string> model = new("--model") { Description = $"a preset, with random weights: {string.Join(", ", Families.PresetNames)}", DefaultValueFactory = _ => "gpt-mini" };
        Option<int> vocabulary = new("--vocab") { Description = "different tokens", DefaultValueFactory = _ => 65 };
        Option<int> block = new("--block") { Description = "tokens that the model can look at", DefaultValueFactory = _ => 256 };
        Option<string> placement = new("--placement") { Description = "which linear layers are KANs: all, or any of attention, mlp, head joined by commas", DefaultValueFactory = _ => "all" };
        Option<int> prompt = new("--prompt-tokens") { Description = "tokens of the prompt", DefaultValueFactory = _ => 64 };
        Option<int> tokens = new("--tokens") { Description = "tokens to generate; with the prompt at most the block", DefaultValueFactory = _ => 64 };
        Option<bool> noReference = new("--no-reference") { Description = "leave the reference out, which is slow" };
        Command command = new("decode", "Text generation: tokens a second with cache, token by token, beside matrix products and the reference without cache.")
        {
            model, vocabulary, block, placement, prompt, tokens, noReference,
        };
        KanChoice kan = new();
        foreach (Option option in kan.All)
            command.Add(option);
        options.AddTo(command, memory: false);
        command.SetAction(parsed =>
        {
            StepCase sizes = new()
            {
                Model = parsed.GetValue(model)!, Layers = 1, Heads = 1, Width = 1, Vocabulary = parsed.GetValue(vocabulary), Block = parsed.GetValue(block), Batch = 1, Layer = kan.Read(parsed),
            };
            DecodeCase decode = Read(sizes, parsed.GetValue(placement)!, parsed.GetValue(prompt), parsed.GetValue(tokens));
            return options.Run(parsed, session => Run(session, decode, !parsed.GetValue(noReference), parsed.GetValue(options.Json)));
        });
        return command;
    }

    // The model's sizes are those of its preset.
    private static DecodeCase Read(StepCase model, string placement, int prompt, int tokens)
    {
        BenchOptions.RequireAtLeast("--vocab", model.Vocabulary, 1);
        BenchOptions.RequireAtLeast("--block", model.Block, 2);
        BenchOptions.RequireAtLeast("--prompt-tokens", prompt, 1);
        BenchOptions.RequireAtLeast("--tokens", tokens, 2);
        if ((long)prompt + tokens > model.Block)
            throw new UsageException($"--prompt-tokens {prompt} and --tokens {tokens} are more than --block {model.Block}");
        try
        {
            (Family family, ModelPreset preset) = Families.Preset(model.Model);
            model.Layer.Sharing.FunctionsOf(preset.Width);
            StepCase step = model with { Family = family.Name, Layers = preset.Layers, Heads = preset.Heads, Width = preset.Width, Placement = KanPlacements.Parse(placement) };
            return step.Placement == KanPlacement.None ? throw new UsageException("--placement none leaves no KAN layer to measure") : new DecodeCase(step, prompt, tokens);
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    private static void Run(BenchSession session, DecodeCase decode, bool reference, bool json)
    {
        using DecodeContestants contestants = new(decode);
        string title = FormattableString.Invariant($"{decode.Model.Model}, KAN layers: {decode.Model.Placement.Text()} ({decode.Model.Layer.Summary()}), vocabulary {decode.Model.Vocabulary}, block {decode.Model.Block}: {decode.Tokens} tokens after {decode.Prompt}");
        string[] names = [DecodeContestants.Ours, DecodeContestants.Dense, .. reference ? new[] { DecodeContestants.ReferenceCached, DecodeContestants.Reference } : []];
        DecodeResult result = new(decode, contestants.Model.ParameterCount, session.RoundRobin.Measure(title, [.. names.Select(contestants.Make)]));
        List<DecodeLayerResult> layers = [];
        RoundRobin singles = new(session.Seconds / 5, session.Display, session.Cancellation);
        int width = decode.Model.Width;
        foreach ((long inputs, long outputs) in new (long, long)[] { (width, 3 * width), (width, 4 * width), (4 * width, width) })
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
