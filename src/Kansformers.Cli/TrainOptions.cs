using System.CommandLine;
using System.Globalization;
using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Training;
using Kansformers.Transformers;
using static Kansformers.Cli.OptionRules;

namespace Kansformers.Cli;

/// <summary>The options of <c>train</c>, and the run that they describe.</summary>
internal sealed class TrainOptions
{
    private static readonly TrainingOptions Defaults = new();

    public readonly Option<string> Data = new("--data") { Description = $"text to train on: {CorpusChoice.Kinds}", DefaultValueFactory = _ => "dotnet-docs" };
    public readonly Option<string?> ValidationData = new("--val-data") { Description = "other text to validate on, instead of the end of --data" };
    public readonly Option<double> ValidationFraction = new("--val-fraction") { Description = "the share of the tokens that is held out, from the end", DefaultValueFactory = _ => 0.1 };
    public readonly CorpusChoice Corpus = new();
    public readonly LabelChoice Labels = new();
    public readonly Option<string?> Task = new("--task") { Description = $"what is learned of labelled texts, short for that --objective: {string.Join("; ", Objectives.All.Where(entry => entry.NeedsLabels).Select(entry => $"{entry.Kind}, {entry.Summary}"))}" };
    public readonly Option<string> Tokenizer = new("--tokenizer") { Description = "char, byte, gpt2, a tokenizer.json, a vocab.json (its merges.txt beside it), a vocab.txt, or a folder with such files or a saved tokenizer (a run)", DefaultValueFactory = _ => "char" };
    public readonly Option<string> SpecialTokens = SpecialTokenNames.Option();
    public readonly Option<string> UnknownCharacters = UnknownCharacterNames.Option();
    public readonly RecipeChoice Recipe = new();
    public readonly FamilyChoice Family = new($"that of --model, else of the recipe's model: {RecipeChoice.Default(recipe => Families.Preset(recipe.Size.Preset, null).Family.Name)}");
    public readonly Option<string?> Model = new("--model") { Description = $"a preset: {string.Join(", ", Families.PresetNames)}; or weights to begin from, which bring their architecture and tokenizer: a run, a folder in Hugging Face's layout (GPT-2, BERT, DistilBERT, RoBERTa), hub:owner/name, or a weight file [default: the family's smallest; without a family {RecipeChoice.Default(recipe => recipe.Size.Preset)}]" };
    public readonly Option<int?> Layers = new("--layers") { Description = "transformer blocks, with --heads and --embd instead of --model" };
    public readonly Option<int?> Heads = new("--heads") { Description = "attention heads; they divide --embd" };
    public readonly Option<string?> Gelu = GeluChoice.Option();
    public readonly Option<int?> Embd = new("--embd") { Description = "width of the hidden state" };
    public readonly Option<string?> Placement = PlacementChoice.Option("joined by commas");
    public readonly KanChoice Kan = new();
    public readonly Option<int?> BlockSize = new("--block-size") { Description = $"the longest sequence, in tokens; with weights to begin from, theirs unless given, and no longer [default: {RecipeChoice.Default(recipe => recipe.Size.BlockSize)}]" };
    public readonly Option<int?> BatchSize = new("--batch-size") { Description = $"sequences that go through the model at once [default: {RecipeChoice.Default(recipe => recipe.Size.BatchSize)}]" };
    public readonly Option<int> GradAccum = new("--grad-accum") { Description = "batches that add up to one step", DefaultValueFactory = _ => Defaults.GradAccum };
    public readonly Option<long?> MaxIters = new("--max-iters") { Description = $"optimizer steps; with --resume, how many there are to be in all: the learning rate goes on from where it is and never rises after its warm-up [default: {RecipeChoice.Default(recipe => recipe.Size.Steps)}]" };
    public readonly Option<double?> LearningRate = new("--learning-rate") { Description = $"the highest learning rate; 3e-4 with weights to begin from, for labels less the wider the model is (5e-5 at 768), unless given [default: {RecipeChoice.Trained(training => training.LearningRate)}]" };
    public readonly Option<double?> MinLearningRate = new("--min-lr") { Description = "the learning rate at the end of a linear or cosine schedule [default: the recipe's share of --learning-rate, 0; a tenth with weights to begin from]" };
    public readonly Option<long?> Warmup = new("--warmup") { Description = $"steps over which the learning rate climbs [default: {RecipeChoice.Trained(training => training.Warmup)}; in short runs at most a tenth of them]" };
    public readonly Option<string?> Schedule = new("--schedule") { Description = $"constant, linear or cosine [default: {RecipeChoice.Trained(training => training.Schedule.ToString().ToLowerInvariant())}; cosine with weights to begin from]" };
    public readonly ListedChoice<ObjectiveOptions> Objective = new("--objective", "what is learned from the text", Objectives.All, Objectives.Named, $"{RecipeChoice.Trained(training => training.Objective.Kind)}; of other families {string.Join(", ", Objectives.All.Skip(1).Where(objective => Families.All.Any(family => Objectives.For(family.Defaults) == objective)).Select(objective => objective.Kind))}");
    public readonly ListedChoice<OptimizerOptions> Optimizer = new("--optimizer", "how gradients change the weights", Optimizers.All, Optimizers.Named, $"{RecipeChoice.Trained(training => training.Optimizer.Kind)}; adamw with weights to begin from");
    public readonly Option<long> UpdateGrid = new("--update-grid") { Description = "move the grids of KAN layers (bspline, rbf, switch) to their inputs every so many steps; 0 for never", DefaultValueFactory = _ => 0 };
    public readonly Option<string?> RefineGrid = RefinementChoice.Option();
    public readonly Option<double> KanPenalty = new("--kan-penalty") { Description = "factor of efficient-kan's sparsity penalty in the loss; 0 for none", DefaultValueFactory = _ => 0 };
    public readonly Option<double?> GradClip = new("--grad-clip") { Description = $"largest norm of all gradients together; 0 for no clipping [default: {RecipeChoice.Trained(training => training.GradClip)}]" };
    public readonly Option<double?> Dropout = new("--dropout") { Description = $"share of embeddings, attention weights and residual values dropped in training [default: {RecipeChoice.Default(recipe => recipe.Dropout)}; 0 with weights to begin from]" };
    public readonly Option<long> EvalInterval = new("--eval-interval") { Description = "steps between validations; a checkpoint follows each", DefaultValueFactory = _ => Defaults.EvalInterval };
    public readonly Option<long> SnapshotInterval = new("--snapshot-interval") { Description = "steps between snapshots of the weights, which the run folder keeps so that kan plot shows how curves changed; 0 for none", DefaultValueFactory = _ => 0 };
    public readonly Option<int> EvalWindows = new("--eval-windows") { Description = "fixed windows of held-out text in each validation; 0 for all of the text, in windows side by side", DefaultValueFactory = _ => Defaults.EvalWindows };
    public readonly Option<int> Patience = new("--patience") { Description = "stop after so many validations without an improvement; 0 for never", DefaultValueFactory = _ => 0 };
    public readonly Option<long> Seed = new("--seed") { Description = "decides weights, batches and dropout", DefaultValueFactory = _ => Defaults.Seed };
    public readonly Option<string> Device = new("--device") { Description = "cpu, cuda, cuda:N, mps or auto", DefaultValueFactory = _ => "cpu" };
    public readonly Option<string> Precision = new("--precision") { Description = "of the matrix products: fp32, or bf16 (fast on processors with bfloat16 instructions)", DefaultValueFactory = _ => "fp32" };
    public readonly Option<string?> Out = new("--out") { Description = "the run folder to create, new or empty [default: runs/CORPUS-MODEL]" };
    public readonly Option<string?> Resume = new("--resume") { Description = "go on with this run folder; its own options hold, but --max-iters and --refine-grid may be given anew" };
    public readonly Option<string?> Config = new("--config") { Description = "a JSON file of option names and values; the command line wins" };
    public readonly Option<string> Prompt = new("--prompt") { Description = "how the sample at the end begins", DefaultValueFactory = _ => "\n" };
    public readonly Option<int> SampleTokens = new("--sample-tokens") { Description = "length of the sample at the end, in tokens; 0 for none", DefaultValueFactory = _ => 400 };
    public readonly Option<bool> Json = new("--json") { Description = "print one JSON object on standard output and nothing else there" };

