using System.CommandLine;
using Kansformers.Text;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>A call of <c>predict</c>: what is asked for, and of which model.</summary>
internal sealed record PredictCall(TransformerModel Model, Tokenizer Tokenizer, ModelSource Source)
{
    /// <summary>The file of the texts; null for standard input.</summary>
    public string? File { get; init; }

    /// <summary>The columns of a table.</summary>
    public required LabelledFields Fields { get; init; }

    /// <summary>The options that choose columns.</summary>
    public required (Option Text, Option Pair) Columns { get; init; }

    /// <summary>The call as it was written.</summary>
    public required ParseResult Parsed { get; init; }

    /// <summary>Whether a question may have no answer.</summary>
    public bool MayFindNone { get; init; }

    public bool Json { get; init; }

    public CancellationToken Cancellation { get; init; }

    /// <summary>Says what there is to say once the texts are read, before the model reads them.</summary>
    /// <param name="texts">The texts, with their places.</param>
    /// <exception cref="KansformersException">One holds a character that has no token, and is to be refused.</exception>
    public void Begin(IReadOnlyList<(string Text, string Place)> texts)
    {
        ModelChoice.Tell(Source);
        RequireTokens(texts);
        LossNotice.Say(texts.Select(text => text.Text), Tokenizer);
    }

    // Else the tokenizer would say it, without what can be done here.
    private void RequireTokens(IEnumerable<(string Text, string Place)> texts)
    {
        if (Tokenizer is not CharTokenizer { Unknown: UnknownCharacters.Refuse } characters)
            return;
        CharTokenizer skipping = new(characters.Characters, UnknownCharacters.Skip);
        foreach ((string text, string place) in texts)
        {
            if (skipping.LostIn(text) is { Characters: > 0 } lost)
                throw new KansformersException($"{place} holds {lost}; remove such characters, or leave them out with --unknown-characters skip");
        }
    }
}
