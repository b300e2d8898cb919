using System.Globalization;

namespace Kansformers.Inspection;

/// <summary>A column of a <see cref="DataTable"/>: a number, a word or nothing in each row.</summary>
public sealed class DataColumn
{
    private static readonly HashSet<string> Nothing = new(["", "na", "n/a", "nan", "null", "none", "?", "-"], StringComparer.OrdinalIgnoreCase);

    private readonly List<double> _numbers = [];
    private readonly Dictionary<int, string> _words = [];
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);

    internal DataColumn(string name) => Name = name;

    /// <summary>The column's name.</summary>
    public string Name { get; }

    /// <summary>The numbers, a row each; NaN where there is none.</summary>
    public IReadOnlyList<double> Numbers => _numbers;

    /// <summary>How many rows hold nothing: an empty cell, NA, N/A, NaN, null, none, a question mark or a hyphen.</summary>
    public int Missing { get; private set; }

    /// <summary>How many rows hold something that is no finite number.</summary>
    public int Words => _words.Count;

    /// <summary>Whether it is a column of words: at least as many of its rows hold a word as hold a number.</summary>
    public bool HoldsWords => Words > 0 && Words >= _numbers.Count - Missing - Words;

    /// <summary>What a row holds, a number too; null where it holds nothing.</summary>
    /// <param name="row">The row, from 0.</param>
    public string? Text(int row) => _words.TryGetValue(row, out string? word) ? word : double.IsNaN(_numbers[row]) ? null : _numbers[row].ToString("R", CultureInfo.InvariantCulture);

    internal void Add(string? text)
    {
        text = text?.Trim();
        if (text is null || Nothing.Contains(text))
        {
            Missing++;
            _numbers.Add(double.NaN);
            return;
        }

        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);
        if (!isNumber)
        {
            // Of many equal words one is kept.
            if (!_known.TryGetValue(text, out string? word))
                _known.Add(text, word = text);
            _words.Add(_numbers.Count, word);
        }

        _numbers.Add(isNumber ? number : double.NaN);
    }
}
