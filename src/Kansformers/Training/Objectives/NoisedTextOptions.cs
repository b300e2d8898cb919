using Kansformers.Evaluation;
using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Training;

/// <summary>An objective that learns from sequences of a text of which chance hides something.</summary>
public abstract record NoisedTextOptions : TextObjectiveOptions
{
    private protected NoisedTextOptions(string kind, string summary)
        : base(kind, summary)
    {
    }

    /// <inheritdoc/>
    public sealed override IObjective Create(TransformerModel model, TrainingData data, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        RequireSuited(model.Options);
        Tokenizer tokenizer = data.Tokenizer ?? throw new KansformersException($"the objective {Kind} needs the text's tokenizer, which its data do not tell");
        return new NoisedText(model, Rows(tokenizer, model.Options), Order, data, options);
    }

    /// <summary>What makes rows of stretches of text.</summary>
    /// <exception cref="KansformersException">Tokenizer or model do not have what they need.</exception>
    private protected abstract TextRows Rows(Tokenizer tokenizer, ModelOptions model);
}
