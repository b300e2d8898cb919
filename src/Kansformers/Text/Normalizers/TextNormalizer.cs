namespace Kansformers.Text;

/// <summary>Changes text before it is split into words. The text has no lone surrogates.</summary>
internal abstract class TextNormalizer
{
    /// <summary>Whether a text that is cut before a space can be normalized part by part.</summary>
    public virtual bool AllowsCuts => true;

    public abstract string Apply(string text);

    /// <summary>As above, and tells where the characters come from, see <see cref="Alignment"/>.</summary>
    public virtual string Apply(string text, out int[]? alignment)
    {
        string result = Apply(text);
        alignment = ReferenceEquals(result, text) ? null : Align(text, result);
        return result;
    }

    /// <summary>The alignment of a text with what <see cref="Apply(string)"/> made of it.</summary>
    protected abstract int[]? Align(string before, string after);
}

/// <summary>Changes each character by itself, or with those around it.</summary>
internal abstract class CharacterNormalizer : TextNormalizer
{
    private readonly Lazy<CharacterAligner> _aligner;

    protected CharacterNormalizer() => _aligner = new(() => new CharacterAligner(Apply));

    protected override int[]? Align(string before, string after) => _aligner.Value.Align(before, after);
}

/// <summary>One after another.</summary>
internal sealed class NormalizerSequence(TextNormalizer[] steps) : TextNormalizer
{
    public override bool AllowsCuts => steps.All(step => step.AllowsCuts);

    public override string Apply(string text)
    {
        foreach (TextNormalizer step in steps)
            text = step.Apply(text);
        return text;
    }

    public override string Apply(string text, out int[]? alignment)
    {
        alignment = null;
        foreach (TextNormalizer step in steps)
        {
            text = step.Apply(text, out int[]? next);
            alignment = Alignment.Then(alignment, next);
        }

        return text;
    }

    protected override int[]? Align(string before, string after)
    {
        Apply(before, out int[]? alignment);
        return alignment;
    }
}
