using System.Text.Json.Serialization;
using Kansformers.Evaluation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>
/// Distillation: a model learns to predict tokens as a teacher does, which is trained already (Hinton, Vinyals and Dean, 2015; Sanh et al., "DistilBERT", 2019). Encoders guess
/// hidden tokens, families that continue text predict the next one. At each position that counts the loss is the weighted mean of T² KL(teacher ‖ student) at a temperature T,
/// the cross-entropy of the token itself, and 1 - cos of the last hidden states, where both are of one width. Validations measure the cross-entropy alone, as without a teacher.
/// </summary>
public sealed record DistillationOptions() : TextObjectiveOptions("distillation", "tokens are predicted as a teacher, a model that is trained already, predicts them")
{
    /// <summary>The teacher: a run folder, a folder in Hugging Face's layout, a weight file, or <c>hub:owner/name[@revision]</c>.</summary>
    public string Teacher { get; init; } = "";

    /// <summary>Identifies the teacher's weights; null until a run begins, which notes it. Other weights are refused.</summary>
    public string? TeacherDigest { get; init; }

    /// <summary>With what weights the student begins, where it is given none.</summary>
    public StudentStart StudentStart { get; init; }

    /// <summary>What the logits of both are divided by before their probabilities are compared.</summary>
    public double Temperature { get; init; } = 2;

    /// <summary>The weight of the teacher's probabilities. Weights matter by their ratios: the loss is divided by the sum of those that count.</summary>
    public double SoftWeight { get; init; } = 5;

    /// <summary>The weight of the tokens themselves.</summary>
    public double TaskWeight { get; init; } = 2;

    /// <summary>The weight of the angle between the last hidden states; it counts where student and teacher have the same width.</summary>
    public double CosineWeight { get; init; } = 1;

    /// <summary>The share of tokens that an encoder has to guess.</summary>
    public double MaskShare { get; init; } = new MaskedLanguageOptions().MaskShare;

    /// <summary>What is masked as a whole.</summary>
    public MaskedUnit MaskUnit { get; init; } = new MaskedLanguageOptions().MaskUnit;

    private MaskedLanguageOptions Masked => new() { MaskShare = MaskShare, MaskUnit = MaskUnit, Order = Order };

