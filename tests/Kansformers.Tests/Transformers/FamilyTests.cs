using System.Text.Json;
using Kansformers.Cli.Bench;
using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Tests.Kan;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>The trials that every listed family goes through, with KAN layers at every place.</summary>
public class FamilyTests
{
    private const int Vocabulary = 17, Block = 8;

    public static TheoryData<string> Names() => [.. Families.All.Select(family => family.Name)];

    private const string Classification = "classification", Regression = "regression", Words = "words", Answers = "answers";

    /// <summary>
    /// Every family by its name, and as <c>family/form</c> with every form of the feed-forward parts where it has several, and every head but that for masked tokens where it
    /// has any.
    /// </summary>
    private static IEnumerable<string> Forms => Families.All.SelectMany(family => FormsOf(family).Select(form => $"{family.Name}/{form}").Prepend(family.Name));

    private static IEnumerable<string> FormsOf(Family family) => family.Defaults is EncoderOptions ? [Classification, Regression, Words, Answers]
        : family.Settings.Any(setting => setting.Name == "feed-forward") ? FeedForwards.All.Select(form => form.Name) : [];

    public static TheoryData<string, string> NamesAndPlacements()
    {
        TheoryData<string, string> all = [];
        foreach (string family in Forms)
        {
            foreach (string placement in family.Contains('/', StringComparison.Ordinal) ? (string[])["none", "all"] : ["none", "attention", "mlp", "head", "all"])
            {
                if (placement != "none" || !family.EndsWith("/none", StringComparison.Ordinal))
                    all.Add(family, placement);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(NamesAndPlacements))]
    public void Every_gradient_is_that_of_finite_differences(string family, string placement)
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Make(family, placement), exact = Make(family, placement);
        exact.load_state_dict(model.state_dict());
        exact.to(ScalarType.Float64);
        TokenBatch batch = Batch(2, 5, model.Options);
        Tensor loss = model.Loss(batch), exactLoss = exact.Loss(batch);
        EngineCheck.Close("loss", loss.detach(), exactLoss.detach(), 1e-5);
        EngineCheck.Close("loss of a share", model.Loss(batch, 0.25).detach(), exactLoss.detach() / 4, 1e-5);
        loss.backward();
        exactLoss.backward();
        using var guard = no_grad();
        Dictionary<string, Parameter> single = model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        foreach ((string name, Parameter parameter) in exact.named_parameters())
        {
            Tensor direction = randn_like(parameter), gradient = parameter.grad!, start = parameter.clone();
            const double step = 1e-6;
            parameter.add_(direction * step);
            double above = exact.Loss(batch).item<double>();
            parameter.copy_(start - direction * step);
            double below = exact.Loss(batch).item<double>();
            parameter.copy_(start);
            double slope = (gradient * direction).sum().item<double>();
            Assert.True(Math.Abs((above - below) / (2 * step) - slope) <= 1e-5 + 1e-4 * Math.Abs(slope), $"{name}: {(above - below) / (2 * step)} is not {slope}");
            Tensor found = single[name].grad!;
            double size = gradient.abs().max().item<double>();
            double difference = (found.to_type(ScalarType.Float64) - gradient).abs().max().item<double>();
            Assert.True(difference <= 1e-7 + 1e-4 * size, $"{name}: float32 differs by {difference} where gradients are {size}");
        }
    }

