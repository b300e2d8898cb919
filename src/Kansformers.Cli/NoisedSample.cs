using Kansformers.Evaluation;
using Kansformers.Generation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>Noised texts beside what an encoder-decoder makes of them.</summary>
internal static class NoisedSample
{
    /// <summary>Some stretches of a text, noised, with the best of the beams for each.</summary>
    /// <param name="evaluator">Noises the text.</param>
    /// <param name="generator">Writes.</param>
    /// <param name="text">The text; its file stays open meanwhile.</param>
    /// <param name="count">The most stretches.</param>
    /// <param name="cancellation">Ends the work before the next token.</param>
    public static (NoisedExample Example, string Written)[] Of(DenoisingEvaluator evaluator, BeamTextGenerator generator, TokenSpan text, int count, CancellationToken cancellation)
    {
        IReadOnlyList<NoisedExample> examples = evaluator.Examples(text, count);
        return [.. examples.Zip(generator.Generate([.. examples.Select(example => example.Tokens)], cancellation))];
    }

    /// <summary>A text, what the model reads of it and what it writes, in three lines.</summary>
    public static string Words(NoisedExample example, string written) =>
        $"original        {OneLine(example.Original)}\nnoised          {OneLine(example.Noised)}\nbest of beams   {OneLine(written)}";

    private static string OneLine(string text) => text.ReplaceLineEndings("\\n");
}
