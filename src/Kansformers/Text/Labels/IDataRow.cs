namespace Kansformers.Text;

/// <summary>A row of data with texts and what is wanted of them.</summary>
internal interface IDataRow
{
    /// <summary>Where it is, for messages: <c>'a.csv' line 3</c>.</summary>
    string Place { get; }

    /// <summary>Whether there is no text in it.</summary>
    bool IsEmpty { get; }

    /// <summary>The texts that are read.</summary>
    IEnumerable<string> Texts { get; }

    /// <summary>All that it says: rows that differ differ in it.</summary>
    IEnumerable<string> Parts { get; }
}
