using Kansformers.Training;

namespace Kansformers.Comparisons;

/// <summary>
/// Models in words: <c>[NAME =] WORD WORD ...</c>, parted by semicolons. A word is a family, a form of feed-forward, a kind of KAN layer with or without options of
/// its own (<c>rational</c>, <c>bspline:grid-size=8</c>), its sharing (<c>edge</c>, <c>channel</c>, <c>group:8</c>), a placement (<c>mlp</c>, <c>attention,mlp</c>),
/// <c>linear</c>, or <c>option=value</c> for any setting of a run's configuration. A kind without a placement is that of the learned functions, where the form of
/// feed-forward that is named has any, else of the layers of the feed-forward parts.
/// </summary>
internal static class ModelWords
{
    public static IReadOnlyList<ModelEntry> Parse(RunConfig shared, string text)
    {
        string[] models = text.Split([';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return models.Length == 0 ? throw new KansformersException("no model is described; write, for example, linear; rational group:8; bspline")
            : [.. models.Select(model => One(shared, model))];
    }

    private static ModelEntry One(RunConfig shared, string text)
    {
        string[] parts = $" {text} ".Split(" = ", 2, StringSplitOptions.TrimEntries);
        string name = parts[0];
        if (name.Length == 0 || parts[^1].Length == 0)
            throw new KansformersException($"model '{text}' needs a name and words, as in deep = bspline layers=6");
        ModelWordReader reader = new(shared, name);
        foreach (string word in parts[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            reader.Read(word);
        return reader.Entry();
    }
}
