using System.Globalization;

namespace Kansformers.Transformers;

/// <summary>The sizes that both a configuration and the weights beside it tell.</summary>
internal static class GptSizes
{
    private static readonly (string Name, Func<GptOptions, int> Of)[] All =
        [("{0} layers", options => options.Layers), ("width {0}", options => options.Width), ("block size {0}", options => options.BlockSize), ("vocabulary {0}", options => options.VocabularySize)];

    /// <summary>Refuses a configuration that does not belong to the weights.</summary>
    /// <param name="path">The file or folder, for messages.</param>
    /// <param name="teller">What the configuration is called there.</param>
    /// <param name="told">What it says.</param>
    /// <param name="weights">What the weights say.</param>
    /// <exception cref="KansformersException">They differ; the message says where.</exception>
    public static void RequireAgreement(string path, string teller, GptOptions told, GptOptions weights)
    {
        (string Name, Func<GptOptions, int> Of)[] differing = [.. All.Where(size => size.Of(told) != size.Of(weights))];
        if (differing.Length > 0)
        {
            throw new KansformersException($"'{path}': {teller} says {string.Join(", ", differing.Select(size => string.Format(CultureInfo.InvariantCulture, size.Name, size.Of(told))))}, "
                + $"the weights {string.Join(", ", differing.Select(size => size.Of(weights)))}; they do not belong together");
        }
    }
}
