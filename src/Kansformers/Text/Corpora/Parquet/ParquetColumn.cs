namespace Kansformers.Text;

/// <summary>What the values of a column are.</summary>
internal enum ParquetContent
{
    Other,
    Text,
    Integer,
    Unsigned,
    Fraction,
    Truth,
}

/// <summary>A column.</summary>
/// <param name="Index">Its place among the chunks of a row group.</param>
/// <param name="Name">Its name, with those of the groups that it is nested in.</param>
/// <param name="IsText">Whether each row has at most one value, which is text.</param>
/// <param name="IsOptional">Whether a row may have none.</param>
internal sealed record ParquetColumn(int Index, string Name, bool IsText, bool IsOptional)
{
    /// <summary>The physical types that are read.</summary>
    public const int Truths = 0, Integers = 1, LongIntegers = 2, Floats = 4, Doubles = 5, Bytes = 6;

    /// <summary>What its values are.</summary>
    public ParquetContent Content { get; init; }

    /// <summary>How many bytes a value has; 0 where that differs, and of truth values.</summary>
    public int ValueBytes { get; init; }

    /// <summary>The way to it from the row.</summary>
    public ParquetPath Path { get; init; } = new();

    /// <summary>Whether its values can be read: they are of a known kind, and within one list at most.</summary>
    public bool IsReadable => Content != ParquetContent.Other && Path.Repetitions <= 1;
}

/// <summary>What the way to a column needs to know of the element above.</summary>
/// <param name="IsList">Whether it is marked as a list.</param>
/// <param name="IsListBody">Whether it is the repeated element of such, with one element below, which is the list's entry.</param>
internal readonly record struct ParquetParent(bool IsList, bool IsListBody);

/// <summary>The way from a row to a column: the names of objects that one goes through, and where among them a list lies (Dremel's levels: Melnik et al., 2010).</summary>
internal sealed record ParquetPath
{
    /// <summary>The names up to the list, or all.</summary>
    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>The names within each entry of the list.</summary>
    public IReadOnlyList<string> Within { get; private init; } = [];

    /// <summary>In how many lists its values are.</summary>
    public int Repetitions { get; private init; }

    /// <summary>How many elements on the way may be missing or empty: at this level a value is there.</summary>
    public int Definitions { get; private init; }

    /// <summary>The level from which the list has an entry; one less, and it is empty.</summary>
    public int ListDefinition { get; private init; }

    /// <summary>The way to an element below.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="repetition">0 where there is one always, 1 where there may be none, 2 where there are any number.</param>
    /// <param name="parent">What stands above.</param>
    public ParquetPath Into(string name, long repetition, ParquetParent parent)
    {
        // Of the three levels by which lists are written, endings.list.element, only the first has a name of its own.
        bool isNamed = !(parent.IsListBody || (parent.IsList && repetition == 2));
        ParquetPath path = !isNamed ? this : Repetitions == 0 ? this with { Names = [.. Names, name] } : this with { Within = [.. Within, name] };
        int definitions = Definitions + (repetition == 0 ? 0 : 1);
        return repetition != 2 ? path with { Definitions = definitions }
            : path with { Definitions = definitions, Repetitions = Repetitions + 1, ListDefinition = Repetitions == 0 ? definitions : ListDefinition };
    }
}
