using System.CommandLine;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary><c>eval RUN</c>: how good a model is at what it is for, on a whole corpus or on labelled texts.</summary>
internal static class EvalCommand
{
    /// <summary>How each objective is measured, by its name in <see cref="Objectives"/>; of all that a model can be for.</summary>
    public static IReadOnlyDictionary<string, Action<EvalCall>> Evaluations { get; } = new Dictionary<string, Action<EvalCall>>
    {
        [new NextTokenOptions().Kind] = TextEvaluation.Run,
        [new MaskedLanguageOptions().Kind] = MaskedEvaluation.Run,
        [new ClassificationOptions().Kind] = LabelEvaluation.Run,
        [new RegressionOptions().Kind] = LabelEvaluation.Run,
        [new TokenClassificationOptions().Kind] = WordEvaluation.Run,
        [new QuestionAnsweringOptions().Kind] = AnswerEvaluation.Run,
        [new DenoisingOptions().Kind] = DenoisingEvaluation.Run,
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
            ModelOptions model = source.Architecture(weights, options.Model.Hints(parsed));
            if (model is EncoderOptions { Head: EncoderHead.None })
                throw new KansformersException($"'{source.Path}' is a {model.Family.Name} without a head, of which there is nothing to measure; it gets one by training: train --model {parsed.GetValue(options.Model.Source)}, for labels with --task");
            EvalCall call = new(options, parsed, source, weights);
            if (parsed.GetValue(options.Tasks.Tasks) is not null)
                TaskEvaluation.Run(call);
            else
                Evaluations[Objectives.For(model).Kind](call);
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