    private Option[] Choices =>
    [
        Data, ValidationData, ValidationFraction, .. Corpus.All, .. Labels.All, Task, Tokenizer, SpecialTokens, UnknownCharacters, Recipe.Option, Family.Name, Model, Layers, Heads, Embd, Placement, .. Kan.All, .. Family.Settings,
        Gelu, BlockSize, BatchSize, GradAccum, MaxIters, LearningRate, MinLearningRate, Warmup, Schedule, .. Objective.All, .. Optimizer.All, GradClip, UpdateGrid, RefineGrid, KanPenalty, Dropout,
        EvalInterval, SnapshotInterval, EvalWindows, Patience, Seed, Precision, Out,
    ];

    /// <summary>The options that say what text is trained on.</summary>
    public Option[] OfText => [Data, ValidationData, ValidationFraction, .. Corpus.All, Tokenizer, SpecialTokens, UnknownCharacters];

    /// <summary>The options that models which are compared can share: sizes and training, but not what tells them apart.</summary>
    public Option[] OfComparison =>
    [
        .. OfText, Recipe.Option, Family.Name, Model, Layers, Heads, Embd, BlockSize, BatchSize, GradAccum, MaxIters, LearningRate, MinLearningRate, Warmup, Schedule, .. Objective.All, .. Optimizer.All,
        GradClip, Dropout, EvalInterval, EvalWindows, Precision,
    ];

