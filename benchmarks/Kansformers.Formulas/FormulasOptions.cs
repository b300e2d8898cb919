using System.Globalization;

namespace Kansformers.Formulas;

/// <summary>What the program is asked for.</summary>
/// <param name="Verb">Which study.</param>
internal sealed record FormulasOptions(string Verb)
{
    /// <summary>One JSON object on standard output instead of a table.</summary>
    public bool Json { get; init; }

    /// <summary>The longest that a formula is looked for, in seconds.</summary>
    public double Seconds { get; init; } = 60;

    /// <summary>Which formulas: a part of their names; null for all.</summary>
    public string? Only { get; init; }

    /// <summary>A file that keeps what was found, so that a run that was cut off goes on; null for none.</summary>
    public string? Out { get; init; }

    /// <summary>Reads a command line.</summary>
    /// <exception cref="ArgumentException">It is none; the message says why.</exception>
    public static FormulasOptions Parse(string[] args)
    {
        FormulasOptions options = new(args.Length > 0 && !args[0].StartsWith('-') ? args[0] : "list");
        for (int at = args.Length > 0 && !args[0].StartsWith('-') ? 1 : 0; at < args.Length; at++)
        {
            options = args[at] switch
            {
                "--json" => options with { Json = true },
                "--seconds" => options with { Seconds = double.TryParse(Value(at++), CultureInfo.InvariantCulture, out double seconds) && seconds > 0 ? seconds : throw new ArgumentException($"--seconds is {args[at]}; it is a number above 0") },
                "--only" => options with { Only = Value(at++) },
                "--out" => options with { Out = Value(at++) },
                _ => throw new ArgumentException($"there is no option {args[at]}; there are --json, --seconds, --only and --out"),
            };
        }

        return options;

        string Value(int option) => option + 1 < args.Length ? args[option + 1] : throw new ArgumentException($"{args[option]} wants a value");
    }
}
