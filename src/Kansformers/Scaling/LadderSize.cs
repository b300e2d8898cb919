using System.Globalization;
using System.Text.Json.Nodes;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Scaling;

/// <summary>A size that every model of a ladder is made in.</summary>
/// <param name="Layers">The transformer blocks.</param>
/// <param name="Heads">The attention heads.</param>
/// <param name="Width">The size of the hidden state.</param>
public sealed record LadderSize(int Layers, int Heads, int Width)
{
    // Width over layers, and the size of a head, of the models here that were tuned: 4 layers and 4 heads at width 128.
    private const double WidthOfLayer = 32, WidthOfHead = 32;
    private const int FewestLayers = 2, MostWidth = 1 << 16;
    private const string Inner = "inner";

    /// <summary>
    /// The size that goes with a width: a layer for each 32 of it, at least two, and as many heads as come nearest to 32 channels each, of an even number of channels.
    /// </summary>
    /// <param name="width">The width, at least 1.</param>
    public static LadderSize OfWidth(int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        int heads = Enumerable.Range(1, width).Where(heads => width % heads == 0 && width / heads % 2 == 0).DefaultIfEmpty(1)
            .OrderBy(heads => Math.Abs(heads - (width / WidthOfHead))).ThenByDescending(heads => heads).First();
        return new LadderSize(Math.Max(FewestLayers, (int)Math.Round(width / WidthOfLayer)), heads, width);
    }

    /// <summary>Reads <c>64</c>, a width, whose layers and heads follow (<see cref="OfWidth"/>), or <c>2x4x64</c>: layers, heads and width.</summary>
    /// <param name="text">The size.</param>
    /// <exception cref="KansformersException">It is neither.</exception>
    public static LadderSize Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int[] numbers = [.. text.Split('x', StringSplitOptions.TrimEntries).Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)];
        return numbers.All(number => number is >= 1 and <= MostWidth)
            ? numbers switch
            {
                [int width] => OfWidth(width),
                [int layers, int heads, int width] => new LadderSize(layers, heads, width),
                _ => throw Wrong(text),
            }
            : throw Wrong(text);
    }

    /// <summary>Layers, heads and width, as in <c>2x4x64</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Layers}x{Heads}x{Width}");

    /// <summary>A model in this size; an inner width of its own grows with the width, to a number that has the same divisors up to 16, which groups may need.</summary>
    /// <param name="model">The model in its own size.</param>
    internal ModelOptions Apply(ModelOptions model)
    {
        JsonObject json = RunConfig.ToJson(model with { Layers = Layers, Heads = Heads, Width = Width });
        if (json[Inner]?.GetValue<int>() is int inner and > 0)
        {
            int step = Enumerable.Range(1, 16).Last(divisor => inner % divisor == 0);
            json[Inner] = Math.Max(1, (int)Math.Round((double)inner * Width / model.Width / step)) * step;
        }

        return RunConfig.ParseModel(json);
    }

    private static KansformersException Wrong(string text) =>
        new($"unknown size '{text}': use a width, as in 64, or layers, heads and width, as in 2x4x64, each from 1 to {MostWidth}");
}
