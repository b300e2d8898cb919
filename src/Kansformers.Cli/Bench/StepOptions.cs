using System.CommandLine;
using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Transformers;

namespace Kansformers.Cli.Bench;

/// <summary>Which training steps to measure.</summary>
internal sealed class StepOptions
{
    public readonly Option<string> Model = new("--model") { Description = $"a preset: {string.Join(", ", Families.PresetNames)}", DefaultValueFactory = _ => "gpt-micro" };
    public readonly Option<int> Vocabulary = new("--vocab") { Description = "different tokens", DefaultValueFactory = _ => 65 };
    public readonly Option<int> Block = new("--block") { Description = "tokens of a sequence", DefaultValueFactory = _ => 128 };
    public readonly Option<int> Batch = new("--batch") { Description = "sequences of a step", DefaultValueFactory = _ => 16 };
    public readonly Option<string> Placement = new("--placement") { Description = "which linear layers are KANs: all, none, attention, mlp, head, or several of the last three joined by +; several cases joined by commas", DefaultValueFactory = _ => "all" };

    public readonly KanChoice Kan = new();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Model, Vocabulary, Block, Batch, Placement, .. Kan.All])
            command.Add(option);
    }

    public IReadOnlyList<StepCase> Read(ParseResult parsed, IReadOnlyList<Precision> precisions)
    {
        BenchOptions.RequireAtLeast("--vocab", parsed.GetValue(Vocabulary), 1);
        BenchOptions.RequireAtLeast("--block", parsed.GetValue(Block), 1);
        BenchOptions.RequireAtLeast("--batch", parsed.GetValue(Batch), 1);
        KanOptions kan = Kan.Read(parsed);
        try
        {
            string model = parsed.GetValue(Model)!;
            (Family family, ModelPreset preset) = Families.Preset(model);
            kan.Sharing.FunctionsOf(preset.Width);
            KanPlacement[] placements = [.. parsed.GetValue(Placement)!.Split(',').Select(text => KanPlacements.Parse(text.Replace('+', ',')))];
            return
            [
                .. from placement in placements
                   from precision in precisions
                   select new StepCase
                   {
                       Model = model,
                       Family = family.Name,
                       Layers = preset.Layers,
                       Heads = preset.Heads,
                       Width = preset.Width,
                       Placement = placement,
                       Layer = kan,
                       Precision = precision,
                       Vocabulary = parsed.GetValue(Vocabulary),
                       Block = parsed.GetValue(Block),
                       Batch = parsed.GetValue(Batch),
                   },
            ];
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }
}
