namespace Kansformers.Transformers;

/// <summary>What is known of a model whose file does not tell it.</summary>
/// <param name="Heads">The number of attention heads; null takes what the file tells, else those of the preset with these sizes.</param>
/// <param name="Gelu">The form of the GELU, which wins over what the file tells; null takes that.</param>
public sealed record ModelHints(int? Heads = null, GeluForm? Gelu = null);
