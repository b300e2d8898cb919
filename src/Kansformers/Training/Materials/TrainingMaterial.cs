using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>What a run learns from, with its tokenizer: text, or labelled examples.</summary>
public abstract class TrainingMaterial : IDisposable
{
    private protected TrainingMaterial()
    {
    }

    /// <summary>A short name.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public abstract string Description { get; }

    /// <summary>How much there is to train on, and how much is held out, in words.</summary>
    public abstract string Amount { get; }

    /// <summary>What became of its rows, for scripts.</summary>
    public abstract CorpusCounts Counts { get; }

    /// <summary>The tokenizer.</summary>
    public abstract Tokenizer Tokenizer { get; }

    /// <summary>What a user should know, one line each.</summary>
    public abstract IReadOnlyList<string> Notes { get; }

    /// <summary>The labelled rows that are held out; none of text.</summary>
    public IReadOnlyList<LabelledRow> HeldOut => HeldOutOf<LabelledRow>();

    /// <summary>The rows of a kind that are held out: <see cref="LabelledRow"/>, <see cref="TaggedText"/> where words have labels, <see cref="QuestionRow"/> where questions have answers; none of text.</summary>
    /// <typeparam name="TRow">The kind.</typeparam>
    public IReadOnlyList<TRow> HeldOutOf<TRow>() => [.. HeldOutRows.OfType<TRow>()];

    /// <summary>What of it has no token, and was left out.</summary>
    public virtual LostText Lost => default;

    /// <summary>The same of other text that is held out.</summary>
    public virtual LostText ValidationLost => default;

    /// <summary>What other text that is held out is; null where there is none.</summary>
    public virtual string? ValidationDescription => null;

    /// <summary>The rows that are held out, of whatever kind; none of text.</summary>
    internal virtual IReadOnlyList<object> HeldOutRows => [];

    /// <summary>How to name it so that the same is found again.</summary>
    internal abstract string Source { get; }

    /// <summary>The same of what is held out; null where that is a part of it.</summary>
    internal abstract string? ValidationSource { get; }

    /// <summary>The same exactly when texts, labels, tokenizer and split are the same.</summary>
    internal abstract string Fingerprint { get; }

    /// <summary>What an objective takes.</summary>
    internal abstract TrainingData Data { get; }

    /// <summary>Refuses what a training cannot begin with.</summary>
    /// <param name="config">The run.</param>
    /// <exception cref="KansformersException">The message names the text that is at fault.</exception>
    internal abstract void Require(RunConfig config);

    /// <inheritdoc/>
    public abstract void Dispose();
}
