using System.CommandLine;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary><c>eval RUN</c>: how good a model is at what it is for, on a whole corpus or on labelled texts.</summary>
internal static class EvalCommand
{
    /// <summary>How each objective is measured, by its name in <see cref="Objectives"/>.</summary>
    public static IReadOnlyDictionary<string, Action<EvalCall>> Evaluations { get; } = new Dictionary<string, Action<EvalCall>>
    {
        [new NextTokenOptions().Kind] = TextEvaluation.Run,
        [new MaskedLanguageOptions().Kind] = MaskedEvaluation.Run,
        [new ClassificationOptions().Kind] = LabelEvaluation.Run,
        [new RegressionOptions().Kind] = LabelEvaluation.Run,
        [new TokenClassificationOptions().Kind] = WordEvaluation.Run,
        [new QuestionAnsweringOptions().Kind] = AnswerEvaluation.Run,
        [new DenoisingOptions().Kind] = DenoisingEvaluation.Run,
        [new DistillationOptions().Kind] = call => Evaluations![Objectives.For(call.Source.Architecture(call.Weights)).Kind](call), // by the task
    };

    public static Command Create()
    {
        EvalOptions options = new();
        Command command = new("eval", "Loss, perplexity and bits per byte on a corpus; of masked language models masked loss and perplexity; of denoising models loss, and examples; of models that label texts accuracy, F1, Matthews, or correlations; of models that label words accuracy, F1, and F1 of entities; of models that answer questions exact match and F1. With --tasks, benchmark tasks.");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            options.Tasks.Require(parsed);
            if (parsed.GetValue(options.Tasks.Tasks) is null)
                options.RequireData(parsed);
            (ModelSource source, RunWeights weights) = options.Model.Open(parsed);
            if (parsed.GetValue(options.Tasks.Tasks) is not null)
            {
                TaskEvaluation.Run(new EvalCall(options, parsed, source, weights));
                return CommandLineApp.Succeeded;
            }

            ObjectiveOptions objective = Objectives.For(source.Architecture(weights, options.Model.Hints(parsed)));
            Evaluations[objective.Kind](new EvalCall(options, parsed, source, weights));
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
