using System.CommandLine;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary><c>eval RUN</c>: how good a model is at what it is for, on a whole corpus or on labelled texts.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        EvalOptions options = new();
        Command command = new("eval", "Loss, perplexity and bits per byte on a corpus; of masked language models masked loss and perplexity; of denoising models loss, and examples; of models that label texts accuracy, F1, Matthews, or correlations.");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            options.RequireData(parsed);
            (ModelSource source, RunWeights weights) = options.Model.Open(parsed);
            EvalCall call = new(options, parsed, source, weights);
            ModelOptions architecture = source.Architecture(weights, options.Model.Hints(parsed));
            EncoderHead? head = (architecture as EncoderOptions)?.Head;
            if (architecture is BartOptions)
                DenoisingEvaluation.Run(call);
            else if (head == EncoderHead.Classification)
                LabelEvaluation.Run(call);
            else if (head == EncoderHead.MaskedLanguage)
                MaskedEvaluation.Run(call);
            else
                TextEvaluation.Run(call);
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
