namespace Kansformers.Inspection;

/// <summary>What the page of a model's functions shows; <see cref="Read"/> gathers it, <see cref="Html"/> writes it as one file.</summary>
/// <param name="Title">The title.</param>
/// <param name="Command">The command that made it.</param>
/// <param name="Tokens">How many tokens were read.</param>
/// <param name="Sample">What losses without functions were measured on; null where none was.</param>
/// <param name="Layers">The layers.</param>
public sealed record ModelReport(string Title, string? Command, long Tokens, ReportSample? Sample, IReadOnlyList<ReportLayer> Layers)
{
    /// <summary>Gathers what the page shows.</summary>
    /// <param name="reading">What the functions do on a corpus.</param>
    /// <param name="removal">Measures the loss without functions; null to leave that out.</param>
    /// <param name="options">What is shown; null for the usual.</param>
    /// <param name="progress">Is told after each function.</param>
    /// <param name="cancellation">Ends the work between functions.</param>
    /// <exception cref="KansformersException">An option is invalid.</exception>
    public static ModelReport Read(ModelReading reading, RemovalLoss? removal, ModelReportOptions? options = null, IProgress<ReportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(reading);
        ModelReportOptions wanted = options ?? new ModelReportOptions();
        wanted.Validate();
        ReportReader[] readers = [.. reading.Layers.Select(layer => new ReportReader(layer, wanted))];
        long total = readers.Sum(reader => (long)reader.Count), done = 0;
        List<ReportLayer> layers = [];
        foreach (ReportReader reader in readers)
        {
            layers.Add(reader.Read(removal, () =>
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report(new ReportProgress(++done, total));
            }, cancellation));
        }

        ReportSample? sample = removal is null || wanted.Without == 0 ? null : new ReportSample(removal.Tokens, removal.IsHeldOut, removal.Loss);
        return new ModelReport(wanted.Title, wanted.Command, reading.Tokens, sample, layers);
    }

    /// <summary>The page: one HTML file that needs nothing beside it, to be opened from the disk.</summary>
    public string Html() => ModelPage.Write(this);
}

/// <summary>What losses without functions were measured on.</summary>
/// <param name="Tokens">How many tokens.</param>
/// <param name="IsHeldOut">Whether they are of the held-out split.</param>
/// <param name="Loss">The loss of the whole model on them.</param>
public sealed record ReportSample(long Tokens, bool IsHeldOut, double Loss);

/// <summary>A layer of the page.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind and configuration, in words.</param>
/// <param name="Functions">How many functions it has.</param>
public sealed record ReportLayer(string Name, string Kind, long Functions)
{
    /// <summary>How many inputs.</summary>
    public required int Inputs { get; init; }

    /// <summary>How many outputs.</summary>
    public required int Outputs { get; init; }

    /// <summary>Whether each edge has a function of its own.</summary>
    public required bool IsEdge { get; init; }

    /// <summary>Whether functions are of what a layer norm gives.</summary>
    public required bool IsNormed { get; init; }

    /// <summary>How many edges are pruned.</summary>
    public required long Pruned { get; init; }

    /// <summary>By what functions are in order: attribution or, where gradients were not measured, deviation.</summary>
    public required FunctionRanking Ranking { get; init; }

    /// <summary>The scores of all functions together.</summary>
    public required double Score { get; init; }

    /// <summary>The smallest value that enters.</summary>
    public required double Low { get; init; }

    /// <summary>The largest.</summary>
    public required double High { get; init; }

    /// <summary>The share of values outside the grid.</summary>
    public required double Outside { get; init; }

    /// <summary>How much of the variance is the basis'.</summary>
    public required double SplineShare { get; init; }

    /// <summary>The functions that are shown, those that matter most first.</summary>
    public required IReadOnlyList<ReportFunction> Shown { get; init; }
}

/// <summary>A function of the page.</summary>
/// <param name="Id">Its name in the page's address: input-output of an edge, or the number of a shared function.</param>
/// <param name="Words">Its name in words.</param>
/// <param name="Rank">Its place in the order of all functions, from 1.</param>
/// <param name="Reading">How much it does.</param>
/// <param name="Input">What enters it.</param>
public sealed record ReportFunction(string Id, string Words, long Rank, FunctionReading Reading, InputReading Input)
{
    /// <summary>Its name where there is little room.</summary>
    public required string Name { get; init; }

    /// <summary>The grid's ends; null where there is none.</summary>
    public required (double Low, double High)? Grid { get; init; }

    /// <summary>Where the curve is told.</summary>
    public required IReadOnlyList<double> X { get; init; }

    /// <summary>Its values there.</summary>
    public required IReadOnlyList<double> Y { get; init; }

    /// <summary>A formula that fits; null where none does.</summary>
    public required EdgeFit? Formula { get; init; }

    /// <summary>What the loss becomes without it; null where that was not measured.</summary>
    public required FunctionRemoval? Removal { get; init; }
}
