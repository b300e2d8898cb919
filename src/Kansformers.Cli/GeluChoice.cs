using System.CommandLine;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary>The option of the GELU of models whose file does not tell it.</summary>
internal static class GeluChoice
{
    public static Option<string?> Option() =>
        new("--gelu") { Description = "the GELU of a weight file, over what it tells: exact (nanoGPT since June 2023) or tanh (GPT-2, minGPT)" };

    public static GeluForm? Parse(string? name) => name switch
    {
        null => null,
        "exact" => GeluForm.Exact,
        "tanh" => GeluForm.Tanh,
        _ => throw new UsageException($"unknown GELU '{name}': use exact or tanh"),
    };
}
