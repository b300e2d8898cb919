using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kansformers.Formulas;

/// <summary>The command line: one study, told as a table or as JSON.</summary>
internal static class FormulasProgram
{
    private static readonly JsonSerializerOptions Written = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The studies by name.</summary>
    public static IReadOnlyList<(string Name, string Summary, Func<FormulasOptions, TextWriter, Study> Run)> Verbs { get; } =
    [
        ("list", "the formulas of the Feynman set, with the range of their values", (_, _) => ListStudy.Run()),
        ("exact", "exp(sin(pi x) + y^2): pruned, refined, and found again as a formula", (_, progress) => ExactStudy.Run(progress)),
        ("ladder", "the same formula's error on a ladder of grids", (_, progress) => LadderStudy.Run(LadderStudy.Shallow, progress)),
        ("deep", "a formula of four variables on a ladder of grids", (_, progress) => LadderStudy.Run(LadderStudy.Deep, progress)),
        ("product", "x y by a multiplication node", (_, _) => ProductStudy.Run()),
        ("feynman", "twenty formulas of the Feynman set with units and without", FeynmanStudy.Run),
        ("held-out", "twenty formulas that had no part in settling the search", FeynmanStudy.RunHeldOut),
        ("speed", "exact and ladder against torch operations with autograd", (_, progress) => SpeedStudy.Run(progress)),
    ];

    /// <summary>Runs the program.</summary>
    /// <returns>0; 1 when a study fell short of what it is measured against; 2 for a command line that is none.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        FormulasOptions options;
        try
        {
            options = FormulasOptions.Parse(args);
        }
        catch (ArgumentException wrong)
        {
            error.WriteLine(wrong.Message);
            return 2;
        }

        if (Verbs.FirstOrDefault(verb => verb.Name == options.Verb) is not { Run: not null } chosen)
        {
            error.WriteLine($"there is no study '{options.Verb}'; there are {string.Join(", ", Verbs.Select(verb => verb.Name))}");
            return 2;
        }

        Study study = chosen.Run(options, error);
        if (options.Json)
            output.WriteLine(JsonSerializer.Serialize(study, Written));
        else
            study.Write(output);
        return study.Reached == false ? 1 : 0;
    }
}
