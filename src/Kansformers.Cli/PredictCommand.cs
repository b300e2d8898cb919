using System.CommandLine;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary><c>predict RUN</c>: labels texts or their words, with probabilities, gives numbers, or answers questions.</summary>
internal static class PredictCommand
{
    /// <summary>What each objective's models say of texts, by its name in <see cref="Objectives"/>; of others the first says why they say nothing.</summary>
    private static readonly Dictionary<string, Action<PredictCall>> Predictors = new()
    {
        [new ClassificationOptions().Kind] = Predictions.Run,
        [new RegressionOptions().Kind] = Predictions.Run,
        [new TokenClassificationOptions().Kind] = WordPredictions.Run,
        [new QuestionAnsweringOptions().Kind] = AnswerPredictions.Run,
    };

    public static Command Create()
    {
        ModelChoice model = new();
        Option<string?> data = new("--data") { Description = "texts: the lines of a text file, or a column of a .csv, .tsv, .jsonl or .parquet file; for labels of words also lines with a word each (.conll, .bio, .iob, .tsv), for answers columns of questions and contexts [default: the lines of standard input]" };
        Option<string?> textField = new("--text-field") { Description = "the column of the texts [default: the run's, text, content, ... or the only one]" };
        LabelChoice labels = new();
        Option<bool> none = new("--allow-no-answer") { Description = "a question may have no answer; for models that learned of such questions" };
        Option<string?> unknown = UnknownCharacterNames.OptionOfRun();
        Command command = new("predict", "Label texts by a model that was trained for it: a label with its probability, or a number, for each line or row; or a label for each word; or an answer for each question with its context.") { data, textField, labels.TextPairField, none, unknown };
        OptionRules.NotEmpty(data, textField);
        model.AddTo(command);
        command.SetAction(parsed =>
        {
            UnknownCharacters? treatment = parsed.GetValue(unknown) is string name ? UnknownCharacterNames.Parse(name) : null;
            (ModelSource source, RunWeights weights) = model.Open(parsed);
            string? file = parsed.GetValue(data);
            if (OptionRules.Given(parsed, textField, labels.TextPairField).Length > 0 && (file is null || !LabelledTexts.IsTable(file)))
                throw new UsageException("--text-field and --text-pair-field are columns of a .csv, .tsv, .jsonl or .parquet file, which --data does not name; lines of text have none");
            using Interruption interruption = new();
            using TransformerModel loaded = source.LoadModel(weights, model.Hints(parsed), Devices.Find(parsed.GetValue(model.Device)!));
            Tokenizer tokenizer = ModelChoice.LoadEncoderTokenizer(source, loaded.Options.VocabularySize, parsed.GetValue(model.Tokenizer));
            if (tokenizer is CharTokenizer characters && treatment is UnknownCharacters told)
                tokenizer = new CharTokenizer(characters.Characters, told);
            ObjectiveOptions objective = Objectives.For(loaded.Options);
            if (objective is not QuestionAnsweringOptions)
                OptionRules.RequireUnused(parsed, "a model that does not answer questions", none);
            Action<PredictCall> predictor = Predictors.GetValueOrDefault(objective.Kind) ?? Predictions.Run;
            predictor(new PredictCall(loaded, tokenizer, source)
            {
                File = file,
                Fields = labels.Fields(parsed, textField, source.Run?.Config.Data),
                Columns = (textField, labels.TextPairField),
                Parsed = parsed,
                MayFindNone = parsed.GetValue(none),
                Json = parsed.GetValue(model.Json),
                Cancellation = interruption.Token,
            });
            return CommandLineApp.Succeeded;
        });
        return command;
    }
}
