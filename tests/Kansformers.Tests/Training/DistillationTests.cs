using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Training;

/// <summary>Students and teachers: what belongs together, what stays as it was, and what a run that goes on checks.</summary>
public class DistillationTests : OneThread
{
    private static readonly DistillationOptions Ready = (DistillationOptions)TinyTraining.Ready(new DistillationOptions());

    [Fact]
    public void Without_teachers_weight_a_run_is_the_plain_one_to_the_bit_and_its_nearness_is_measured()
    {
        using TestFolder folder = new();
        RunConfig plain = TinyTraining.Config(folder);
        Run(plain, folder["plain"]);
        Run(plain with { Training = plain.Training with { Objective = Ready with { SoftWeight = 0, CosineWeight = 0 } } }, folder["distilled"]);
        LogEntry[] expected = [.. RunLog.Read(folder["plain/log.jsonl"])], told = [.. RunLog.Read(folder["distilled/log.jsonl"])];
        Assert.Equal(expected.OfType<TrainRecord>().Select(entry => entry.Loss), told.OfType<TrainRecord>().Select(entry => entry.Loss));
        Assert.Equal(expected.OfType<ValidationRecord>().Select(entry => entry.Loss), told.OfType<ValidationRecord>().Select(entry => entry.Loss));
        Assert.All(told.OfType<ValidationRecord>(), entry => Assert.Equal(["soft_loss", "agreement"], entry.Measures.Select(measure => measure.Name)));
    }

    [Fact]
    public void A_student_comes_nearer_to_its_teacher()
    {
        using TestFolder folder = new();
        using Gpt teacher = (Gpt)TransformerModel.FromPretrained(Ready.Teacher);
        using Gpt student = new((GptOptions)teacher.Options.WithDropout(0) with { Placement = KanPlacement.Mlp });
        using TrainingMaterial material = Ready.Open(TinyTraining.Config(folder).Data, null, null, default);
        TrainingOptions training = TinyTraining.Options with { MaxIters = 60, BatchSize = 8, EvalInterval = 60, Objective = Ready };
        using IObjective objective = Ready.Create(student, material.Data, training);
        objective.Validate();
        (double soft, double agreement) = (objective.Measures[0].Value, objective.Measures[1].Value);
        using (Trainer trainer = new(student, training, material.Data))
            trainer.Run();
        objective.Validate();
        Assert.True(objective.Measures[0].Value < soft / 2, $"{soft} -> {objective.Measures[0].Value}");
        Assert.True(objective.Measures[1].Value > agreement);
    }

    [Fact]
    public void The_teacher_in_memory_gets_no_gradient_and_drops_nothing()
    {
        using TestFolder folder = new();
        using TrainingMaterial material = Ready.Open(TinyTraining.Config(folder).Data, null, null, default);
        using TransformerModel teacher = TeacherSource.Find(Ready.Teacher).Load(Ready.TeacherDigest, CPU);
        Assert.False(teacher.training);
        Assert.All(teacher.parameters(), parameter => Assert.False(parameter.requires_grad));
        Assert.True(teacher.Options.ResidualDropout > 0);
        byte[] before = Bytes(teacher);
        using TransformerModel student = teacher.Options.Family.Create(teacher.Options.WithDropout(0));
        ITokenObjective task = (ITokenObjective)new NextTokenOptions().Create(student, material.Data, TinyTraining.Options);
        Distillation objective = new(Ready, new StudentAndTeacher(student, teacher), task); // which disposes of teacher and task
        using var scope = NewDisposeScope();
        float[] losses = [.. Enumerable.Range(0, 2).Select(seed =>
        {
            random.manual_seed(seed);
            student.train();
            using Tensor loss = objective.Loss(0, 1);
            loss.backward();
            return loss.item<float>();
        })];
        Assert.Equal(losses[0], losses[1]);
        Assert.All(teacher.parameters(), parameter => Assert.Null(parameter.grad));

        // A step on what a trainer takes: the student's weights alone, also where a gradient is 0 and they decay.
        byte[] student0 = Bytes(student);
        using (Optimizer optimizer = new(new AdamWOptions { WeightDecay = 0.5 }, ParameterGroups.Of(student, 0.5, TinyTraining.Options.Roles)))
            optimizer.Step(0.1);
        Assert.NotEqual(student0, Bytes(student));
        Assert.Equal(before, Bytes(teacher));
    }

