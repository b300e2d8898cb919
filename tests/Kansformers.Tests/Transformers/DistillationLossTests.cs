using Kansformers.Kan;
using Kansformers.Runtime;
using Kansformers.Tests.Kan;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers;

/// <summary>The loss of a student against its formulas, written out in float64.</summary>
public sealed class DistillationLossTests
{
    private const double Temperature = 2.5, Soft = 0.6, Hard = 0.3, Share = 0.5;

    public static TheoryData<string, int> Pairs => new()
    {
        { "gpt from gpt", 17 }, { "KAN head from KAN head", 17 }, { "KAN gpt from wide gpt", 17 }, { "kansformer from wide gpt", 17 }, { "bert from bert", 17 }, { "KAN bert from bert", 17 },
        { "gpt from gpt", 66_000 }, { "KAN head from KAN head", 66_000 }, // several chunks
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Loss_and_gradients_are_those_of_the_formulas(string pair, int vocabulary)
    {
        using var scope = NewDisposeScope();
        (ModelOptions student, ModelOptions teacher) = Options(pair, vocabulary);
        (TransformerModel learner, TransformerModel exact, TransformerModel guide) = (Made(student, 1), Exact(student, 1), Made(teacher, 2));
        double cosine = student.Width == teacher.Width ? 0.1 : 0;
        TokenBatch batch = Batch(vocabulary, student is EncoderOptions);
        Tensor loss = DistillationLoss.Compute(new StudentAndTeacher(learner, guide), batch, new SoftTargetWeights(Temperature, Soft, Hard), cosine, Share);
        loss.backward();
        Tensor expected = Reference(exact, Exact(teacher, 2), batch, cosine);
        expected.backward();
        Assert.Equal(expected.item<double>(), loss.item<float>(), 2e-5);
        Dictionary<string, Tensor> gradients = exact.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!);
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in learner.named_parameters())
            EngineCheck.Close(name, parameter.grad!, gradients[name], 1e-4);
        Assert.All(guide.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Fact]
    public void In_float64_the_plain_path_is_exact()
    {
        using var scope = NewDisposeScope();
        (ModelOptions student, ModelOptions teacher) = Options("gpt from gpt", 17);
        TransformerModel one = Exact(student, 1), other = Exact(student, 1), guide = Exact(teacher, 2);
        TokenBatch batch = Batch(17, masked: true);
        Tensor loss = DistillationLoss.Compute(new StudentAndTeacher(one, guide), batch, new SoftTargetWeights(Temperature, Soft, Hard), 0.1, Share), expected = Reference(other, guide, batch, 0.1);
        Assert.Equal(expected.item<double>(), loss.item<double>(), 1e-12);
        loss.backward();
        expected.backward();
        foreach ((TorchSharp.Modules.Parameter mine, TorchSharp.Modules.Parameter theirs) in one.parameters().Zip(other.parameters()))
            Assert.True((mine.grad! - theirs.grad!).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void Products_in_bfloat16_leave_the_teachers_numbers_as_they_are()
    {
        using var scope = NewDisposeScope();
        (ModelOptions student, ModelOptions teacher) = Options("KAN head from KAN head", 66_000);
        (TransformerModel learner, TransformerModel guide) = (Made(student, 1), Made(teacher, 2));
        TokenBatch batch = Batch(66_000, masked: false);
        StudentAndTeacher pair = new(learner, guide);
        SoftTargetWeights weights = new(Temperature, Soft, Hard);
        double exact = DistillationLoss.Compute(pair, batch, weights, 0, 1).item<float>();
        learner.Precision = Precision.BFloat16;
        Tensor loss = DistillationLoss.Compute(pair, batch, weights, 0, 1);
        Assert.Equal(exact, loss.item<float>(), 0.02 * exact);
        loss.backward();
        Assert.All(learner.parameters(), parameter => Assert.True(parameter.grad!.isfinite().all().item<bool>()));
    }

    [Fact]
    public void A_student_that_is_its_teacher_has_no_soft_loss_and_agrees_everywhere()
    {
        using var scope = NewDisposeScope();
        (ModelOptions options, _) = Options("bert from bert", 17);
        TransformerModel model = Made(options, 1);
        TokenBatch batch = Batch(17, masked: true);
        StudentAndTeacher pair = new(model, Made(options, 1));
        Nearness near = DistillationLoss.Measure(pair, batch, Temperature), other = DistillationLoss.Measure(pair with { Teacher = Made(options, 2) }, batch, Temperature);
        Assert.Equal(0, near.Soft, 1e-5);
        Assert.Equal((near.Positions, batch.Targets.ne(-1).sum().item<long>()), (near.Agreed, near.Positions));
        Assert.True(other.Soft > 1e-3 && other.Agreed < other.Positions);
        float plain = model.Loss(batch).item<float>();
        Assert.Equal(plain, DistillationLoss.Compute(pair, batch, new SoftTargetWeights(Temperature, 0.5, 0.5), 0.5, 1).item<float>() * 2, 1e-5);
        Assert.Equal(plain, DistillationLoss.Compute(pair, batch, new SoftTargetWeights(Temperature, 0, 1), 0, 1).item<float>());
    }

    [Fact]
    public void Where_no_target_counts_the_loss_is_0()
    {
        using var scope = NewDisposeScope();
        (ModelOptions options, _) = Options("bert from bert", 17);
        TokenBatch batch = Batch(17, masked: true);
        batch = batch with { Targets = full_like(batch.Targets, -1) };
        StudentAndTeacher pair = new(Made(options, 1), Made(options, 2));
        Tensor loss = DistillationLoss.Compute(pair, batch, new SoftTargetWeights(2, 1, 1), 1, 1);
        Assert.Equal(0, loss.item<float>());
        loss.backward();
        Assert.Equal(0, DistillationLoss.Measure(pair, batch, 2).Positions);
    }

    [Fact]
    public void A_batch_without_a_target_is_read_once_and_a_teacher_without_a_weight_never()
    {
        using var scope = NewDisposeScope();
        (ModelOptions options, _) = Options("bert from bert", 17);
        using TransformerModel student = options.Family.Create(options.WithDropout(0.5));
        student.train();
        TokenBatch batch = Batch(17, masked: true), none = batch with { Targets = full_like(batch.Targets, -1) };
        StudentAndTeacher alone = new(student, null!);
        Assert.True(DistillationLoss.Compute(alone, batch, new SoftTargetWeights(2, 0, 1), 0, 1).item<float>() > 0);

        // What chance has drawn tells how often dropout was computed.
        random.manual_seed(3);
        student.LastHidden(none);
        float once = rand(1).item<float>();
        random.manual_seed(3);
        Assert.Equal(0, DistillationLoss.Compute(alone, none, new SoftTargetWeights(2, 1, 1), 1, 1).item<float>());
        Assert.Equal(once, rand(1).item<float>());
    }

    // Softmax, divergence, cross-entropy and angle as sums of exponentials and products, on all logits at once.
    private static Tensor Reference(TransformerModel student, TransformerModel teacher, TokenBatch batch, double cosine)
    {
        Tensor counted = batch.Targets.reshape(-1).ne(-1).nonzero().squeeze(1), targets = batch.Targets.reshape(-1).index_select(0, counted);
        Tensor z = Counted(student.forward(batch.Tokens)), y = Counted(teacher.forward(batch.Tokens)).detach();
        Tensor p = Probabilities(z / Temperature), q = Probabilities(y / Temperature);
        Tensor soft = (q * (q.log() - p.log())).sum() * (Temperature * Temperature);
        Tensor hard = -Probabilities(z).gather(1, targets.unsqueeze(1)).log().sum();
        Tensor loss = soft * Soft + hard * Hard;
        if (cosine > 0)
        {
            Tensor h = Counted(student.LastHidden(batch)), g = Counted(teacher.LastHidden(batch)).detach();
            loss += (1 - (h * g).sum([-1L]) / (h.square().sum([-1L]).sqrt() * g.square().sum([-1L]).sqrt())).sum() * cosine;
        }

        return loss * (Share / counted.shape[0]);

        Tensor Counted(Tensor all) => all.reshape(-1, all.shape[^1]).index_select(0, counted);

        static Tensor Probabilities(Tensor logits)
        {
            Tensor powers = (logits - logits.detach().amax([-1L], keepdim: true)).exp();
            return powers / powers.sum([-1L], keepdim: true);
        }
    }

    private static (ModelOptions Student, ModelOptions Teacher) Options(string pair, int vocabulary)
    {
        GptOptions gpt = new() { Layers = 1, Heads = 2, Width = 8, BlockSize = 65, Placement = KanPlacement.None, EmbeddingDropout = 0, ResidualDropout = 0, AttentionDropout = 0, VocabularySize = vocabulary };
        BertOptions bert = new() { Layers = 1, Heads = 2, Width = 8, BlockSize = 65, Head = EncoderHead.MaskedLanguage, EmbeddingDropout = 0, ResidualDropout = 0, AttentionDropout = 0, VocabularySize = vocabulary, PaddingId = 0 };
        return pair switch
        {
            "gpt from gpt" => (gpt, gpt with { Layers = 2 }),
            "KAN head from KAN head" => (gpt with { Placement = KanPlacement.Head }, gpt with { Placement = KanPlacement.Head }),
            "kansformer from wide gpt" => (new KansformerOptions { Layers = 1, Heads = 2, Width = 8, BlockSize = 65, EmbeddingDropout = 0, ResidualDropout = 0, AttentionDropout = 0, VocabularySize = vocabulary }, gpt with { Width = 12 }),
            "KAN gpt from wide gpt" => (gpt with { Placement = KanPlacement.All }, gpt with { Width = 12 }),
            "bert from bert" => (bert, bert with { Layers = 2 }),
            _ => (bert with { Placement = KanPlacement.All, Kan = new RationalOptions() }, bert),
        };
    }

    private static TransformerModel Made(ModelOptions options, long seed)
    {
        random.manual_seed(seed);
        TransformerModel model = options.Family.Create(options);
        using var guard = no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
            parameter.add_(randn_like(parameter) * 0.1); // so that teachers have something to say
        return model;
    }

    private static TransformerModel Exact(ModelOptions options, long seed) => (TransformerModel)Made(options, seed).to(ScalarType.Float64);

    private static TokenBatch Batch(int vocabulary, bool masked)
    {
        random.manual_seed(3);
        Tensor ids = randint(1, vocabulary, [2, 65]), targets = randint(0, vocabulary, [2, 65]);
        if (masked)
            targets = targets.masked_fill(rand(2, 65).gt(0.3), -1);
        return new TokenBatch(ids, targets);
    }
}
