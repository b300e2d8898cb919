namespace Kansformers.Transformers;

/// <summary>The sizes of a GPT that both a configuration and the weights beside it tell.</summary>
internal static class GptSizes
{
    private static readonly (string Words, Func<GptOptions, int> Of)[] All =
        [("{0} layers", options => options.Layers), ("width {0}", options => options.Width), ("block size {0}", options => options.BlockSize), ("vocabulary {0}", options => options.VocabularySize)];

    /// <summary>Refuses a configuration that does not belong to the weights.</summary>
    /// <param name="path">The file or folder, for messages.</param>
    /// <param name="teller">What the configuration is called there.</param>
    /// <param name="told">What it says.</param>
    /// <param name="weights">What the weights say.</param>
    /// <exception cref="KansformersException">They differ; the message says where.</exception>
    public static void RequireAgreement(string path, string teller, GptOptions told, GptOptions weights) =>
        SizeAgreement.Require(path, teller, All.Select(size => (size.Words, (long)size.Of(told), (long)size.Of(weights))));
}
