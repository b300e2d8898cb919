using System.CommandLine;
using Kansformers.Kan;
using Kansformers.Transformers;

namespace Kansformers.Cli.Bench;

/// <summary>The options that say which model a measurement makes: a preset of any family, with random weights.</summary>
internal sealed class ModelSizes
{
    public readonly Option<string?> Model;
    public readonly FamilyChoice Family = new($"that of --model, else {Families.All[0].Name}");
    public readonly Option<int> Vocabulary = new("--vocab") { Description = "different tokens", DefaultValueFactory = _ => 65 };
    public readonly Option<int> Block;
    public readonly KanChoice Kan = new();

    private readonly int _rank;

    /// <param name="rank">Which preset of a family is taken when none is named: so many from the smallest.</param>
    /// <param name="block">The block unless it is given.</param>
    public ModelSizes(int rank, int block)
    {
        _rank = rank;
        Model = new Option<string?>("--model") { Description = $"a preset, with random weights: {string.Join(", ", Families.PresetNames)} [default: the family's, {Preset(Families.All[0]).Name}]" };
        Block = new Option<int>("--block") { Description = "tokens that the model can look at", DefaultValueFactory = _ => block };
    }

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Model, Family.Name, Vocabulary, Block, .. Kan.All, .. Family.Settings])
            command.Add(option);
    }

    /// <summary>The model's name, and its architecture, whose placement is its family's.</summary>
    /// <exception cref="UsageException">Something does not fit.</exception>
    public (string Name, ModelOptions Options) Read(ParseResult parsed)
    {
        BenchOptions.RequireAtLeast("--vocab", parsed.GetValue(Vocabulary), 1);
        BenchOptions.RequireAtLeast("--block", parsed.GetValue(Block), 1);
        KanOptions kan = Kan.Read(parsed);
        Family? named = Family.Read(parsed);
        try
        {
            (Family family, ModelPreset preset) = parsed.GetValue(Model) is string name ? Families.Preset(name, named) : (named ?? Families.All[0], Preset(named ?? Families.All[0]));
            kan.Sharing.FunctionsOf(preset.Width);
            ModelOptions options = preset.Apply(family.Defaults.WithDropout(0)) with { VocabularySize = parsed.GetValue(Vocabulary), BlockSize = parsed.GetValue(Block), Kan = kan };
            return (preset.Name, Family.Apply(parsed, options));
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    private ModelPreset Preset(Family family) => family.Presets is { Count: > 0 } presets ? presets[Math.Max(0, presets.Count - 1 - _rank)]
        : throw new KansformersException($"the family {family.Name} has no sizes by name to measure");
}
