using System.CommandLine;
using Kansformers.Evaluation;
using Kansformers.Runtime;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary><c>predict RUN</c>: labels texts, with probabilities, or gives numbers.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        ModelChoice model = new();
        Option<string?> data = new("--data") { Description = "texts to label: the lines of a text file, or a column of a .csv, .tsv or .jsonl file [default: the lines of standard input]" };
        Option<string?> textField = new("--text-field") { Description = "the column of the texts [default: the run's, text, content, ... or the only one]" };
        LabelChoice labels = new();
        Option<string> unknown = UnknownCharacterNames.Option();
        Command command = new("predict", "Label texts by a model that was trained for it: a label with its probability, or a number, for each line or row.") { data, textField, labels.TextPairField, unknown };
        OptionRules.NotEmpty(data, textField);
        model.AddTo(command);
        command.SetAction(parsed =>
        {
            UnknownCharacters treatment = UnknownCharacterNames.Parse(parsed.GetValue(unknown));
            (ModelSource source, RunWeights weights) = model.Open(parsed);
            string? file = parsed.GetValue(data);
            if (OptionRules.Given(parsed, textField, labels.TextPairField).Length > 0 && (file is null || !LabelledTexts.IsTable(file)))
                throw new UsageException("--text-field and --text-pair-field are columns of a .csv, .tsv or .jsonl file, which --data does not name; lines of text have none");
            using Interruption interruption = new();
            using TransformerModel loaded = source.LoadModel(weights, model.Hints(parsed), Devices.Find(parsed.GetValue(model.Device)!));
            Tokenizer tokenizer = ModelChoice.LoadEncoderTokenizer(source, loaded.Options.VocabularySize, parsed.GetValue(model.Tokenizer));
            if (tokenizer is CharTokenizer characters && treatment == UnknownCharacters.Skip)
                tokenizer = new CharTokenizer(characters.Characters, treatment);
            TextLabeller labeller = new(loaded, tokenizer);
            IReadOnlyList<LabelledRow> texts = TextsToLabel.Read(file, labels.Fields(parsed, textField, source.Run?.Config.Data));
            ModelChoice.Tell(source);
            RequireTokens(texts, tokenizer);
            LossNotice.Say(texts, tokenizer);
            Predictions predictions = Predictions.Of(labeller, texts, interruption.Token);
            predictions.Tell();
            if (parsed.GetValue(model.Json))
                predictions.PrintJson();
            else
                predictions.Print();
            return CommandLineApp.Succeeded;
        });
        return command;
    }

    // Else the tokenizer would say it, without what can be done here.
    private static void RequireTokens(IReadOnlyList<LabelledRow> texts, Tokenizer tokenizer)
    {
        if (tokenizer is not CharTokenizer { Unknown: UnknownCharacters.Refuse } characters)
            return;
        CharTokenizer skipping = new(characters.Characters, UnknownCharacters.Skip);
        foreach (LabelledRow row in texts)
        {
            if (skipping.LostIn(row.Text).Plus(skipping.LostIn(row.Pair ?? "")) is { Characters: > 0 } lost)
                throw new KansformersException($"{row.Place} holds {lost}; remove such characters, or leave them out with --unknown-characters skip");
        }
    }
}
