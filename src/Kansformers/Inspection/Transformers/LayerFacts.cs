using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>The moments of a layer, as numbers.</summary>
/// <param name="Tokens">How many tokens they are of.</param>
/// <param name="Columns">The columns of an input.</param>
/// <param name="Means">Their means, input after input.</param>
/// <param name="Covariances">Their covariances, input after input.</param>
/// <param name="OutputVariances">The variance of each output.</param>
/// <param name="GradientSquares">The mean of the squared gradient of the text's loss at each output; null where it was not measured.</param>
internal sealed record LayerFacts(long Tokens, int Columns, double[] Means, double[] Covariances, double[] OutputVariances, double[]? GradientSquares)
{
    public static LayerFacts Of(ColumnMoments columns, ColumnMoments outputs, Tensor? squares)
    {
        using var scope = NewDisposeScope();
        return new LayerFacts(columns.Count, (int)columns.Mean.shape[1], Numbers(columns.Mean), Numbers(columns.Covariance), Numbers(outputs.Covariance), squares is null ? null : Numbers(squares));
    }

    private static double[] Numbers(Tensor tensor) => tensor.contiguous().data<double>().ToArray();
}
