using System.Globalization;

namespace Kansformers.Transformers;

/// <summary>The sizes that both a configuration and the weights beside it tell.</summary>
internal static class SizeAgreement
{
    /// <summary>Refuses a configuration that does not belong to the weights.</summary>
    /// <param name="path">The file or folder, for messages.</param>
    /// <param name="teller">What the configuration is called there.</param>
    /// <param name="sizes">Each size in words, with <c>{0}</c> for it, as the configuration tells it and as the weights do.</param>
    /// <exception cref="KansformersException">They differ; the message says where.</exception>
    public static void Require(string path, string teller, IEnumerable<(string Words, long Told, long Found)> sizes)
    {
        (string Words, long Told, long Found)[] differing = [.. sizes.Where(size => size.Told != size.Found)];
        if (differing.Length > 0)
        {
            throw new KansformersException($"'{path}': {teller} says {string.Join(", ", differing.Select(size => string.Format(CultureInfo.InvariantCulture, size.Words, size.Told)))}, "
                + $"the weights {string.Join(", ", differing.Select(size => size.Found.ToString(CultureInfo.InvariantCulture)))}; they do not belong together");
        }
    }
}
