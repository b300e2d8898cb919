namespace Kansformers.Text;

/// <summary>What columns of a kind are usually called, the likeliest first.</summary>
/// <param name="names">The names, in lower case.</param>
internal sealed class UsualNames(params string[] names)
{
    /// <summary>How unlikely a name is, those written exactly so before those in other cases; null of one that is not usual.</summary>
    public int? Rank(string name)
    {
        int usual = Array.FindIndex(names, item => item.Equals(name, StringComparison.OrdinalIgnoreCase));
        return usual < 0 ? null : (2 * usual) + (name == names[usual] ? 0 : 1);
    }

    /// <summary>The likeliest of some columns; null where none has a usual name.</summary>
    public string? Of(IEnumerable<string> columns) => columns.Where(column => Rank(column) is not null).MinBy(Rank);
}
