using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;

namespace Kansformers.Tests.Training;

/// <summary>Trainings small enough to be run hundreds of times.</summary>
internal static class TinyTraining
{
    public static readonly GptOptions Model = new()
    {
        Layers = 1,
        Heads = 2,
        Width = 8,
        BlockSize = 8,
        EmbeddingDropout = 0.1,
        ResidualDropout = 0.1,
        AttentionDropout = 0.1,
    };

    public static readonly TrainingOptions Options = new()
    {
        MaxIters = 9,
        BatchSize = 2,
        LearningRate = 1e-2,
        EvalInterval = 4,
        EvalWindows = 3,
    };

    /// <summary>About 9000 characters that a model can learn something from.</summary>
    public static string Text { get; } = string.Concat(Enumerable.Range(0, 200).Select(line => $"the quick brown fox {line * 7919 % 1000} jumps over the lazy dog\n"));

    /// <summary>Short texts of several lengths, each with a name and a number that follow from it.</summary>
    public static string Labelled { get; } = "text,label,score\n" + string.Concat(Enumerable.Range(0, 80).Select(row => row % 2 == 0
        ? $"fox{(row % 3 == 0 ? " " : "")}{row},fox,{2 + (row % 3)}\n" : $"dog {row},dog,{3 + (row % 2)}\n"));

    /// <summary>Words whose labels follow from them and from the word before; some do not fit a block of 8.</summary>
    public static string Tagged { get; } = string.Concat(Enumerable.Range(0, 80).Select(row => (row % 4) switch
    {
        0 => """{"tokens": ["fox", "a"], "ner_tags": ["B-FOX", "I-FOX"]}""",
        1 => """{"tokens": ["a", "dog"], "ner_tags": ["O", "B-DOG"]}""",
        2 => $$"""{"tokens": ["{{row % 7}}", "fox"], "ner_tags": ["O", "B-FOX"]}""",
        _ => """{"tokens": ["a", "fox", "dog"], "ner_tags": ["O", "B-FOX", "B-DOG"]}""",
    } + "\n"));

    /// <summary>Questions that are answered by the digits of a context; each fits a block of 8.</summary>
    public static string Asked { get; } = string.Concat(Enumerable.Range(0, 80).Select(row =>
    {
        string answer = (row % (row % 2 == 0 ? 10 : 90) + (row % 2 == 0 ? 0 : 10)).ToString(System.Globalization.CultureInfo.InvariantCulture), before = "ab"[..(row % 3)];
        string context = (before + answer + "xyz")[..4];
        return $$$"""{"question": "q", "context": "{{{context}}}", "answers": {"text": ["{{{answer}}}"], "answer_start": [{{{before.Length}}}]}}""" + "\n";
    }));

    /// <summary>A run of an objective, with a model and with data that it can learn from.</summary>
    public static RunConfig Config(TestFolder folder, TrainingOptions? options = null, double validationFraction = 0.1)
    {
        ObjectiveOptions objective = (options ?? Options).Objective;
        return new()
        {
            Model = ((ModelOptions[])[Model, Encoder, EncoderDecoder]).First(model => objective.Suits(model.Family)),
            Training = options ?? Options,
            Data = new DataConfig
            {
                Data = objective switch
                {
                    TokenClassificationOptions => folder.Write("tagged.jsonl", Tagged),
                    QuestionAnsweringOptions => folder.Write("asked.jsonl", Asked),
                    _ => objective.NeedsLabels ? folder.Write("labelled.csv", Labelled) : folder.Write("text.txt", Text),
                },
                LabelField = objective switch { RegressionOptions => "score", ClassificationOptions => "label", _ => null },
                Tokenizer = "char",
                ValidationFraction = validationFraction,
            },
        };
    }

    public static readonly BertOptions Encoder = new() { Layers = 1, Heads = 2, Width = 8, BlockSize = 8 };

    public static readonly BartOptions EncoderDecoder = new() { Layers = 1, Heads = 2, Width = 8, BlockSize = 8 };

    /// <summary>An objective with what it cannot do without: a teacher, where it needs one.</summary>
    public static ObjectiveOptions Ready(ObjectiveOptions objective) => objective is DistillationOptions { Teacher: "" } distillation
        ? distillation.With(TeacherFolder.Value["gpt"]) : objective;

    /// <summary>A distillation with a teacher, as a run has it.</summary>
    public static DistillationOptions With(this DistillationOptions options, string teacher, ModelOptions? student = null) =>
        (DistillationOptions)(options with { Teacher = teacher }).Found(student ?? Model);

    // A model that has learned something of the text, made once.
    private static readonly Lazy<TestFolder> TeacherFolder = new(() =>
    {
        TestFolder folder = new();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        using TrainingRun run = TrainingRun.Start(Config(folder, Options with { MaxIters = 100, BatchSize = 8, EvalInterval = 100 }), folder["gpt"]);
        run.Run();
        return folder;
    });

    public static TokenizedCorpus Corpus(TestFolder folder, string? text = null, string tokenizer = "char") =>
        TrainingRun.Prepare(new DataConfig { Data = folder.Write("corpus.txt", text ?? Text), Tokenizer = tokenizer }, null);

    public static Gpt NewModel(TokenizedCorpus corpus, long seed = 1, double dropout = 0)
    {
        torch.random.manual_seed(seed);
        return new Gpt(Model with
        {
            VocabularySize = corpus.Tokenizer.VocabularySize,
            EmbeddingDropout = dropout,
            ResidualDropout = dropout,
            AttentionDropout = dropout,
        });
    }
}
