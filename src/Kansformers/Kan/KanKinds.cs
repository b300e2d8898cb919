using Kansformers.Checkpoints;

namespace Kansformers.Kan;

/// <summary>The kinds of KAN layers. A new kind is a file with its options and its basis, and a line here.</summary>
public static class KanKinds
{
    /// <summary>Every kind with its default options, in the order in which they are shown.</summary>
    public static IReadOnlyList<KanOptions> All { get; } =
    [
        new BSplineOptions(),
        new RadialBasisOptions(),
        new SwitchOptions(),
        new ChebyshevOptions(),
        new LegendreOptions(),
        new FourierOptions(),
        new RationalOptions(),
    ];

    /// <summary>The names of the kinds.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(kind => kind.Kind)];

    /// <summary>The default options of a kind.</summary>
    /// <param name="name">Its name, letter case aside.</param>
    /// <exception cref="KansformersException">There is no such kind; the message lists them.</exception>
    public static KanOptions Named(string name) => All.FirstOrDefault(kind => kind.Kind.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new KansformersException($"unknown KAN kind '{name}': use one of {string.Join(", ", Names)}");
}

/// <summary>The options of a kind as JSON; files from before there were kinds say none and mean B-splines.</summary>
internal sealed class KanOptionsConverter() : KindConverter<KanOptions>(() => KanKinds.All[0], KanKinds.Named, entry => entry.Kind);
