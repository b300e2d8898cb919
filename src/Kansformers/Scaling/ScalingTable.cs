using System.Globalization;
using Kansformers.Text;

namespace Kansformers.Scaling;

/// <summary>The columns of a table of runs. What is null is found by the usual names, or is not there.</summary>
public sealed record ScalingColumns
{
    /// <summary>The column of the kind of model.</summary>
    public string? Group { get; init; }

    /// <summary>The column of the parameters.</summary>
    public string? Parameters { get; init; }

    /// <summary>The column of the tokens; without it they are the operations by 6 for each parameter.</summary>
    public string? Tokens { get; init; }

    /// <summary>The column of the operations of training.</summary>
    public string? Flops { get; init; }

    /// <summary>The column of the loss, in nats per token.</summary>
    public string? Loss { get; init; }

    /// <summary>The column of the parameters of embeddings.</summary>
    public string? EmbeddingParameters { get; init; }

    /// <summary>The column of the live parameters.</summary>
    public string? LiveParameters { get; init; }

    /// <summary>The column of the seconds of training.</summary>
    public string? Seconds { get; init; }

    /// <summary>The column of the seeds.</summary>
    public string? Seed { get; init; }
}

/// <summary>Reads anybody's runs from a table of comma-separated values, the first row of which names the columns.</summary>
public static class ScalingTable
{
    /// <summary>Reads runs.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Its columns.</param>
    /// <exception cref="KansformersException">The file cannot be read, lacks a column, or has no number where one must be.</exception>
    public static IReadOnlyList<ScalingPoint> Read(string path, ScalingColumns? columns = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        columns ??= new ScalingColumns();
        RecordFile.RequireThere(path, "runs are read from one table, a .csv file whose first line names its columns");
        using CsvRecords records = new(path, (byte)',');
        string[] head = [.. records.Head().Select(name => name.Trim())];
        if (head.Length == 0)
            throw new KansformersException($"'{path}' is empty; its first line must name columns");
        int group = Find(columns.Group, "group", "kind", "model"), loss = Find(columns.Loss, "loss", "validation loss", "val loss", "l");
        int parameters = Find(columns.Parameters, "parameters", "params", "model size", "n"), tokens = Find(columns.Tokens, "tokens", "training tokens", "d");
        int flops = Find(columns.Flops, "flops", "flop", "training flops", "training flop", "compute", "c");
        int embeddings = Find(columns.EmbeddingParameters, "embedding parameters", "embeddings"), live = Find(columns.LiveParameters, "live parameters", "live");
        int seconds = Find(columns.Seconds, "seconds", "training seconds"), seed = Find(columns.Seed, "seed");
        Need(parameters, "parameters", "ScalingColumns.Parameters");
        Need(loss, "the loss", "ScalingColumns.Loss");
        if (tokens < 0 && flops < 0)
            Need(tokens, "tokens, nor of operations to reckon them from", "ScalingColumns.Tokens");

        List<ScalingPoint> points = [];
        while (records.NextRow(head.Length))
        {
            records.RequireFields(head.Length);
            double size = Number(parameters), work = Number(flops);
            points.Add(new ScalingPoint(group < 0 ? "runs" : records.Field(group).Trim(), size, tokens < 0 ? work / (6 * size) : Number(tokens), Number(loss))
            {
                Flops = work,
                EmbeddingParameters = Number(embeddings),
                LiveParameters = Number(live),
                Seconds = Number(seconds),
                Seed = (long)Number(seed),
            });
        }

        return points.Count > 0 ? points : throw new KansformersException($"'{path}' names columns and has no runs below them");

        int Find(string? given, params string[] usual)
        {
            int at = given is null ? usual.Select(name => Array.FindIndex(head, column => Plain(column) == name)).FirstOrDefault(found => found >= 0, -1)
                : Array.FindIndex(head, column => column.Equals(given, StringComparison.OrdinalIgnoreCase));
            return at >= 0 || given is null ? at : throw new KansformersException($"'{path}' has no column '{given}'; it has {string.Join(", ", head)}");
        }

        void Need(int at, string what, string option)
        {
            if (at < 0)
                throw new KansformersException($"'{path}' has no column of {what} by a usual name; say by {option} which of these it is: {string.Join(", ", head)}");
        }

        double Number(int at)
        {
            if (at < 0)
                return 0;
            string text = records.Field(at).Trim();
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
                : throw records.Bad($"'{text}' under '{head[at]}' is no number");
        }
    }

    private static string Plain(string name) => name.Replace('_', ' ').Replace('-', ' ').ToLowerInvariant();
}
