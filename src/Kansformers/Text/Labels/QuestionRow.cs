namespace Kansformers.Text;

/// <summary>An answer as it stands in a context.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Start">Where in the context it begins, in UTF-16 units.</param>
public sealed record ContextAnswer(string Text, int Start);

/// <summary>A question, and a text that holds its answer, or holds none.</summary>
/// <param name="Question">The question.</param>
/// <param name="Context">The text.</param>
/// <param name="Answers">The right answers, of which the first is learned; none where there is none, or they were not asked for.</param>
/// <param name="Place">Where the row is, for messages: <c>'a.jsonl' line 3</c>.</param>
public sealed record QuestionRow(string Question, string Context, IReadOnlyList<ContextAnswer> Answers, string Place) : IDataRow
{
    /// <summary>Whether question or context is nothing but white space.</summary>
    public bool IsEmpty => string.IsNullOrWhiteSpace(Question) || string.IsNullOrWhiteSpace(Context);

    /// <summary>Whether the text is known to hold no answer, as in SQuAD 2.0: nothing is the right answer then.</summary>
    public bool IsUnanswerable { get; init; }

    IEnumerable<string> IDataRow.Texts => [Question, Context];

    IEnumerable<string> IDataRow.Parts => [Question, Context, .. Answers.SelectMany(answer => (string[])[FormattableString.Invariant($"{answer.Start}"), answer.Text]), ""];
}
