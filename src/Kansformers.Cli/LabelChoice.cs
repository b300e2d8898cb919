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

    /// <summary>Refuses columns where words stand in lines.</summary>
    /// <param name="parsed">The call.</param>
    /// <param name="files">The files of words; null for one that is not given.</param>
    /// <param name="columns">The options that choose columns.</param>
    /// <exception cref="UsageException">One is given, and no file has columns.</exception>
    public static void RequireColumns(ParseResult parsed, IEnumerable<string?> files, params IEnumerable<Option> columns)
    {
        string[] named = [.. files.OfType<string>()];
        if (OptionRules.Given(parsed, columns) is { Length: > 0 } given && named.Length > 0 && !named.Any(TaggedTexts.HasFields))
            throw new UsageException($"{string.Join(", ", given)} {(given.Length == 1 ? "chooses a field" : "choose fields")} of .jsonl, but '{named[0]}' is read as a line for each word; leave {(given.Length == 1 ? "it" : "them")} out");
    }

    /// <summary>The columns, each as it is given, or else as a run was trained on: the same for every verb that reads a table.</summary>
    /// <param name="parsed">The call, whose verb may not have all of the options.</param>
    /// <param name="textField">Its option for the text.</param>
    /// <param name="own">Where the run's data lay; null where there is no run.</param>
    public LabelledFields Fields(ParseResult parsed, Option<string?> textField, DataConfig? own) => new(
        parsed.GetValue(textField) ?? own?.TextField,
        parsed.GetValue(TextPairField) ?? own?.TextPairField,
        parsed.GetValue(LabelField) ?? own?.LabelField);
}
