using Kansformers.Evaluation;
using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>A question as ids, with its answer.</summary>
/// <param name="Row">The question.</param>
/// <param name="Text">Question and context.</param>
/// <param name="Span">The first and the last token of the first answer, counted in the context; null where there is none.</param>
internal sealed record QuestionExample(QuestionRow Row, QuestionTokens Text, (int First, int Last)? Span);

/// <summary>Questions with contexts and answers, in a part to train on and one that is held out.</summary>
internal sealed class QuestionMaterial : RowMaterial<QuestionRow, QuestionExample>
{
    private QuestionMaterial(RowTables<QuestionRow> tables)
        : base(tables, row => Encoded(tables.Tokenizer, row), row => row.IsUnanswerable ? "none" : "")
    {
    }

    /// <summary>Opens questions.</summary>
    /// <param name="data">Where they lie.</param>
    /// <param name="tokenizer">The run's tokenizer; null for the one that is named.</param>
    /// <exception cref="KansformersException">Something of questions, contexts or answers is wrong; the message names file and line.</exception>
    public static QuestionMaterial Open(DataConfig data, Tokenizer? tokenizer)
    {
        LabelledFields fields = new(data.TextField, data.TextPairField, data.LabelField);
        RowTables<QuestionRow> tables = RowTables<QuestionRow>.Read(data, tokenizer, path =>
            RowTable<QuestionRow>.Of(path, Questions.Read(path, fields, needsAnswers: true, out string columns), columns));
        if (tables.Train.Rows.All(row => row.IsUnanswerable))
            throw new KansformersException($"no question of '{data.Data}' has an answer, so that none can be learned; give some that have one, or choose another column with DataConfig.LabelField");
        return new QuestionMaterial(tables);
    }

    internal override void Require(RunConfig config)
    {
        AnswerInputs inputs = new(EncoderTokens.Of(Tokenizer, config.Model.VocabularySize), config.Model.BlockSize);
        int windows = 0, cut = 0, apart = 0, tooLong = 0, none = 0;
        foreach (QuestionExample example in Train.Concat(Validation))
        {
            IReadOnlyList<AnswerWindow> own = inputs.Of(example.Text, out bool isCut);
            windows += own.Count;
            cut += isCut ? 1 : 0;
            if (example.Span is not (int first, int last))
            {
                none++;
                continue;
            }

            tooLong += last - first >= AnswerSearch.MostTokens ? 1 : 0;
            apart += own.All(window => window.Target(example.Span) == (0, 0)) ? 1 : 0;
        }

        int all = Train.Count + Validation.Count;
        Note($"windows {windows} of a block of {config.Model.BlockSize} for {all} contexts");
        if (cut > 0)
            Note($"texts   {cut} of {all} questions are longer than half of what a block of {config.Model.BlockSize} has room for, and are cut at their ends");
        if (none > 0)
            Note($"answers {none} of {all} questions have none: their first and last token are the first of all");
        if (apart > 0)
            Note($"answers {apart} of {all} are too long to lie in one window, and are not learned");
        if (tooLong > 0)
            Note($"answers {tooLong} of {all} have more than {AnswerSearch.MostTokens} tokens, the most that an answer is given, and cannot be found as a whole");
    }

    private static QuestionExample Encoded(Tokenizer tokenizer, QuestionRow row)
    {
        QuestionTokens text = QuestionTokens.Of(tokenizer, row);
        if (row.IsUnanswerable)
            return new QuestionExample(row, text, null);
        return new QuestionExample(row, text, text.Span(row.Answers[0]) ?? throw new KansformersException($"{row.Place}: the answer '{row.Answers[0].Text}' has no token in this tokenizer; choose another"));
    }
}
