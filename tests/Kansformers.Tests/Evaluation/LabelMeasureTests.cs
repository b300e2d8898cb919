using Kansformers.Evaluation;

namespace Kansformers.Tests.Evaluation;

/// <summary>Measures of labels and numbers against values that were computed by hand.</summary>
public class LabelMeasureTests
{
    [Fact]
    public void Two_labels()
    {
        // 3 right of label 0 and 2 of label 1; one 0 was called 1, two 1 were called 0: TP 2, FP 1, FN 2, TN 3.
        LabelMeasures found = LabelMeasures.Of([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 0, 0], 2);
        Assert.Equal((8, 5.0 / 8), (found.Examples, found.Accuracy));
        Assert.Equal(Math.Sqrt(5.0 / 8 * 3 / 8 / 7), found.AccuracyStandardError, 1e-12);
        Assert.Equal((2.0 / 3, 0.5), (found.Labels[1].Precision, found.Labels[1].Recall));
        Assert.Equal(4.0 / 7, found.Labels[1].F1, 1e-12);
        Assert.Equal(6.0 / 9, found.Labels[0].F1, 1e-12);
        Assert.Equal(((4.0 / 7) + (6.0 / 9)) / 2, found.MacroF1, 1e-12);
        Assert.Equal(((2 * 3) - (1 * 2)) / Math.Sqrt(3.0 * 4 * 4 * 5), found.Matthews, 1e-12);
    }

    [Fact]
    public void Three_labels_of_which_one_never_comes()
    {
        LabelMeasures found = LabelMeasures.Of([0, 1, 1, 0, 1], [0, 1, 0, 0, 1], 3);
        Assert.Equal(0.8, found.Accuracy, 1e-12);
        Assert.Equal((0.8 + 0.8) / 2, found.MacroF1, 1e-12); // the third label is no part of the mean
        Assert.Equal(new LabelMeasure(0, 0, 0, 0), found.Labels[2]);
        Assert.Equal(2.0 / 3, found.Matthews, 1e-12); // (4 * 5 - (2 * 3 + 3 * 2)) / (25 - 13)
    }

    [Fact]
    public void Always_the_same_answer_is_worth_nothing_to_Matthews()
    {
        Assert.Equal((0.75, 0), (LabelMeasures.Of([0, 0, 0, 1], [0, 0, 0, 0], 2).Accuracy, LabelMeasures.Of([0, 0, 0, 1], [0, 0, 0, 0], 2).Matthews));
        Assert.Equal((1, 1), (LabelMeasures.Of([0, 1, 2], [0, 1, 2], 3).Accuracy, LabelMeasures.Of([0, 1, 2], [0, 1, 2], 3).Matthews));
        Assert.Throws<ArgumentException>(() => LabelMeasures.Of([0, 3], [0, 1], 3));
        Assert.Throws<ArgumentException>(() => LabelMeasures.Of([], [], 3));
    }

    [Fact]
    public void Numbers()
    {
        NumberMeasures found = NumberMeasures.Of([1, 2, 3, 4], [2, 2, 5, 3]);
        Assert.Equal((1 + 0 + 4 + 1) / 4.0, found.MeanSquaredError, 1e-12);
        Assert.Equal((1 + 0 + 2 + 1) / 4.0, found.MeanAbsoluteError, 1e-12);
        Assert.Equal(3 / Math.Sqrt(5 * 6), found.Pearson, 1e-12); // deviations -1.5 -0.5 0.5 1.5 and -1 -1 2 0
        Assert.Equal(3.5 / Math.Sqrt(5 * 4.5), found.Spearman, 1e-12); // ranks 1.5 1.5 4 3, less 2.5
        Assert.Equal(1, NumberMeasures.Of([1, 2, 3], [10, 100, 1000]).Spearman, 1e-12);
        Assert.True(double.IsNaN(NumberMeasures.Of([1, 2, 3], [5, 5, 5]).Pearson));
        Assert.Throws<ArgumentException>(() => NumberMeasures.Of([1], [1, 2]));
    }

    [Fact]
    public void Probabilities_do_not_overflow()
    {
        Assert.Equal([0.5, 0.5, 0], Softmax.Of([1000f, 1000f, -1000f]));
        Assert.Equal(Math.Log(2), Softmax.Loss([1000f, 1000f, -1000f], 1), 1e-12);
        Assert.Equal((2, 0), (Softmax.Largest([1f, 2f, 3f]), Softmax.Largest([3f, 3f, 1f])));
    }
}
