namespace Kansformers.Text;

/// <summary>Changes text before it is split into words. The text has no lone surrogates.</summary>
internal abstract class TextNormalizer
{
    /// <summary>Whether a text that is cut before a space can be normalized part by part.</summary>
    public virtual bool AllowsCuts => true;

    public abstract string Apply(string text);
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
}
