using System.CommandLine;

namespace Kansformers.Cli;

/// <summary>The options that say which columns of labelled texts are what, beside <c>--text-field</c>.</summary>
internal sealed class LabelChoice
{
    public readonly Option<string?> LabelField = new("--label-field") { Description = "the column of the labels, of labelled texts [default: label, class, category, ...]" };
    public readonly Option<string?> TextPairField = new("--text-pair-field") { Description = "the column of the second text, of labelled pairs of texts [default: none]" };

    public LabelChoice() => OptionRules.NotEmpty(LabelField, TextPairField);

    public Option[] All => [LabelField, TextPairField];
}