    /// <summary>The options that the models of a ladder can share, whose sizes and steps the ladder sets.</summary>
    public Option[] OfLadder => [.. OfComparison.Except([Model, Layers, Heads, Embd, MaxIters, Warmup, EvalInterval])];

    public void AddTo(Command command)
    {
        foreach (Option option in Choices.Concat([Device, Resume, Config, Prompt, SampleTokens, Json]))
            command.Add(option);
        OptionRules.NotEmpty(Data, ValidationData, Tokenizer, Out, Resume, Config, RefineGrid);
        OptionRules.Device(Device);
    }

    /// <summary>What the weights to begin from leave open or say twice; known once the options are read.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <summary>What a run that goes on is asked to do otherwise; all else is in its folder's configuration.</summary>
    /// <exception cref="UsageException">An option is given that a resumed run cannot take.</exception>
    public ResumePlan PlanOfResume(ParseResult parsed)
    {
        string[] given = OptionRules.Given(parsed, Choices.Where(option => option != MaxIters && option != RefineGrid));
        if (given.Length > 0)
            throw new UsageException($"--resume goes on with the run's own options, --max-iters and --refine-grid aside; leave out {string.Join(", ", given)}");
        if (parsed.GetValue(MaxIters) < 1)
            throw new UsageException($"max iters is {parsed.GetValue(MaxIters)}; it must be at least 1");
        return new ResumePlan { MaxIters = IsGiven(parsed, MaxIters) ? parsed.GetValue(MaxIters) : null, RefineGrid = RefinementChoice.Parse(parsed.GetValue(RefineGrid)) };
    }

