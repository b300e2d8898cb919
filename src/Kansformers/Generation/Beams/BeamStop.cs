namespace Kansformers.Generation;

/// <summary>When beam search is content with the texts that have ended, as many as there are beams.</summary>
public enum BeamStop
{
    /// <summary>When no open text, if it ended at its present length, would score better than the worst of them (Hugging Face's <c>early_stopping: false</c>).</summary>
    Estimated,

    /// <summary>At once (<c>true</c>).</summary>
    First,

    /// <summary>When no open text can score better at any length (<c>"never"</c>).</summary>
    Proven,
}
