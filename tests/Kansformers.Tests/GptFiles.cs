using Kansformers.Transformers;

namespace Kansformers.Tests;

/// <summary>GPTs from files.</summary>
internal static class GptFiles
{
    public static Gpt Load(string path, int? heads = null, GeluForm? gelu = null)
    {
        using ModelFile file = ModelFile.Open(path);
        return Assert.IsType<Gpt>(file.Load(new ModelHints(heads, gelu)));
    }
}