    /// <summary>The run that the options describe, checked as far as that goes without the text.</summary>
    public RunConfig Read(ParseResult parsed)
    {
        if (IsGiven(parsed, ValidationData) && IsGiven(parsed, ValidationFraction))
            throw new UsageException("--val-data and --val-fraction exclude each other");
        double held = parsed.GetValue(ValidationFraction);
        if (!(held >= 0 && held < 1))
            throw new UsageException(FormattableString.Invariant($"--val-fraction is {held}; it must be 0 to below 1"));
        TokenizerChoice.RequireOrChar(parsed.GetValue(Tokenizer)!);
        if (parsed.GetValue(Patience) > 0 && held == 0)
            throw new UsageException("--patience needs held-out text: give --val-data, or a --val-fraction above 0");
        // What is wrong is told before anything is downloaded.
        Recipe recipe = Recipe.Read(parsed);
        ModelOptions? model = IsPretrained(parsed) ? null : ReadModel(parsed, recipe);
        long steps = parsed.GetValue(MaxIters) ?? recipe.Size.Steps;
        ModelOptions usual = Families.Preset(recipe.Size.Preset, null).Family.Defaults; // stands for weights until they are there
        TrainingOptions training = model is not null ? ReadTraining(parsed, recipe.Training(model, NamedObjective(parsed, Objectives.For(model)), steps))
            : ReadTraining(parsed, recipe.TrainingOn(usual, NamedObjective(parsed, Objectives.All[0]), steps), readsObjective: IsNamed(parsed));
        try
        {
            training.Validate();
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }

        if (parsed.GetValue(Out) is string folder)
            RunFolder.RequireFree(folder);
        RequireLabels(parsed, training.Objective);
        string? teachers = TokenizerOfTeacher(training.Objective);
        Pretrained? pretrained = ReadPretrained(parsed);
        if (pretrained is { Architecture: ModelOptions own })
            training = ReadTraining(parsed, recipe.TrainingOn(own, NamedObjective(parsed, Objectives.For(own)), steps));

        RequireText(parsed, training.Objective);
        RunConfig config = new()
        {
            Preset = pretrained?.Name ?? PresetName(parsed, recipe),
            Recipe = recipe.Name,
            Model = pretrained?.Architecture ?? model!,
            InitialWeights = pretrained?.Weights,
            Training = training,
            Data = new DataConfig
            {
                Data = parsed.GetValue(Data)!,
                ValidationData = parsed.GetValue(ValidationData),
                ValidationFraction = held,
                TextField = parsed.GetValue(Corpus.TextField),
                TextPairField = parsed.GetValue(Labels.TextPairField),
                LabelField = parsed.GetValue(Labels.LabelField),
                Deduplicate = parsed.GetValue(Corpus.Deduplicate),
                TokenFormat = Corpus.FormatIn(parsed),
                Tokenizer = IsGiven(parsed, Tokenizer) ? parsed.GetValue(Tokenizer)! : pretrained?.Tokenizer() ?? teachers ?? parsed.GetValue(Tokenizer)!,
                SpecialTokens = SpecialTokenNames.Parse(parsed.GetValue(SpecialTokens)),
                UnknownCharacters = UnknownCharacterNames.Parse(parsed.GetValue(UnknownCharacters)),
            },
        };
        try
        {
            config.Validate();
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }

        return config;
    }

    private string PresetName(ParseResult parsed, Recipe recipe)
    {
        bool sized = IsGiven(parsed, Layers) || IsGiven(parsed, Heads) || IsGiven(parsed, Embd);
        if (sized && IsGiven(parsed, Model))
            throw new UsageException("give --model, or --layers, --heads and --embd, not both");
        if (sized && !(IsGiven(parsed, Layers) && IsGiven(parsed, Heads) && IsGiven(parsed, Embd)))
            throw new UsageException("--layers, --heads and --embd go together: give all three");
        if (!sized && !IsGiven(parsed, Model) && Family.Read(parsed) is { Presets.Count: 0 } family)
            return family.Name;
        return sized ? "custom" : parsed.GetValue(Model) ?? Family.Read(parsed)?.Presets[^1].Name ?? recipe.Size.Preset;
    }

