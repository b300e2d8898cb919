namespace Kansformers.Findings;

/// <summary>What the command line asks for.</summary>
internal sealed record FindingsOptions
{
    public required IReadOnlyList<Experiment> Experiments { get; init; }

    /// <summary>The text that models learn; its last tenth validates.</summary>
    public string Data { get; init; } = "../shared/corpora/tinyshakespeare.txt";

    public string Out { get; init; } = "runs/findings";

    /// <summary>Whether the named experiments, and the trainings that they need, run anew.</summary>
    public bool Again { get; init; }

    public bool List { get; init; }

    /// <exception cref="UsageException">A name or an option that is not there, or an option without its value.</exception>
    public static FindingsOptions Parse(string[] args)
    {
        List<Experiment> chosen = [];
        FindingsOptions options = new() { Experiments = chosen };
        for (int i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--data" => options with { Data = Value(args, ref i) },
                "--out" => options with { Out = Value(args, ref i) },
                "--again" => options with { Again = true },
                "--list" or "--help" or "-h" => options with { List = true },
                ['-', ..] => throw new UsageException($"unknown option '{args[i]}': use --data, --out, --again or --list"),
                _ => options,
            };
            if (!args[i].StartsWith('-') && (i == 0 || args[i - 1] is not ("--data" or "--out")))
                chosen.Add(Findings.Experiments.Named(args[i]));
        }

        return chosen.Count > 0 ? options : options with { Experiments = Findings.Experiments.All };
    }

    private static string Value(string[] args, ref int i) =>
        i + 1 < args.Length && !args[i + 1].StartsWith('-') ? args[++i]
            : throw new UsageException($"{args[i]} needs a value: a {(args[i] == "--data" ? "text file" : "folder")}");
}

/// <summary>The command line asks for something that makes no sense.</summary>
internal sealed class UsageException(string message) : Exception(message);
