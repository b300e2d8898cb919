namespace Kansformers.Transformers;

/// <summary>Which linear layers of a transformer are KANs.</summary>
[Flags]
public enum KanPlacement
{
    /// <summary>No layer: a plain transformer (minGPT).</summary>
    None = 0,

    /// <summary>The projections of attention: query, key and value, and output.</summary>
    Attention = 1,

    /// <summary>The feed-forward layers; as a KAN they need no activation between them.</summary>
    Mlp = 2,

    /// <summary>The head that turns the last hidden state into logits.</summary>
    Head = 4,

    /// <summary>Every linear layer (the original Kansformers).</summary>
    All = Attention | Mlp | Head,
}

/// <summary>What becomes of activations between linear layers where these are KANs.</summary>
public enum KanActivations
{
    /// <summary>They are left out: KAN layers bring functions of their own. So do the original Kansformers.</summary>
    Dropped,

    /// <summary>They stay between the layers.</summary>
    Between,

    /// <summary>That of a feed-forward part is the base activation of its second layer, whose functions begin with it: nothing is computed twice. Those of heads stay between.</summary>
    Inside,
}

/// <summary>Placements as text.</summary>
public static class KanPlacements
{
    /// <summary>Reads <c>all</c>, <c>none</c>, or any of <c>attention</c>, <c>mlp</c>, <c>head</c> joined by commas.</summary>
    /// <exception cref="KansformersException">A word is none of these; the message names it.</exception>
    public static KanPlacement Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        KanPlacement placement = KanPlacement.None;
        string[] words = text.Split(',', StringSplitOptions.TrimEntries);
        foreach (string word in words)
        {
            placement |= word.ToLowerInvariant() switch
            {
                "all" => KanPlacement.All,
                "attention" => KanPlacement.Attention,
                "mlp" => KanPlacement.Mlp,
                "head" => KanPlacement.Head,
                "none" when words.Length == 1 => KanPlacement.None,
                _ => throw new KansformersException($"unknown placement '{text}': use all, none, or any of attention, mlp, head joined by commas"),
            };
        }

        return placement;
    }

    /// <summary>The text that <see cref="Parse"/> reads back.</summary>
    public static string Text(this KanPlacement placement) => placement switch
    {
        KanPlacement.None => "none",
        KanPlacement.All => "all",
        _ => string.Join(',', new[] { KanPlacement.Attention, KanPlacement.Mlp, KanPlacement.Head }
            .Where(part => placement.HasFlag(part)).Select(part => part.ToString().ToLowerInvariant())),
    };
}