    private bool IsPretrained(ParseResult parsed) => parsed.GetValue(Model) is string name && !Families.PresetNames.Contains(name) && Pretrained.CanBe(name);

    // Weights to begin from: what --model names, when it is no preset.
    private Pretrained? ReadPretrained(ParseResult parsed)
    {
        if (!IsPretrained(parsed))
            return IsGiven(parsed, Gelu) ? throw new UsageException("--gelu is for weights to begin from; give them by --model") : null;
        string name = parsed.GetValue(Model)!;
        string[] given = OptionRules.Given(parsed, [Layers, Embd, Placement, .. Kan.All, .. Family.Settings]);
        if (given.Length > 0)
            throw new UsageException($"the architecture comes with the weights of --model {name}; leave out {string.Join(", ", given)}");
        Pretrained pretrained = Pretrained.Open(name, new ModelHints(parsed.GetValue(Heads), GeluChoice.Parse(parsed.GetValue(Gelu))));
        Notes = pretrained.Notes;
        ModelOptions options = pretrained.Architecture;
        if (Family.Read(parsed) is Family family && family != options.Family)
            throw new UsageException($"--family is {family.Name}, but --model {name} is of the family {options.Family.Name}; leave out --family");
        if (parsed.GetValue(BlockSize) is int block)
        {
            options = block <= options.BlockSize ? options with { BlockSize = block }
                : throw new UsageException($"--block-size is {block}, but the model has positions for {options.BlockSize} tokens");
        }

        return pretrained with { Architecture = options.WithDropout(parsed.GetValue(Dropout) ?? 0) };
    }

