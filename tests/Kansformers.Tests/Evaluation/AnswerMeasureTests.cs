using Kansformers.Evaluation;
using Kansformers.Text;

namespace Kansformers.Tests.Evaluation;

/// <summary>Answers, and how right they are, by the rules of SQuAD 1.1 and 2.0.</summary>
public class AnswerMeasureTests
{
    [Theory]
    [InlineData("The  Quick, brown fox.", "quick brown fox")]
    [InlineData("an apple a day", "apple day")]
    [InlineData("Theatre (Banana)", "theatre banana")]
    [InlineData("l'a", "la")]
    [InlineData("the", "")]
    [InlineData("5°C – “x”", "5°c – “x”")]
    public void Texts_are_compared_without_case_punctuation_and_articles(string text, string normal) => Assert.Equal(normal, AnswerMeasures.Normal(text));

    [Fact]
    public void The_best_right_answer_counts()
    {
        AnswerMeasures found = AnswerMeasures.Of(
        [
            ("the Fox!", ["fox", "a quick fox"]), // exact, F1 1
            ("quick fox", ["a dog", "the quick brown fox"]), // 2 words the same of 2 and 3: 4/5
            ("fox fox", ["fox dog"]), // one the same of 2 and 2: 1/2
            ("cat", ["dog"]),
        ]);
        Assert.Equal((4, 1 / 4.0), (found.Questions, found.ExactMatch));
        Assert.Equal((1 + 0.8 + 0.5) / 4, found.F1, 1e-12);
        Assert.Equal(Math.Sqrt(0.25 * 0.75 / 3), found.ExactMatchStandardError, 1e-12);
        Assert.Throws<ArgumentException>(() => AnswerMeasures.Of([]));
        Assert.Equal((0, found.ExactMatch, found.F1, double.NaN), (found.Unanswerable, found.AnswerableExactMatch, found.AnswerableF1, found.UnanswerableExactMatch));
    }

    // As evaluate-v2.0.py, the official script, tells by its source: no right answer is the empty one, and where one of two is empty, F1 is 1 if both are.
    [Fact]
    public void Without_an_answer_the_empty_one_is_right()
    {
        AnswerMeasures found = AnswerMeasures.Of(
        [
            ("", []), // 1, 1
            ("fox", []), // 0, 0
            ("The.", []), // nothing is left of it: 1, 1
            ("", ["fox"]), // 0, 0
            ("quick fox", ["the", "fox"]), // "the" is no answer; 0, F1 2/3
            ("", ["the"]), // has an answer by its row, of which nothing is left: 1, 1
        ]);
        Assert.Equal((6, 3), (found.Questions, found.Unanswerable));
        Assert.Equal((3 / 6.0, 2 / 3.0, 1 / 3.0), (found.ExactMatch, found.UnanswerableExactMatch, found.AnswerableExactMatch));
        Assert.Equal((3 + (2 / 3.0)) / 6, found.F1, 1e-12);
        Assert.Equal((1 + (2 / 3.0)) / 3, found.AnswerableF1, 1e-12);
        Assert.Equal((1.0, double.NaN), (AnswerMeasures.Of([("", [])]).ExactMatch, AnswerMeasures.Of([("", [])]).AnswerableF1));
    }

    [Fact]
    public void There_is_no_answer_where_every_window_says_so_more_than_any_answer()
    {
        // Two windows: start token, two of the context.
        AnswerWindow first = new(new ModelInput([0, 1, 2], [0, 0, 0]), 0, 2, 1), second = first with { From = 2 };
        float[] sure = [3, 3, 2, 0, 0, 2.5f], unsure = [1, 1, 0, 0, 0, 0]; // none 6 against 4.5; none 2 against 0
        Assert.Equal((0, 1, 4.5), Best([(first, sure)], false));
        Assert.Equal((-1, -1, 6), Best([(first, sure)], true));
        Assert.Equal((0, 1, 4.5), Best([(first, sure), (second, unsure)], true)); // 2, the least of both, against 4.5
        FoundSpan none = AnswerSearch.Best([(first, sure)], mayBeNone: true);
        double starts = Math.Exp(3) + Math.Exp(2) + 1, ends = Math.Exp(3) + 1 + Math.Exp(2.5);
        Assert.Equal(Math.Exp(3) / starts * (Math.Exp(3) / ends), none.Probability, 1e-9);
        Assert.Equal(("", 0), (AnswerFinder.Answer("ab", new PlacedTokens([1, 2], [(0, 1), (1, 2)]), none).Answer, none.First + 1));

        static (int, int, double) Best((AnswerWindow, float[])[] windows, bool mayBeNone)
        {
            FoundSpan best = AnswerSearch.Best(windows, mayBeNone);
            return (best.First, best.Last, best.Logit);
        }
    }

    [Fact]
    public void The_best_answer_ends_behind_its_start_within_thirty_tokens_of_the_context()
    {
        // Tokens: start, question, separator, 40 of the context, separator.
        AnswerWindow window = new(new ModelInput([.. Enumerable.Range(0, 44)], [.. Enumerable.Repeat(0, 44)]), 10, 40, 3);
        float[] logits = new float[88];
        Set(0, 9, 9); // the first token of all is none of the context
        Set(20, 0, 5);
        Set(23, 5, 0); // begins behind 20
        Assert.Equal((10, 10 + 17), (Best().First, Best().Last)); // 0 + 5, before 5 + 0, which begins later
        Set(25, 0, 1);
        Assert.Equal((10 + 20, 10 + 22), (Best().First, Best().Last));
        Set(23, 0, 0);
        Set(20, 0, 0);
        Set(25, 0, 0);
        Set(3, 7, 0);
        Set(42, 0, 7); // 39 tokens behind: too far
        Set(32, 0, 2); // 29 behind: just near enough
        Set(33, 0, 3);
        Assert.Equal((10, 10 + 29, 9.0), (Best().First, Best().Last, Best().Logit));
        double starts = 42 + Math.Exp(9) + Math.Exp(7), ends = 40 + Math.Exp(9) + Math.Exp(7) + Math.Exp(2) + Math.Exp(3);
        Assert.Equal(Math.Exp(7) / starts * (Math.Exp(2) / ends), Best().Probability, 1e-9);
        Assert.Equal((Math.Log(starts) - 7 + Math.Log(ends) - 2) / 2, AnswerSearch.Loss(logits, (3, 32)), 1e-6);

        // Of several windows that with the largest sum.
        AnswerWindow other = window with { From = 100 };
        float[] larger = [.. logits];
        larger[2 * 5] = 8;
        Assert.Equal(102, AnswerSearch.Best([(window, logits), (other, larger)]).First);
        Assert.Equal(-1, AnswerSearch.Best([(window with { Count = 0 }, logits)]).First);

        void Set(int token, float start, float end) => (logits[2 * token], logits[(2 * token) + 1]) = (start, end);

        FoundSpan Best() => AnswerSearch.Best([(window, logits)]);
    }
}
