using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Comparisons;

/// <summary>One of the models that are compared.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Model">Its architecture; the vocabulary comes from the tokenizer, a size may come from the matching.</param>
/// <param name="Training">How it is trained; the seed comes from the comparison.</param>
public sealed record ComparisonModel(string Name, ModelOptions Model, TrainingOptions Training)
{
    /// <summary>The seeds that it is trained with; null for those of the comparison.</summary>
    public IReadOnlyList<long>? Seeds { get; init; }

    /// <summary>Whether its size and steps are matched as the comparison says; false keeps its own.</summary>
    public bool IsMatched { get; init; } = true;
}

/// <summary>What is compared: models that train on the same text, with the same seeds.</summary>
public sealed record ComparisonConfig
{
    /// <summary>The text, and its tokens, of all models.</summary>
    public required DataConfig Data { get; init; }

    /// <summary>The models, each with a name of its own.</summary>
    public required IReadOnlyList<ComparisonModel> Models { get; init; }

    /// <summary>The seeds that each model is trained with.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [1, 2, 3];

    /// <summary>What models are made equal in.</summary>
    public ComparisonMatch Match { get; init; } = new();

    /// <summary>The model that the others are measured against; null for the best one without learned functions.</summary>
    public string? Baseline { get; init; }

    /// <summary>The text's name, short enough for a folder's.</summary>
    public string TextName => CorpusPath.Short(Data.Data);

    /// <summary>Reads a comparison from a JSON file; <c>docs/compare.md</c> tells its format.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="KansformersException">It cannot be read, or something in it is unknown or wrong; the message names the place.</exception>
    public static ComparisonConfig Load(string path) => ComparisonFile.Read(path);

    /// <summary>A comparison of models that words describe, such as <c>linear; rational group:8; deep = bspline layers=6</c>.</summary>
    /// <param name="shared">Text, sizes and training of all, where the words say nothing else.</param>
    /// <param name="words">The models, parted by semicolons.</param>
    /// <exception cref="KansformersException">A word is unknown, or what it says cannot be; the message names the model.</exception>
    public static ComparisonConfig Of(RunConfig shared, string words)
    {
        ArgumentNullException.ThrowIfNull(shared);
        ArgumentNullException.ThrowIfNull(words);
        return new ComparisonConfig { Data = shared.Data, Models = ModelEntry.Build(RunConfig.ToJson(shared.Model), RunConfig.ToJson(shared.Training), ModelWords.Parse(shared, words), "") };
    }

    /// <summary>The comparison with some of its models.</summary>
    /// <param name="names">Their names, parted by semicolons.</param>
    /// <exception cref="KansformersException">There is none of a name; the message lists them.</exception>
    public ComparisonConfig Select(string names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] wanted = names.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        ComparisonModel[] chosen = [.. wanted.Select(Named).Distinct()];
        return chosen.Length == 0 ? throw new KansformersException($"no model is named; give names of {Names()}")
            : this with { Models = [.. Models.Where(chosen.Contains)] };
    }

    /// <summary>The comparison with one number of steps for all models.</summary>
    /// <param name="steps">How many optimizer steps; warm-ups that would be longer end there.</param>
    public ComparisonConfig WithSteps(long steps) => this with { Models = [.. Models.Select(model => model with { Training = model.Training.WithSteps(steps) })] };

    /// <summary>Checks all that can be checked without the text.</summary>
    /// <exception cref="KansformersException">The message names the option or the model, and what is allowed.</exception>
    public void Validate()
    {
        if (Models.Count == 0)
            throw new KansformersException("there is no model to compare; give at least one");
        if (Models.GroupBy(model => RunName.Of(model.Name)).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new KansformersException($"the models '{twice.First().Name}' and '{twice.Last().Name}' have one name; give each its own (NAME = ...)");
        foreach (ComparisonModel model in Models)
        {
            if (model.Seeds is not null)
                SeedList.Require(model.Seeds);
            try
            {
                new RunConfig { Model = model.Model, Training = model.Training, Data = Data }.Validate();
            }
            catch (KansformersException failure)
            {
                throw new KansformersException($"model '{model.Name}': {failure.Message}", failure);
            }
        }

        SeedList.Require(Seeds);
        if (Baseline is not null)
            Named(Baseline);
    }

    private ComparisonModel Named(string name) => Models.FirstOrDefault(model => model.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new KansformersException($"there is no model '{name}': use {Names()}");

    private string Names() => string.Join("; ", Models.Select(model => model.Name));
}
