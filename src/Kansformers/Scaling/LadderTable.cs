using System.Globalization;
using Kansformers.Training;

namespace Kansformers.Scaling;

/// <summary>What a ladder came to as a table, cell by cell.</summary>
public static class LadderTable
{
    /// <summary>The names of the columns.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["model", "size", "budget", "parameters", "live", "tokens", "epochs", "flops", "seconds", "seeds", "loss", "spread"];

    /// <summary>The cells of each rung, by kind, size and budget.</summary>
    /// <param name="result">The result.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(LadderResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return [.. result.Rungs.Select(Row)];
    }

    private static string[] Row(RungResult result)
    {
        LadderRung rung = result.Rung;
        return
        [
            rung.Group,
            rung.Size.ToString(),
            rung.Budget.ToString(),
            HumanText.Count(rung.Model.Parameters),
            HumanText.Count(rung.LiveParameters),
            HumanText.Count(rung.Model.Tokens),
            Number(rung.Epochs, "0.0"),
            Number(rung.Flops, "0.00e0"),
            Number(result.Seconds, result.Seconds < 10 ? "0.0" : "0"),
            $"{result.Points.Count}",
            Number(result.Loss, "0.0000"),
            Number(result.Spread, "0.0000"),
        ];
    }

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";
}
