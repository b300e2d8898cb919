using System.CommandLine;
using Kansformers.Checkpoints;
using Kansformers.Kan;
using Kansformers.Transformers;

namespace Kansformers.Cli;

/// <summary><c>convert</c> of a file of bare KAN layers, of the program that their kind comes from: loaded as layers, and written under the program's names.</summary>
internal static class KanFileConversion
{
    /// <summary>What the file does not tell of its layers.</summary>
    public static Option<string?> Option() => new("--kan")
    {
        Description = "with --to-kan: the kind of layer, with options of its own as in bspline:grid-size=8,sharing=channel [default: bspline]; for files of bare KAN layers (efficient-kan, fast-kan, faster-kan, ChebyKAN, FourierKAN, KAT): what names and shapes do not tell, as in rbf:denominator=0.3",
    };

    /// <summary>Whether that is what the source is.</summary>
    /// <exception cref="UsageException">It is something else, but options for such files were given.</exception>
    public static bool Is(ParseResult parsed, ModelChoice model, Option<string?> kan, SwapChoice swap)
    {
        string source = parsed.GetValue(model.Source)!;
        if (KanFile.IsOne(source) && !ModelFile.IsOne(source))
            return swap.Asks(parsed) ? throw new UsageException($"'{source}' holds bare KAN layers and no model; --to-kan and --to-linear are for models") : true;
        return parsed.GetValue(kan) is null || swap.ToKan(parsed) ? false
            : throw new UsageException($"--kan is for --to-kan, or for files of bare KAN layers, which '{source}' is not; leave it out");
    }

    /// <summary>Loads and writes.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">Its options.</param>
    /// <param name="kan">The option of <see cref="Option"/>.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="target">What to write: pt or safetensors.</param>
    /// <returns>A line for each tensor.</returns>
    public static IReadOnlyList<TensorChange> Run(ParseResult parsed, ModelChoice model, Option<string?> kan, string path, string target)
    {
        string source = parsed.GetValue(model.Source)!;
        if (target is not ("pt" or "safetensors"))
            throw new UsageException($"'{source}' holds bare KAN layers, which are written to a .pt or .safetensors file, not to {target}");
        string[] given = OptionRules.Given(parsed, model.Heads, model.Gelu, model.Tokenizer);
        if (given.Length > 0)
            throw new UsageException($"'{source}' holds bare KAN layers; leave out {string.Join(", ", given)}");
        if (parsed.GetValue(kan) is string told)
            RequireOptions(told);
        using KanFile file = KanFile.Open(source, parsed.GetValue(kan));
        file.Convert(path, target == "pt");
        return [.. file.TensorNames.Select(name => new TensorChange(name, name, TensorFate.Kept))];
    }

    private static void RequireOptions(string told)
    {
        try
        {
            KanSettings.Parse(told);
        }
        catch (KansformersException failure)
        {
            throw new UsageException(failure.Message);
        }
    }
}
