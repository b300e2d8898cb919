using System.CommandLine;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>What the user says of a model whose file does not tell it.</summary>
/// <param name="Heads">The number of attention heads.</param>
/// <param name="Gelu">The form of the GELU, which wins over what the file tells.</param>
internal sealed record ModelHints(int? Heads = null, GeluForm? Gelu = null)
{
    public static readonly ModelHints None = new();

    /// <summary>The option of the GELU.</summary>
    public static Option<string?> GeluOption() =>
        new("--gelu") { Description = "the GELU of a weight file, over what it tells: exact (nanoGPT since June 2023) or tanh (GPT-2, minGPT)" };

    public static GeluForm? ParseGelu(string? name) => name switch
    {
        null => null,
        "exact" => GeluForm.Exact,
        "tanh" => GeluForm.Tanh,
        _ => throw new UsageException($"unknown GELU '{name}': use exact or tanh"),
    };
}
