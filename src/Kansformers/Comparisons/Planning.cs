using System.Text.Json.Nodes;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Comparisons;

/// <summary>Makes the models of a comparison ready to be trained: vocabulary, sizes and steps by what is matched.</summary>
internal static class Planning
{
    /// <summary>The models, with all but what needs a timing.</summary>
    public static IReadOnlyList<PlannedModel> Plan(ComparisonConfig config, TokenizedCorpus corpus)
    {
        TrainingText.RequireTokens(corpus, config.Data.UnknownCharacters);
        if (corpus.Validation.Count < 2)
            throw new KansformersException("a comparison needs held-out text: give DataConfig.ValidationData, or a DataConfig.ValidationFraction above 0");
        DataConfig data = config.Data with { Data = corpus.Source, ValidationData = corpus.ValidationSource, Fingerprint = corpus.Fingerprint };
        TextMaterial text = new(corpus); // which is the caller's to dispose
        List<PlannedModel> models = [];
        long? most = config.Match.MostParameters;
        foreach (ComparisonModel model in config.Models)
        {
            try
            {
                if (Task(model) != Task(config.Models[0]))
                    throw new KansformersException($"it learns {Task(model)}, '{config.Models[0].Name}' {Task(config.Models[0])}, so that their losses cannot be compared; let all learn the same");
                model.Training.Objective.RequireSuited(model.Model);
                if (model.Training.Objective.NeedsLabels)
                    throw new KansformersException($"the objective {model.Training.Objective.Kind} learns from labelled examples; models are compared by what they learn from text");
                ObjectiveOptions objective = model.Training.Objective.Found(model.Model);
                ModelOptions options = objective.Shape(model.Model, text, hasWeights: false);
                if (config.Match.Sizes && model.IsMatched)
                {
                    most ??= ModelDescription.Of(options).ParameterCount;
                    options = SizeMatch.Fit(options, most.Value);
                }

                TrainingText.RequireBlock(corpus, options.BlockSize);
                ModelDescription description = ModelDescription.Of(options);
                models.Add(new PlannedModel
                {
                    Name = model.Name,
                    Config = new RunConfig { Preset = model.Name, Model = options, Training = model.Training with { Objective = objective }, Data = data },
                    Seeds = model.Seeds ?? config.Seeds,
                    IsMatched = model.IsMatched,
                    Parameters = description.ParameterCount,
                    KanParameters = description.KanParameterCount,
                    FlopsPerToken = TrainingCost.FlopsPerToken(options),
                });
            }
            catch (KansformersException failure)
            {
                throw new KansformersException($"model '{model.Name}': {failure.Message}", failure);
            }
        }

        return config.Match.Steps == StepMatch.Flops ? MatchSteps(config.Match, models, model => model.FlopsPerToken * TrainingCost.TokensPerStep(model.Config.Model, model.Config.Training)) : models;
    }

    /// <summary>The models with as many steps as the budget allows each.</summary>
    /// <param name="match">The budget.</param>
    /// <param name="models">The models.</param>
    /// <param name="cost">What a step of a model costs, in the budget's unit; NaN where that is not known.</param>
    public static IReadOnlyList<PlannedModel> MatchSteps(ComparisonMatch match, IReadOnlyList<PlannedModel> models, Func<PlannedModel, double> cost)
    {
        PlannedModel? first = models.FirstOrDefault(model => model.IsMatched && !double.IsNaN(cost(model)));
        if (first is null)
            return models;
        double budget = match.Budget ?? (first.Steps * cost(first));
        return [.. models.Select(model => !model.IsMatched || double.IsNaN(cost(model)) ? model
            : model with { Config = model.Config with { Training = model.Config.Training.WithSteps(Math.Max(1, (long)Math.Round(budget / cost(model)))) } })];
    }

    /// <summary>What there is to say where models of one seed do not see the same batches: those that see others than most do.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<PlannedModel> models)
    {
        IGrouping<string, PlannedModel>[] groups = [.. models.GroupBy(Batches).OrderByDescending(group => group.Count())];
        foreach (IGrouping<string, PlannedModel> group in groups.Skip(1))
            yield return $"{string.Join(", ", group.Select(model => model.Name))}: other batches than {groups[0].First().Name} (batch size, block size, objective or order of the text differ)";
    }

    // What validations measure.
    private static string Task(ComparisonModel model) => model.Training.Objective.Task(model.Model).Kind;

    // All that decides which tokens a step sees; optimizers, rates and teachers do not.
    private static string Batches(PlannedModel model)
    {
        JsonObject training = RunConfig.ToJson(model.Config.Training with { Objective = model.Config.Training.Objective.Task(model.Config.Model) });
        return string.Join(' ', ((string[])["batch_size", "grad_accum", "objective"]).Select(key => training[key]?.ToJsonString()).Append($"{model.Config.Model.BlockSize}"));
    }
}