    /// <inheritdoc/>
    public override IReadOnlyList<Setting<ObjectiveOptions>> Settings() =>
    [
        new("temperature", "what the logits of student and teacher are divided by before their probabilities are compared", Temperature, value => this with { Temperature = value }),
        new("soft weight", "the weight of the teacher's probabilities; the three weights matter by their ratios", SoftWeight, value => this with { SoftWeight = value }),
        new("task weight", "the weight of the tokens themselves", TaskWeight, value => this with { TaskWeight = value }),
        new("cosine weight", "the weight of the angle between the last hidden states, where both are of one width", CosineWeight, value => this with { CosineWeight = value }),
        .. Masked.Settings().Select(setting => setting with { With = value => With((MaskedLanguageOptions)setting.With(value)) }),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<WordSetting<ObjectiveOptions>> Words() =>
    [
        new("teacher", "the model to learn from: a run, a folder in Hugging Face's layout, hub:owner/name, or a weight file", Teacher, [], value => this with { Teacher = value }),
        WordSetting<ObjectiveOptions>.Of("student start", "what a model without weights begins with: random ones, or its teacher's, of the layers evenly many", StudentStart, value => this with { StudentStart = value }),
        .. Masked.Words().Select(setting => setting with { With = value => With((MaskedLanguageOptions)setting.With(value)) }),
    ];

    /// <inheritdoc/>
    public override void Validate()
    {
        Allowed.Require(Temperature > 0 && double.IsFinite(Temperature), "temperature", Temperature, "a finite number above 0");
        foreach ((string name, double weight) in ((string, double)[])[("soft weight", SoftWeight), ("task weight", TaskWeight), ("cosine weight", CosineWeight)])
            Allowed.Require(weight >= 0 && double.IsFinite(weight), name, weight, "a finite number, at least 0");
        if (SoftWeight + TaskWeight == 0)
            throw new KansformersException("soft weight and task weight are both 0, so that nothing would teach the model's head; let one of them be above 0");
        Masked.Validate();
        base.Validate();
    }

    /// <inheritdoc/>
    public override bool Suits(Family family)
    {
        ArgumentNullException.ThrowIfNull(family);
        return family.IsCausal || family.Defaults is EncoderOptions;
    }

    /// <inheritdoc/>
    public override ObjectiveOptions Task(ModelOptions model) => model is EncoderOptions ? Masked : new NextTokenOptions { Order = Order };

    /// <inheritdoc/>
    public override IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        RequireSuited(model.Options);
        TeacherSource source = TeacherSource.Find(Teacher);
        source.RequireFor(model.Options, Task(model.Options));
        source.RequireTokens(model.Options, data.Tokenizer);
        ITokenObjective task = (ITokenObjective)Task(model.Options).Create(model, data, options);
        try
        {
            return new Distillation(this, new StudentAndTeacher(model, source.Load(TeacherDigest, model.Device)), task);
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    internal override string StepLoss => "soft, task and cosine loss by their weights";

    // No model is for it of itself: it needs a teacher.
    internal override bool IsFor(ModelOptions model) => false;

    internal override ObjectiveOptions Found(ModelOptions model)
    {
        TeacherSource source = TeacherSource.Find(Teacher);
        source.RequireFor(model, Task(model));
        if (StudentStart == StudentStart.Teacher && TeacherWeights.Obstacle(source.Architecture, model) is string obstacle)
            throw new KansformersException($"the teacher '{Teacher}' {obstacle}, so that the model cannot begin with its weights; let DistillationOptions.StudentStart be random");
        string digest = source.Digest();
        if (TeacherDigest is not null && TeacherDigest != digest)
            throw source.Changed();
        return this with { Teacher = source.FullName, TeacherDigest = digest };
    }

    // A model without weights gets the teacher's vocabulary, which may be padded, and its padding.
    internal override ModelOptions Shape(ModelOptions model, TrainingMaterial material, bool hasWeights)
    {
        ModelOptions shaped = Task(model).Shape(model, material, hasWeights);
        if (hasWeights && StudentStart == StudentStart.Teacher)
            throw new KansformersException("the model is to begin with weights of its own (RunConfig.InitialWeights) and with its teacher's (DistillationOptions.StudentStart); leave one of them out");
        if (hasWeights)
            return shaped;
        TeacherSource source = TeacherSource.Find(Teacher);
        ModelOptions teacher = source.Architecture;
        ModelOptions own = shaped is EncoderOptions encoder && teacher is EncoderOptions wanted ? encoder.WithTokens(wanted.VocabularySize, wanted.PaddingId)
            : shaped with { VocabularySize = teacher.VocabularySize };
        source.RequireTokens(own, material.Tokenizer);
        return own;
    }

    internal override string? Begin(TransformerModel model)
    {
        if (StudentStart != StudentStart.Teacher)
            return null;
        using TransformerModel teacher = TeacherSource.Find(Teacher).Load(TeacherDigest, model.Device);
        return TeacherWeights.Copy(teacher, model);
    }

    private DistillationOptions With(MaskedLanguageOptions masked) => this with { MaskShare = masked.MaskShare, MaskUnit = masked.MaskUnit, Order = masked.Order };
}

/// <summary>The batches and validations of the task, with a loss that a teacher has a part in.</summary>
internal sealed class Distillation : IObjective
{
    private readonly DistillationOptions _options;
    private readonly StudentAndTeacher _pair;
    private readonly ITokenObjective _task;
    private readonly SoftTargetWeights _weights;
    private readonly double _cosine;

    /// <param name="options">Temperature and weights.</param>
    /// <param name="pair">Both models; the teacher is disposed with this.</param>
    /// <param name="task">What the student is to be able to do; it is disposed with this.</param>
    public Distillation(DistillationOptions options, StudentAndTeacher pair, ITokenObjective task)
    {
        (_options, _pair, _task) = (options, pair, task);
        bool hasOneWidth = pair.Student.Options.Width == pair.Teacher.Options.Width;
        double cosine = hasOneWidth ? options.CosineWeight : 0, sum = options.SoftWeight + options.TaskWeight + cosine;
        (_weights, _cosine) = (new SoftTargetWeights(options.Temperature, options.SoftWeight / sum, options.TaskWeight / sum), cosine / sum);
        ModelOptions teacher = pair.Teacher.Options;
        Notes =
        [
            FormattableString.Invariant($"teacher {options.Teacher}: {teacher.Family.Name}, {teacher.Layers} layers of width {teacher.Width}, {HumanText.Count(pair.Teacher.ParameterCount)} parameters; losses of steps are {options.StepLoss}, those of validations the task's alone"),
            .. hasOneWidth || options.CosineWeight == 0 ? (string[])[] : [$"teacher its hidden states are {teacher.Width} wide, the model's {pair.Student.Options.Width}: the cosine weight does not count"],
        ];
    }

    public bool HasValidation => _task.HasValidation;

    public long ValidationTokens => _task.ValidationTokens;

    public IReadOnlyList<Measure> Measures { get; private set; } = [];

    public IReadOnlyList<string> Notes { get; }

    public long TokensOf(long batch) => _task.TokensOf(batch);

    public Tensor Loss(long batch, double share)
    {
        using var scope = NewDisposeScope();
        return DistillationLoss.Compute(_pair, _task.Batch(batch), _weights, _cosine, share).MoveToOuterDisposeScope();
    }

    // The loss is the task's own, to the bit, so that it stands beside those of runs without a teacher; the measures read the same text once more.
    public double Validate()
    {
        double loss = _task.Validate();
        using EvaluationMode mode = new(_pair.Student);
        Nearness sums = default;
        foreach (RowBatch batch in _task.Held())
        {
            using var scope = NewDisposeScope();
            sums += DistillationLoss.Measure(_pair, batch.On(_pair.Student.Device), _options.Temperature);
        }

        Measures = sums.Positions == 0 ? [] : [new Measure("soft_loss", sums.Soft / sums.Positions), new Measure("agreement", sums.Agreed / (double)sums.Positions)];
        return loss;
    }

    public void Dispose()
    {
        _task.Dispose();
        _pair.Teacher.Dispose();
    }
}
