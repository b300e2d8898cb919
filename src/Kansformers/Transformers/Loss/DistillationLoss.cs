using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>
/// What a student learns of a teacher at the positions that have a target: soft targets, the targets themselves, and the direction of the last hidden state, whose loss is
/// 1 - cos (Sanh et al., "DistilBERT, a distilled version of BERT", 2019). Logits are made for a chunk of positions at a time, as for the plain loss.
/// </summary>
internal static class DistillationLoss
{
    /// <summary>share · the mean loss; 0 where no target counts.</summary>
    /// <param name="pair">Student and teacher.</param>
    /// <param name="batch">Tokens and targets.</param>
    /// <param name="weights">How much soft and hard targets count.</param>
    /// <param name="cosine">How much the hidden states count, which are of one width then; 0 for not at all.</param>
    /// <param name="share">The factor of the loss.</param>
    /// <exception cref="ArgumentException">As for <see cref="TransformerModel.Loss"/>.</exception>
    public static Tensor Compute(StudentAndTeacher pair, TokenBatch batch, SoftTargetWeights weights, double cosine, double share)
    {
        using var scope = NewDisposeScope();
        (Tensor student, Tensor? teacher, long[] targets) = pair.Hidden(batch, needsTeacher: weights.Soft > 0 || cosine > 0);
        if (targets.Length == 0)
            return (student.sum() * 0).MoveToOuterDisposeScope();
        Tensor loss = weights.Soft > 0 ? HeadLoss.Compute(pair.Student.TokenHead!, student, new SoftTargetLoss(targets, pair.Teacher.TokenHead!, teacher!, weights), share)
            : HeadLoss.Compute(pair.Student.TokenHead!, student, new CrossEntropyLoss(targets), weights.Hard * share);
        if (cosine > 0)
            loss += (1 - nn.functional.cosine_similarity(student, teacher!, -1)).mean() * (cosine * share);
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>How near the student is to the teacher, without gradients.</summary>
    /// <param name="pair">Student and teacher.</param>
    /// <param name="batch">Tokens and targets.</param>
    /// <param name="temperature">What logits are divided by.</param>
    public static Nearness Measure(StudentAndTeacher pair, TokenBatch batch, double temperature)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (Tensor student, Tensor? teacher, long[] targets) = pair.Hidden(batch, needsTeacher: true);
        long chunk = ChunkedLoss.RowsAtOnce(pair.Student.Options.VocabularySize);
        double soft = 0;
        long agreed = 0;
        for (long from = 0; from < targets.Length; from += chunk)
        {
            using var inner = NewDisposeScope();
            long rows = Math.Min(chunk, targets.Length - from);
            Tensor own = pair.Student.TokenHead!.Logits(student.narrow(0, from, rows)), wanted = pair.Teacher.TokenHead!.Logits(teacher!.narrow(0, from, rows));
            soft += SoftTargetLoss.Divergence(SoftTargetLoss.Soft(own, temperature), SoftTargetLoss.Soft(wanted, temperature)).to(ScalarType.Float64).sum().item<double>();
            agreed += own.argmax(-1).eq(wanted.argmax(-1)).sum().item<long>();
        }

        return new Nearness(soft * temperature * temperature, agreed, targets.Length);
    }
}

/// <summary>A model that learns from another.</summary>
/// <param name="Student">The model that learns.</param>
/// <param name="Teacher">The model that it learns from, of the same vocabulary, in evaluation mode. It gets no gradients.</param>
internal sealed record StudentAndTeacher(TransformerModel Student, TransformerModel Teacher)
{
    /// <summary>The last hidden states of both at the positions that have a target, (positions, width of each), and the targets.</summary>
    /// <param name="batch">Tokens and targets.</param>
    /// <param name="needsTeacher">Whether the teacher's are wanted; else they are null, as where there is no target.</param>
    public (Tensor Student, Tensor? Teacher, long[] Targets) Hidden(TokenBatch batch, bool needsTeacher)
    {
        using var scope = NewDisposeScope();
        Tensor student = Student.LastHidden(batch);
        CountedPositions counted = CountedPositions.Of(student, batch.Targets, Student.TokenHead!.Noun);
        Tensor? teacher = needsTeacher && counted.Targets.Length > 0 ? WithoutGradients(() => counted.Of(Teacher.LastHidden(batch))) : null;
        return (counted.Of(student).MoveToOuterDisposeScope(), teacher?.MoveToOuterDisposeScope(), counted.Targets);
    }

    private static Tensor WithoutGradients(Func<Tensor> compute)
    {
        using var guard = no_grad();
        return compute();
    }
}

/// <summary>How near a student is to its teacher.</summary>
/// <param name="Soft">The sum of T² KL over the positions.</param>
/// <param name="Agreed">At how many positions both hold the same token for the likeliest.</param>
/// <param name="Positions">How many positions there are.</param>
internal readonly record struct Nearness(double Soft, long Agreed, long Positions)
{
    /// <summary>The sum of two.</summary>
    public static Nearness operator +(Nearness one, Nearness other) => new(one.Soft + other.Soft, one.Agreed + other.Agreed, one.Positions + other.Positions);
}
