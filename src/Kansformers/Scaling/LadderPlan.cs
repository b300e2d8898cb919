using Kansformers.Comparisons;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Scaling;

/// <summary>Makes the rungs of a ladder: each kind in each size, with parameters matched, rates by the width and steps by the budgets.</summary>
internal static class LadderPlan
{
    /// <summary>The rungs, by kind, size and budget. Budgets that come to the same number of steps are one rung.</summary>
    /// <param name="config">The ladder.</param>
    /// <param name="corpus">Its text.</param>
    /// <exception cref="KansformersException">A size cannot be made, a budget is less than a step, or the text does not do.</exception>
    public static IReadOnlyList<LadderRung> Rungs(LadderConfig config, TokenizedCorpus corpus)
    {
        List<LadderRung> rungs = [];
        foreach (LadderSize size in config.Sizes)
        {
            ComparisonConfig sized = config.Kinds with { Models = [.. config.Kinds.Models.Select(kind => InSize(config, kind, size))] };
            IReadOnlyList<PlannedModel> models = Planning.Plan(sized, corpus);
            foreach ((ComparisonModel kind, PlannedModel model) in config.Kinds.Models.Zip(models))
                rungs.AddRange(config.Budgets.Select(budget => Rung(kind.Name, size, budget, model, corpus.Train.Count)).DistinctBy(rung => rung.Model.Steps));
        }

        string[] kinds = [.. config.Kinds.Models.Select(kind => kind.Name)];
        return [.. rungs.OrderBy(rung => Array.IndexOf(kinds, rung.Group))];
    }

    private static ComparisonModel InSize(LadderConfig config, ComparisonModel kind, LadderSize size)
    {
        string name = $"{kind.Name} {size}";
        try
        {
            ModelOptions model = size.Apply(kind.Model);
            (model with { VocabularySize = Math.Max(1, model.VocabularySize) }).Validate();
            return kind with { Name = name, Model = model, Training = config.Rates?.Apply(kind.Training, kind.Model, size.Width) ?? kind.Training };
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"model '{name}': {failure.Message}", failure);
        }
    }

    private static LadderRung Rung(string group, LadderSize size, TokenBudget budget, PlannedModel model, long textTokens)
    {
        string name = $"{model.Name} {budget}";
        double tokens = budget.TokensOf(model), step = TrainingCost.TokensPerStep(model.Config.Model, model.Config.Training);
        if (tokens < step || tokens / step > long.MaxValue / 2.0)
            throw new KansformersException(FormattableString.Invariant($"model '{name}': its budget is {tokens:0} tokens, but a step takes {step}; give a {(tokens < step ? "larger" : "smaller")} budget, or {(tokens < step ? "smaller" : "larger")} batches"));
        ModelDescription description = ModelDescription.Of(model.Config.Model);
        PlannedModel planned = model with
        {
            Name = name,
            Config = model.Config with { Preset = name, Training = Stretched(model.Config.Training, (long)Math.Round(tokens / step)) },
            PeakMemoryBytes = Memory(model),
        };
        return new LadderRung
        {
            Group = group,
            Size = size,
            Budget = budget,
            Model = planned,
            EmbeddingParameters = description.EmbeddingParameterCount,
            LiveParameters = description.LiveParameterCount,
            Epochs = planned.Tokens / (double)Math.Max(1, textTokens),
        };
    }

    // Warm-up and validations at the same shares of the steps.
    private static TrainingOptions Stretched(TrainingOptions training, long steps)
    {
        double longer = (double)steps / training.MaxIters;
        return training with
        {
            MaxIters = steps,
            Warmup = Math.Min(steps, (long)Math.Round(training.Warmup * longer)),
            EvalInterval = (long)Math.Clamp(Math.Round(training.EvalInterval * longer), 1, steps),
        };
    }

    // A rough guess, of which the number of runs side by side is made: the program, weights with gradients and two moments, and of a batch what layers keep and logits.
    private static long Memory(PlannedModel model)
    {
        const double program = 400e6, perParameter = 16, keptOfChannel = 40, keptOfId = 3;
        ModelOptions options = model.Config.Model;
        double tokens = (double)model.Config.Training.BatchSize * options.BlockSize;
        return (long)(program + (perParameter * model.Parameters) + (sizeof(float) * tokens * ((keptOfChannel * options.Layers * options.Width) + (keptOfId * options.VocabularySize))));
    }
}
