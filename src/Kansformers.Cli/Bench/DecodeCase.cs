namespace Kansformers.Cli.Bench;

/// <summary>What text generation is measured on.</summary>
/// <param name="Model">A model with random weights, and the block that it can see.</param>
/// <param name="Prompt">Tokens of the prompt.</param>
/// <param name="Tokens">Tokens to generate.</param>
internal sealed record DecodeCase(StepCase Model, int Prompt, int Tokens);
