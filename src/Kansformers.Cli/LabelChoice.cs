using System.CommandLine;
using Kansformers.Text;
using Kansformers.Training;

namespace Kansformers.Cli;

/// <summary>The options that say which columns of labelled texts are what, beside <c>--text-field</c>.</summary>
internal sealed class LabelChoice
{
    public readonly Option<string?> LabelField = new("--label-field") { Description = "the column of the labels, of labelled texts or words [default: label, class, category, ...; of words tags, ner_tags, labels; of questions answers, answer]" };
    public readonly Option<string?> TextPairField = new("--text-pair-field") { Description = "the column of the second text, of labelled pairs of texts [default: none; of questions that of the contexts: context, passage, ...]" };

    public LabelChoice() => OptionRules.NotEmpty(LabelField, TextPairField);

    public Option[] All => [LabelField, TextPairField];

    /// <summary>The columns, each as it is given, or else as a run was trained on: the same for every verb that reads a table.</summary>
    /// <param name="parsed">The call, whose verb may not have all of the options.</param>
    /// <param name="textField">Its option for the text.</param>
    /// <param name="own">Where the run's data lay; null where there is no run.</param>
    public LabelledFields Fields(ParseResult parsed, Option<string?> textField, DataConfig? own) => new(
        parsed.GetValue(textField) ?? own?.TextField,
        parsed.GetValue(TextPairField) ?? own?.TextPairField,
        parsed.GetValue(LabelField) ?? own?.LabelField);
}
