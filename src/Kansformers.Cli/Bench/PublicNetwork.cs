using Kansformers.Kan;

namespace Kansformers.Cli.Bench;

/// <summary>
/// A network of the public KAN benchmark: a batch of 100 through layers of 1000, 1000 and 1 features, ten parameters an edge. What has fewer, an MLP and layers
/// whose functions are shared, gets a hidden layer of as many features more as make the number of parameters the same.
/// </summary>
internal sealed record PublicNetwork
{
    private const long ParametersOfAnEdge = 10;
    private const int LargestSize = 64;

    public long Batch { get; init; } = 100;

    public long Inputs { get; init; } = 1000;

    public long Hidden { get; init; } = 1000;

    public long Outputs { get; init; } = 1;

    /// <summary>The kind of both layers; null is the MLP.</summary>
    public KanOptions? Kan { get; init; }

    /// <summary>How many parameters a network shall have.</summary>
    private long Wanted => ParametersOfAnEdge * (Inputs * Hidden + Hidden * Outputs);

    /// <summary>The network without KAN layers.</summary>
    public PublicNetwork ForMlp() => this with { Kan = null, Hidden = Closest(Wanted, hidden => (Inputs + Outputs) * hidden) };

    /// <summary>
    /// The network of a kind. Edges keep the hidden layer, and the first number among the kind's options that changes its size is set so that an edge has ten
    /// parameters; options that the user chose stay. Shared functions keep their options, and the hidden layer grows.
    /// </summary>
    /// <param name="kind">The kind.</param>
    /// <param name="sized">Whether the size option may be set.</param>
    /// <exception cref="KansformersException">The kind's groups do not divide the inputs.</exception>
    public PublicNetwork For(KanOptions kind, bool sized)
    {
        if (kind.Sharing.IsEdge)
            return this with { Kan = sized ? Sized(kind) : kind };
        long step = kind.Sharing == KanSharing.Channel ? 1 : kind.Sharing.FunctionsOf(Inputs);
        return this with { Kan = kind, Hidden = step * Closest(Wanted, count => Count(kind, step * count)) };
    }

    private KanOptions Sized(KanOptions kind)
    {
        foreach (string name in KanSettings.Names(kind).Where(name => int.TryParse(KanSettings.Get(kind, name), out _)))
        {
            KanOptions[] sizes = [.. Enumerable.Range(1, LargestSize).Select(size => KanSettings.With(kind, name, $"{size}")).Where(IsValid)];
            if (sizes.Select(size => size.Functions).Distinct().Count() > 1)
                return sizes.MinBy(size => Math.Abs(Count(size, Hidden) - Wanted))!;
        }

        return kind;
    }

    private long Count(KanOptions kind, long hidden) => kind.ParameterCount(Inputs, hidden) + kind.ParameterCount(hidden, Outputs);

    private static bool IsValid(KanOptions options)
    {
        try
        {
            options.Validate();
            return true;
        }
        catch (KansformersException)
        {
            return false;
        }
    }

    // The number from 1 on whose count, which grows with it, comes closest to the wanted one.
    private static long Closest(long wanted, Func<long, long> count)
    {
        long high = 1;
        while (count(high) < wanted)
            high *= 2;
        long low = Math.Max(1, high / 2);
        while (high - low > 1)
        {
            long middle = (low + high) / 2;
            (low, high) = count(middle) < wanted ? (middle, high) : (low, middle);
        }

        return wanted - count(low) < count(high) - wanted ? low : high;
    }
}