    [Fact]
    public void A_linear_encoder_teaches_one_of_KAN_layers_of_another_width()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { Objective = new MaskedLanguageOptions() });
        Run(config, folder["teacher"]);
        DistillationOptions options = new() { Teacher = folder["teacher"], MaskShare = 0.4 };
        RunConfig student = config with { Model = new DistilBertOptions { Layers = 1, Heads = 2, Width = 12, BlockSize = 8, Placement = KanPlacement.All }, Training = config.Training with { Objective = options } };
        using TrainingRun run = TrainingRun.Start(student, folder["student"]);
        Assert.Contains(run.Notes, note => note.Contains("the cosine weight does not count", StringComparison.Ordinal));
        Assert.Contains(run.Notes, note => note.Contains("bert, 1 layers of width 8", StringComparison.Ordinal));
        Assert.Equal(new MaskedLanguageOptions { MaskShare = 0.4 }, run.Folder.Config.Training.Objective.Task(run.Model.Options));
        TrainingResult result = run.Run();
        run.WriteSummary(result, null);
        string summary = File.ReadAllText(folder["student/README.md"]);
        Assert.Contains("nats per masked token (perplexity", summary, StringComparison.Ordinal);
        Assert.Contains("(soft, task and cosine loss by their weights)", summary, StringComparison.Ordinal);
        Assert.Contains("validation agreement, there", summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resumed_run_refuses_another_teacher_and_takes_one_that_has_moved()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder);
        Run(config, folder["teacher"]);
        RunConfig student = config with { Training = config.Training with { Objective = new DistillationOptions { Teacher = folder["teacher"] } } };
        Run(student, folder["whole"]);
        ResumeTests.Interrupt(TrainingRun.Start(student, folder["run"]), 5);
        Directory.Move(folder["teacher"], folder["moved"]);
        string message = Refused();
        Assert.Contains("the teacher cannot be used: there is no run folder or weight file", message, StringComparison.Ordinal);
        Assert.Contains("training.objective.teacher", message, StringComparison.Ordinal);
        Replace($"\"teacher\": \"{folder["teacher"]}\"", $"\"teacher\": \"{Ready.Teacher}\"");
        Assert.Contains("are not those that the run began with; bring the old ones back", Refused(), StringComparison.Ordinal);
        Replace($"\"teacher\": \"{Ready.Teacher}\"", $"\"teacher\": \"{folder["moved"]}\"");
        using (TrainingRun run = TrainingRun.Resume(folder["run"]))
            run.Run();
        RunComparison.AssertSame(folder["whole"], folder["run"]);

        string Refused() => Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message;

        void Replace(string was, string becomes) =>
            File.WriteAllText(folder["run/config.json"], File.ReadAllText(folder["run/config.json"]).Replace(was, becomes, StringComparison.Ordinal));
    }

    [Fact]
    public void A_checkpoint_refuses_another_digest_in_its_configuration()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { Objective = Ready });
        ResumeTests.Interrupt(TrainingRun.Start(config, folder["run"]), 5);
        string path = folder["run/config.json"];
        File.WriteAllText(path, File.ReadAllText(path).Replace(Ready.TeacherDigest!, "0123", StringComparison.Ordinal));
        string message = Assert.Throws<KansformersException>(() => TrainingRun.Resume(folder["run"])).Message;
        Assert.Contains("training.objective.teacher_digest \"0123\", but", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Teachers_that_cannot_teach_are_refused_before_a_folder_is_made()
    {
        using TestFolder folder = new();
        RunConfig gpt = TinyTraining.Config(folder);
        Run(TinyTraining.Config(folder, TinyTraining.Options with { Objective = new MaskedLanguageOptions() }), folder["bert"]);
        Run(TinyTraining.Config(folder, TinyTraining.Options with { Objective = new ClassificationOptions() }), folder["labels"]);
        Run(TinyTraining.Config(folder, TinyTraining.Options with { Objective = new DenoisingOptions() }), folder["bart"]);
        Refuse(gpt, "", "distillation needs a teacher");
        Refuse(gpt, folder["none"], "the teacher cannot be used: there is no run folder or weight file");
        Refuse(gpt, folder["bert"], "is a bert with a masked language head, but a gpt learns next-token of a teacher that does so too");
        Refuse(gpt with { Model = TinyTraining.Encoder }, folder["labels"], "is a bert with a classification head");
        Refuse(gpt with { Model = TinyTraining.Encoder }, folder["bart"], "is a bart that learns denoising, but a bert learns mlm");
        Refuse(gpt with { Model = TinyTraining.Encoder }, Ready.Teacher, "is a gpt that learns next-token, but a bert learns mlm");
        Refuse(gpt with { Model = gpt.Model with { BlockSize = 16 } }, Ready.Teacher, "reads 8 tokens at once, but the block size is 16");
        Refuse(gpt with { Model = TinyTraining.EncoderDecoder }, Ready.Teacher, "the objective distillation is not for the family bart");
        Refuse(gpt with { Data = gpt.Data with { Tokenizer = "byte" } }, Ready.Teacher, "a student learns from a teacher of its own vocabulary");
        string other = new([.. TinyTraining.Text.Select(letter => letter == 'q' ? 'Q' : letter)]);
        Refuse(gpt with { Data = gpt.Data with { Data = folder.Write("other.txt", other) } }, Ready.Teacher, "the tokenizer of the text is not the teacher's");

        void Refuse(RunConfig config, string teacher, string why)
        {
            config = config with { Training = config.Training with { Objective = new DistillationOptions { Teacher = teacher } } };
            Assert.Contains(why, Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder["run"]));
        }
    }

    // Every family that a teacher can be of, with itself, and a BERT with a DistilBERT.
    public static TheoryData<string, string> Pairs
    {
        get
        {
            TheoryData<string, string> pairs = new() { { "bert", "distilbert" } };
            foreach (Family family in Families.All.Where(new DistillationOptions().Suits))
                pairs.Add(family.Name, family.Name);
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_student_begins_with_evenly_many_of_its_teachers_layers(string teachers, string students)
    {
        using var scope = NewDisposeScope();
        using TransformerModel teacher = Make(teachers, 5, 12), student = Make(students, 2, 8);
        Assert.Null(TeacherWeights.Obstacle(teacher.Options, student.Options));
        Assert.Equal("start   the model begins with its teacher's weights, layers 1, 3 of 5", TeacherWeights.Copy(teacher, student));
        Dictionary<string, Tensor> from = teacher.state_dict();
        int ofLayers = 0;
        foreach ((string name, Tensor tensor) in student.state_dict())
        {
            string source = name.Replace("blocks.1.", "blocks.2.", StringComparison.Ordinal).Replace("transformer.h.1.", "transformer.h.2.", StringComparison.Ordinal);
            ofLayers += source == name ? 0 : 1;
            Assert.True(from[source][..(int)tensor.shape[0]].equal(tensor).all().item<bool>(), name);
        }

        Assert.True(ofLayers > 4);

        static TransformerModel Make(string name, int layers, int block)
        {
            ModelOptions options = Families.Named(name).Defaults with { Layers = layers, Heads = 2, Width = 8, BlockSize = block, VocabularySize = 30 };
            return options.Family.Create(options is EncoderOptions encoder ? encoder with { Head = EncoderHead.MaskedLanguage } : options);
        }
    }

    [Fact]
    public void A_run_that_begins_with_its_teachers_weights_says_so_and_goes_on_with_its_own()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { Objective = Ready with { StudentStart = StudentStart.Teacher } });
        using (TransformerModel teacher = TransformerModel.FromPretrained(Ready.Teacher))
            config = config with { Model = teacher.Options.WithDropout(0) };
        using (TrainingRun run = TrainingRun.Start(config, folder["whole"]))
        {
            Assert.Contains(run.Notes, note => note.EndsWith("layers 1 of 1", StringComparison.Ordinal));
            using TransformerModel teacher = TransformerModel.FromPretrained(Ready.Teacher);
            Assert.Equal(Bytes(teacher), Bytes(run.Model));
            run.Run();
        }

        ResumeTests.Interrupt(TrainingRun.Start(config, folder["run"]), 5);
        using (TrainingRun run = TrainingRun.Resume(folder["run"]))
            run.Run();
        RunComparison.AssertSame(folder["whole"], folder["run"]);
        using TrainingRun kan = TrainingRun.Start(config with { Model = config.Model with { Placement = KanPlacement.Mlp } }, folder["kan"]);
        Assert.Contains(kan.Notes, note => note.Contains("tensors that the teacher does not have, or in another size, begin at random", StringComparison.Ordinal));
    }

    [Fact]
    public void A_teacher_whose_weights_do_not_fit_is_refused()
    {
        using TestFolder folder = new();
        RunConfig config = TinyTraining.Config(folder, TinyTraining.Options with { Objective = Ready with { StudentStart = StudentStart.Teacher } });
        Refuse(config with { Model = config.Model with { Width = 16 } }, "has a width of 8, the model 16, so that");
        Refuse(config with { Model = config.Model with { Heads = 4 } }, "has 2 heads, the model 4");
        Refuse(config with { Model = config.Model with { Layers = 9 } }, "layers, the model 9");
        Refuse(config with { Model = new KansformerOptions { Layers = 1, Heads = 2, Width = 8, BlockSize = 8 } }, "is a gpt, the model a kansformer");
        Refuse(config with { Model = config.Model with { VocabularySize = 38 }, InitialWeights = Path.Combine(Ready.Teacher, "model.safetensors") }, "leave one of them out");

        void Refuse(RunConfig config, string why)
        {
            Assert.Contains(why, Assert.Throws<KansformersException>(() => TrainingRun.Start(config, folder["run"])).Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder["run"]));
        }
    }

    [Fact]
    public void Weights_that_teach_nothing_are_refused() =>
        Assert.Contains("both 0", Assert.Throws<KansformersException>((Ready with { SoftWeight = 0, TaskWeight = 0 }).Validate).Message, StringComparison.Ordinal);

    private static void Run(RunConfig config, string folder)
    {
        using TrainingRun run = TrainingRun.Start(config, folder);
        run.Run();
    }

    private static byte[] Bytes(TransformerModel model)
    {
        using var scope = NewDisposeScope();
        return [.. model.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => entry.Value.bytes.ToArray())];
    }
}