    // As with torch's own modules, parameters belong to the module.
    [Theory]
    [MemberData(nameof(NamesAndPlacements))]
    public void A_model_outlives_the_scope_that_it_is_made_in(string family, string placement)
    {
        ModelOptions options = Options(family, placement);
        TransformerModel made, moved, apart;
        using (NewDisposeScope())
        {
            made = New();
            moved = New();
            moved.to(ScalarType.Float64);
            moved.to(ScalarType.Float32);
        }

        apart = New();
        using (made)
        using (moved)
        using (apart)
        {
            Same(apart, made);
            Same(apart, moved);
            using var scope = NewDisposeScope();
            made.Loss(Batch(2, 5, options)).backward();
            Assert.All(made.named_parameters(), entry => Assert.NotNull(entry.parameter.grad));
        }

        TransformerModel New()
        {
            random.manual_seed(1);
            return options.Family.Create(options);
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndPlacements))]
    public void A_trainer_collects_the_same_gradients(string family, string placement)
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Make(family, placement);
        TokenBatch[] batches = [Batch(2, 5, model.Options), Batch(3, Block, model.Options)];
        foreach (TokenBatch batch in batches)
            model.Loss(batch, 0.5).backward();
        Dictionary<string, Tensor> expected = model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!.clone());
        using GradientBuffers buffers = new(model.parameters());
        for (int step = 0; step < 3; step++)
        {
            foreach (Parameter parameter in model.parameters())
                parameter.grad = null;
            foreach (TokenBatch batch in batches)
                buffers.Collect(() => model.Loss(batch, 0.5).backward());
            buffers.Publish();
            foreach ((string name, Parameter parameter) in model.named_parameters())
                Assert.True((parameter.grad! - expected[name]).abs().max().item<float>() <= 1e-7 + 1e-5 * expected[name].abs().max().item<float>(), $"{name} in step {step}");
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndPlacements))]
    public void Every_layout_gives_the_model_back(string family, string placement)
    {
        using TestFolder folder = new();
        using TransformerModel model = Make(family, placement);
        HuggingFaceModel.Save(model, folder["hf"]);
        using (TransformerModel again = TransformerModel.FromPretrained(folder["hf"]))
            Same(model, again);
        ModelSource source = ModelSource.Open(folder["hf"]);
        using (ModelConversion conversion = new(source))
        {
            Assert.Equal(model.Options.Family, conversion.Options.Family);
            conversion.ToSafetensors(folder["a.safetensors"]);
            conversion.ToPyTorch(folder["a.pt"]);
        }

        foreach (string path in (string[])["a.safetensors", "a.pt"])
        {
            using TransformerModel again = TransformerModel.FromPretrained(folder[path], hints: new ModelHints(model.Options.Heads));
            Same(model, again);
            Assert.True(ModelFile.IsOne(folder[path]));
        }

        using (TransformerModel shorter = model.Options.Family.Create(model.Options with { BlockSize = 4 }))
        {
            ModelFile.LoadInto(shorter, folder["a.safetensors"]);
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            Tensor ids = Batch(1, 4).Tokens;
            EngineCheck.Close("first positions", shorter.forward(ids), model.forward(ids), 1e-6);
        }
    }

    public static MatrixTheoryData<string, string> NamesAndKinds() => new(Families.All.Select(family => family.Name), KanKinds.Names);

    [Theory]
    [MemberData(nameof(NamesAndKinds))]
    public void Every_layout_gives_every_kind_back(string family, string kind)
    {
        using TestFolder folder = new();
        ModelOptions options = Options(family, "all");
        using TransformerModel model = options.Family.Create(options with { Kan = KanSettings.Parse(kind == "bspline" ? "bspline:outside=linear" : kind) });
        HuggingFaceModel.Save(model, folder["hf"]);
        using (ModelConversion conversion = new(ModelSource.Open(folder["hf"])))
        {
            conversion.ToSafetensors(folder["a.safetensors"]);
            conversion.ToPyTorch(folder["a.pt"]);
        }

        foreach (string path in (string[])["hf", "a.safetensors", "a.pt"])
        {
            using TransformerModel again = TransformerModel.FromPretrained(folder[path]);
            Same(model, again);
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndPlacements))]
    public void Tensors_and_sizes_are_known_without_the_model(string family, string placement)
    {
        using TransformerModel model = Make(family, placement);
        using var scope = NewDisposeScope();
        byte[] before = random.get_rng_state().bytes.ToArray();
        ModelDescription description = ModelDescription.Of(model.Options);
        Assert.Equal(before, random.get_rng_state().bytes.ToArray());
        Assert.Equal(
            model.state_dict().Select(entry => $"{entry.Key} {string.Join('x', entry.Value.shape)}").Order(StringComparer.Ordinal),
            description.Tensors.Select(tensor => $"{tensor.Name} {string.Join('x', tensor.Shape)}").Order(StringComparer.Ordinal));
        Assert.Equal((model.ParameterCount, model.KanParameterCount), (description.ParameterCount, description.KanParameterCount));
        Assert.Equal(model.KanLayers().Select(layer => layer.Name).Order(), description.Layers.Where(layer => layer.Kind == LayerKind.Kan).Select(layer => layer.Name).Order());
        Assert.NotEmpty(description.Products);
    }

    [Theory]
    [MemberData(nameof(NamesAndPlacements))]
    public void Info_tells_every_tensor(string family, string placement)
    {
        using TestFolder folder = new();
        using TransformerModel model = Make(family, placement);
        HuggingFaceModel.Save(model, folder["hf"]);
        JsonElement told = JsonDocument.Parse(Cli.Cli.Run("info", folder["hf"], "--json").Out).RootElement;
        Assert.Equal(family.Split('/')[0], told.GetProperty("family").GetString());
        Assert.Equal((model.ParameterCount, model.KanParameterCount), (told.GetProperty("parameters").GetInt64(), told.GetProperty("kan_parameters").GetInt64()));
        Assert.Equal(ModelDescription.Of(model.Options).Layers.Select(layer => layer.Name), told.GetProperty("modules").EnumerateArray().Select(row => row.GetProperty("name").GetString()));
        using ModelFile file = ModelFile.Open(folder["hf"]);
        Assert.Equal(model.KanParameterCount, Kansformers.Cli.LayerRow.ByNames(file, model.Options).Where(row => row.IsKan).Sum(row => row.Parameters));
        Assert.All(model.Options.Details(), detail => Assert.True(told.TryGetProperty(detail.Name, out _), detail.Name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_largest_preset_is_described_in_no_memory(string family)
    {
        Family entry = Families.Named(family);
        ModelOptions options = entry.Presets.MaxBy(preset => (long)preset.Layers * preset.Width * preset.Width)?.Apply(entry.Defaults) ?? entry.Defaults;
        _ = ModelDescription.Of(Options(family, "all"));
        ExtraMemory memory = ExtraMemory.Begin();
        ModelDescription description = ModelDescription.Of(options);
        Assert.True(memory.PeakExtraBytes < 150L << 20, $"{description.ParameterCount} parameters took {memory.PeakExtraBytes} bytes");
    }

    [Theory]
    [MemberData(nameof(NamesAndPlacements))]
    public void A_cache_changes_nothing(string family, string placement)
    {
        Assert.SkipUnless(Families.Named(family.Split('/')[0]).IsCausal, "it does not continue text");
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using CausalModel model = (CausalModel)Make(family, placement);
        Tensor ids = Batch(2, Block).Tokens, whole = model.forward(ids);
        foreach (int first in (int[])[1, 3, Block - 1])
        {
            using KeyValueCache cache = new(model.Options, 2, model.Device);
            List<Tensor> parts = [model.forward(ids[.., ..first], cache)];
            Assert.Equal(first, cache.Length);
            for (int at = first; at < Block; at++)
                parts.Add(model.forward(ids.narrow(1, at, 1), cache, lastOnly: true));
            EngineCheck.Close($"cache from {first}", cat(parts, 1), whole, 1e-4);
            Assert.Throws<ArgumentException>(() => model.forward(ids.narrow(1, 0, 1), cache));
        }

        // No token sees those after it.
        Tensor changed = ids.clone();
        changed[.., ^1] = (changed[.., ^1] + 1) % Vocabulary;
        EngineCheck.Close("the past", model.forward(changed)[.., ..^1], whole[.., ..^1], 1e-6);
    }

    [Theory]
    [MemberData(nameof(NamesAndPlacements))]
    public void Precision_reaches_every_product(string family, string placement)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using TransformerModel model = Make(family, placement);
        TokenBatch batch = Batch(4, Block, model.Options);
        double full = model.Loss(batch).item<float>();
        model.Precision = Precision.BFloat16;
        Assert.All(model.modules().OfType<IHasPrecision>(), part => Assert.Equal(Precision.BFloat16, part.Precision));
        Assert.NotEmpty(model.modules().OfType<IHasPrecision>());
        double half = model.Loss(batch).item<float>();
        Assert.NotEqual(full, half);
        Assert.Equal(full, half, 0.05 * Math.Max(1, full));
        model.Precision = Precision.Float32;
        Assert.Equal(full, model.Loss(batch).item<float>(), 1e-7);
    }

    [Theory]
    [MemberData(nameof(NamesAndPlacements))]
    public void Extreme_inputs_give_finite_losses_and_gradients_and_wrong_ones_a_word(string family, string placement)
    {
        using var scope = NewDisposeScope();
        using TransformerModel model = Make(family, placement);
        foreach ((int rows, int time) in ((int, int)[])[(1, 1), (1, Block), (33, 2)])
        {
            foreach (long id in (long[])[0, Vocabulary - 1])
            {
                Tensor ids = full(rows, time, id, dtype: ScalarType.Int64);
                Tensor loss = model.Loss(Batch(rows, time, model.Options) with { Tokens = ids });
                loss.backward();
                Assert.True(double.IsFinite(loss.item<float>()));
                Assert.All(model.parameters(), parameter => Assert.True(parameter.grad is null || parameter.grad.isfinite().all().item<bool>()));
            }
        }

        // No id nor target beside the vocabulary.
        TokenBatch batch = Batch(2, 4, model.Options);
        foreach (long id in (long[])[long.MinValue, -1, Vocabulary, long.MaxValue])
        {
            Tensor ids = batch.Tokens.clone(), targets = batch.Targets.clone();
            ids[1, 2] = id;
            Assert.Contains($"token id {id} is outside the vocabulary of {Vocabulary}", Assert.Throws<ArgumentException>(() => model.Loss(batch with { Tokens = ids })).Message, StringComparison.Ordinal);
            Assert.Contains($"token id {id} is outside the vocabulary of {Vocabulary}", Assert.Throws<ArgumentException>(() => model.forward(ids)).Message, StringComparison.Ordinal);
            if (id == -1 || targets.is_floating_point())
                continue; // a target that does not count, or one of numbers, of which any can be wanted
            if (targets.dim() == 2)
                targets[1, 1] = id; // answers have two
            else
                targets[1] = id;
            Assert.Contains($" {id} is outside the ", Assert.Throws<ArgumentException>(() => model.Loss(batch with { Targets = targets })).Message, StringComparison.Ordinal);
        }

        TokenBatch tooLong = Batch(1, Block + 1, model.Options);
        Assert.Contains("block size", Assert.Throws<ArgumentException>(() => model.Loss(tooLong)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.forward(tooLong.Tokens));
        Assert.Throws<ArgumentException>(() => model.forward(tooLong.Tokens[0]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Options_are_JSON_with_their_family_and_earlier_ones_without(string family)
    {
        ModelOptions options = Options(family, "mlp,attention") with { Kan = new ChebyshevOptions { Degree = 3 } };
        string text = ModelMetadata.Text(options);
        Assert.StartsWith($"{{\"family\":\"{family}\",", text, StringComparison.Ordinal);
        Assert.Equal(options, ModelMetadata.Parse(text, "it"));
        if (family == Families.All[0].Name)
            Assert.Equal(options, ModelMetadata.Parse(text.Replace($"\"family\":\"{family}\",", "", StringComparison.Ordinal), "it"));
        string message = Assert.Throws<KansformersException>(() => ModelMetadata.Parse(text.Replace($"\"{family}\"", "\"nosuch\"", StringComparison.Ordinal), "it")).Message;
        Assert.All((string[])["'nosuch'", family], part => Assert.Contains(part, message, StringComparison.Ordinal));
        foreach ((string good, string bad, string place) in ((string, string, string)[])[("\"heads\":2", "\"heads\":\"two\"", "heads"), ("\"degree\":3", "\"degree\":[]", "kan.degree")])
            Assert.Contains($"'{place}'", Assert.Throws<KansformersException>(() => ModelMetadata.Parse(text.Replace(good, bad, StringComparison.Ordinal), "it")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_well_listed(string family)
    {
        Family entry = Families.Named(family.ToUpperInvariant());
        Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", entry.Name);
        Assert.Same(entry, Families.Of(entry.Defaults));
        Assert.Same(entry, Options(family, "none").Family);
        entry.Defaults.Validate();
        foreach (ModelPreset preset in entry.Presets)
        {
            preset.Apply(entry.Defaults).Validate();
            Assert.Single(Families.PresetNames, preset.Name);
            Assert.Equal((entry, preset), Families.Preset(preset.Name));
        }

        Assert.Contains($"{entry.Name}, {entry.Summary}", Cli.Cli.Run("train", "--help").Out, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => entry.Create(null!));
        foreach ((ModelOptions wrong, string words) in ((ModelOptions, string)[])[(entry.Defaults with { Heads = 5 }, "heads is 5"), (entry.Defaults with { Layers = 0 }, "layers is 0"), (entry.Defaults.WithDropout(1), "dropout is 1")])
            Assert.Contains(words, Assert.Throws<KansformersException>(() => entry.Create(wrong)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_run_resumes_to_the_same_bits_and_is_sampled_and_evaluated(string family)
    {
        using TestFolder folder = new();
        ModelOptions model = Options(family, "all").WithDropout(0.1);
        RunConfig config = Training.TinyTraining.Config(folder, Training.TinyTraining.Options with { Objective = Objectives.For(model) }) with { Model = model };
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
            run.Run();
        Training.ResumeTests.Interrupt(TrainingRun.Start(config, folder["parts"]), 3);
        using (TrainingRun run = TrainingRun.Resume(folder["parts"]))
            run.Run();
        Training.RunComparison.AssertSame(folder["whole"], folder["parts"]);
        foreach (string[] call in (string[][])[["sample", folder["parts"], "--max-new-tokens", "12"], ["eval", folder["parts"]], ["info", folder["parts"], "--outside"], ["convert", folder["parts"], "--out", folder["hf"]], ["sample", folder["hf"], "--max-new-tokens", "12"]])
        {
            if (call[0] == "sample" && !model.Family.IsCausal)
                continue;
            Cli.CliResult result = Cli.Cli.Run(call);
            Assert.True(result.Code == 0, $"{string.Join(' ', call)}: {result.Error}");
        }

        using TransformerModel best = TransformerModel.FromPretrained(folder["parts"]), again = TransformerModel.FromPretrained(folder["hf"]);
        Assert.Equal(family, best.Options.Family.Name);
        Same(best, again);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_command_line_trains_it(string family)
    {
        using TestFolder folder = new();
        string text = folder.Write("text.txt", Training.TinyTraining.Text);
        JsonElement json = JsonDocument.Parse(Cli.Cli.Run(Cli.Cli.Args($"train --json --family {family} {Cli.Cli.Small} --data", text, "--out", folder["run"])).Out).RootElement;
        Assert.Equal(family, json.GetProperty("family").GetString());
        using TransformerModel model = RunFolder.Open(folder["run"]).LoadModel();
        Assert.Equal(family, model.Options.Family.Name);
        Assert.Equal(json.GetProperty("parameters").GetInt64(), model.ParameterCount);
    }

    private static ModelOptions Options(string family, string placement)
    {
        string[] parts = family.Split('/');
        Family named = Families.Named(parts[0]);
        ModelOptions options = named.Defaults.WithDropout(0) with
        {
            Layers = 2,
            Heads = 2,
            Width = 8,
            BlockSize = Block,
            VocabularySize = Vocabulary,
            Placement = KanPlacements.Parse(placement),
        };
        if (options is EncoderOptions encoder && parts.Length > 1)
        {
            EncoderHead head = parts[1] switch { Words => EncoderHead.TokenClassification, Answers => EncoderHead.QuestionAnswering, _ => EncoderHead.Classification };
            return encoder with { Head = head, Labels = parts[1] switch { Regression => 1, Answers => 2, _ => 3 } };
        }

        return parts.Length == 1 ? options : named.Settings.Single(setting => setting.Name == "feed-forward").With(options, parts[1]);
    }

    // Weights large enough that each token matters, and no layer that adds nothing.
    private static TransformerModel Make(string family, string placement)
    {
        random.manual_seed(1);
        ModelOptions options = Options(family, placement);
        TransformerModel model = options.Family.Create(options);
        double larger = model is Bart ? 5 : 8; // which is twice as deep: float32's rounding grows from layer to layer
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (Parameter parameter in model.parameters())
        {
            if (parameter.dim() == 2)
                _ = parameter.count_nonzero().item<long>() == 0 ? parameter.normal_(0, 0.2) : parameter.mul_(larger);
        }

        return model;
    }

    // Without the first ids, which are the padding of some families, whose embedding does not learn by being looked up.
    private static TokenBatch Batch(int rows, int time, ModelOptions? options = null)
    {
        Tensor ids = randint(2, Vocabulary, [rows, time], ScalarType.Int64);
        if (options is not (EncoderOptions or BartOptions))
            return new TokenBatch(ids, randint(0, Vocabulary, [rows, time], ScalarType.Int64));
        Tensor mask = ones_like(ids), targets = randint(-1, Vocabulary, [rows, time], ScalarType.Int64);
        if (time > 2)
            mask[0, ^1] = 0; // a sequence that is shorter than the others
        if (options is not EncoderOptions encoder)
            return new TokenBatch(ids, randint(2, Vocabulary, [rows, time], ScalarType.Int64)) { Mask = mask }; // what is written is read as well
        return new TokenBatch(ids, encoder switch
        {
            { Head: EncoderHead.MaskedLanguage } => targets,
            { Head: EncoderHead.TokenClassification } => randint(-1, encoder.Labels, [rows, time], ScalarType.Int64),
            { Head: EncoderHead.QuestionAnswering } => randint(0, Math.Max(1, time - 1), [rows, 2], ScalarType.Int64), // the last token may be padding
            { Labels: 1 } => randn(rows),
            _ => randint(0, encoder.Labels, [rows], ScalarType.Int64),
        })
        { Mask = mask, Types = encoder.TypeRows > 0 ? randint(0, encoder.TypeRows, [rows, time], ScalarType.Int64) : null };
    }

    private static void Same(TransformerModel expected, TransformerModel found)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        Assert.Equal(expected.Options.WithDropout(0), found.Options.WithDropout(0));
        Dictionary<string, Tensor> values = found.state_dict();
        Assert.Equal(expected.state_dict().Keys.Order(), values.Keys.Order());
        foreach ((string name, Tensor tensor) in expected.state_dict())
            Assert.True(tensor.equal(values[name]).all().item<bool>(), name);
        expected.eval();
        found.eval();
        Tensor ids = Batch(2, Block).Tokens;
        Assert.Equal(expected.forward(ids).bytes.ToArray(), found.forward(ids).bytes.ToArray());
    }
}