    private ModelOptions ReadModel(ParseResult parsed, Recipe recipe)
    {
        try
        {
            string preset = PresetName(parsed, recipe);
            Family? family = Family.Read(parsed);
            Family otherwise = Families.Preset(recipe.Size.Preset, null).Family;
            bool isNamed = IsGiven(parsed, Model) || (family ?? otherwise).Presets.Count > 0;
            (Family chosen, ModelPreset? sizes) = preset == "custom" || !isNamed ? (family ?? otherwise, null) : Families.Preset(preset, family);
            KanPlacement unsaid = chosen.Defaults.Placement == KanPlacement.None && Kan.All.Any(option => IsGiven(parsed, option)) ? KanPlacement.All : chosen.Defaults.Placement;
            ModelOptions options = Family.Apply(parsed, chosen.Defaults.WithDropout(parsed.GetValue(Dropout) ?? recipe.Dropout) with
            {
                BlockSize = parsed.GetValue(BlockSize) ?? recipe.Size.BlockSize,
                Placement = PlacementChoice.Parse(parsed.GetValue(Placement)) ?? unsaid,
                Kan = Kan.Read(parsed, recipe.Layers),
            });
            return preset == "custom"
                ? options with { Layers = parsed.GetValue(Layers)!.Value, Heads = parsed.GetValue(Heads)!.Value, Width = parsed.GetValue(Embd)!.Value }
                : sizes?.Apply(options) ?? options;
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    private bool IsNamed(ParseResult parsed) => Objective.IsNamed(parsed) || parsed.GetValue(Task) is not null;

    // By its own name or its task's, as it stands in the list: the recipe speaks before its options do.
    private ObjectiveOptions NamedObjective(ParseResult parsed, ObjectiveOptions unsaid)
    {
        if (parsed.GetValue(Task) is not string task)
            return Objective.Named(parsed, unsaid);
        if (Objective.IsNamed(parsed))
            throw new UsageException("--task is short for --objective; give one of them");
        ObjectiveOptions[] tasks = [.. Objectives.All.Where(entry => entry.NeedsLabels)];
        return tasks.FirstOrDefault(entry => entry.Kind.Equals(task, StringComparison.OrdinalIgnoreCase))
            ?? throw new UsageException($"unknown task '{task}': use {string.Join(" or ", tasks.Select(entry => entry.Kind))}");
    }

    // Labels have no default, and are nothing to text: told before anything is downloaded.
    private void RequireLabels(ParseResult parsed, ObjectiveOptions objective)
    {
        if (objective.NeedsLabels && !IsGiven(parsed, Data))
            throw new UsageException($"{objective.Kind} learns from labelled texts; give --data, {objective.DataNeeded}");
    }

    // A student reads as its teacher does, which is told before anything long begins; null where there is none, or it does not tell.
    private static string? TokenizerOfTeacher(ObjectiveOptions objective)
    {
        if (objective is not DistillationOptions { Teacher: string teacher })
            return null;
        if (teacher.Length == 0)
            throw new UsageException($"{objective.Kind} learns from a model that is trained already; give --teacher, a run, a folder in Hugging Face's layout, hub:owner/name, or a weight file");
        try
        {
            ModelSource source = ModelChoice.OpenSource(teacher);
            return source.TokenizerName(source.Architecture().VocabularySize);
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"--teacher: {failure.Message}", failure);
        }
    }

    private void RequireText(ParseResult parsed, ObjectiveOptions objective)
    {
        RequireLabels(parsed, objective);
        OptionRules.RequireUnused(parsed, $"--objective {objective.Kind}", objective.NeedsLabels ? [Corpus.Deduplicate, Corpus.TokenFormat, SpecialTokens] : Labels.All);
        if (objective is TokenClassificationOptions)
            LabelChoice.RequireColumns(parsed, [parsed.GetValue(Data), parsed.GetValue(ValidationData)], Corpus.TextField, Labels.LabelField);
    }

    private Precision ReadPrecision(ParseResult parsed)
    {
        try
        {
            return Precisions.Parse(parsed.GetValue(Precision)!);
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }

    // What the user says, and else the recipe.
    private TrainingOptions ReadTraining(ParseResult parsed, TrainingOptions unsaid, bool readsObjective = true)
    {
        LearningRateDecay schedule = unsaid.Schedule;
        if (parsed.GetValue(Schedule) is string name && (!Enum.TryParse(name, ignoreCase: true, out schedule) || !Enum.IsDefined(schedule)))
            throw new UsageException($"unknown schedule '{name}': use constant, linear or cosine");
        if (schedule == LearningRateDecay.Constant && IsGiven(parsed, MinLearningRate))
            throw new UsageException("--min-lr has no meaning with --schedule constant");
        double rate = parsed.GetValue(LearningRate) ?? unsaid.LearningRate, least = rate * (unsaid.MinLearningRate / unsaid.LearningRate); // the recipe's share
        return unsaid with
        {
            BatchSize = parsed.GetValue(BatchSize) ?? unsaid.BatchSize,
            GradAccum = parsed.GetValue(GradAccum),
            LearningRate = rate,
            MinLearningRate = schedule == LearningRateDecay.Constant ? 0 : parsed.GetValue(MinLearningRate) ?? least,
            Warmup = parsed.GetValue(Warmup) ?? unsaid.Warmup,
            Schedule = schedule,
            Objective = readsObjective ? Objective.Read(parsed, unsaid.Objective) : unsaid.Objective,
            Optimizer = Optimizer.Read(parsed, unsaid.Optimizer),
            GradClip = parsed.GetValue(GradClip) ?? unsaid.GradClip,
            UpdateGrid = parsed.GetValue(UpdateGrid),
            RefineGrid = RefinementChoice.Parse(parsed.GetValue(RefineGrid)) ?? [],
            KanPenalty = parsed.GetValue(KanPenalty),
            EvalInterval = parsed.GetValue(EvalInterval),
            SnapshotInterval = parsed.GetValue(SnapshotInterval),
            EvalWindows = parsed.GetValue(EvalWindows),
            Patience = parsed.GetValue(Patience),
            Seed = parsed.GetValue(Seed),
            Precision = ReadPrecision(parsed),
        };
    }
}
