using System.Globalization;
using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>Rows with what is wanted of them, in a part to train on and one that is held out.</summary>
/// <typeparam name="TRow">A row as it is read.</typeparam>
/// <typeparam name="TExample">A row as tokens.</typeparam>
internal abstract class RowMaterial<TRow, TExample> : TrainingMaterial
    where TRow : class, IDataRow
{
    // Which rows are held out does not depend on a run's seed: losses of several runs can be compared.
    private const ulong SplitKey = 0x73706c6974;

    private readonly List<string> _notes = [];

    /// <param name="tables">The rows.</param>
    /// <param name="encode">Makes tokens of a row.</param>
    /// <param name="group">Rows of the same are held out in about the same share.</param>
    protected RowMaterial(RowTables<TRow> tables, Func<TRow, TExample> encode, Func<TRow, string> group)
    {
        (DataConfig data, RowTable<TRow> train, RowTable<TRow>? other, Tokenizer tokenizer) = tables;
        (Tokenizer, Name) = (tokenizer, Path.GetFileName(data.Data));
        Source = Path.GetFullPath(data.Data);
        ValidationSource = data.ValidationData is string file ? Path.GetFullPath(file) : null;
        Counts = train.Counts;
        Description = $"'{Source}' ({train.Columns})";
        TExample[] all = Encode(train.Rows, data, encode, out LostText lost);
        Lost = lost;
        HashSet<int> held = other is null ? Held([.. train.Rows.Select(group)], data.ValidationFraction) : [];
        Train = [.. all.Where((_, i) => !held.Contains(i))];
        HeldOutRows = other?.Rows ?? [.. train.Rows.Where((_, i) => held.Contains(i))];
        Validation = other is not null ? Encode(other.Rows, data, encode, out lost) : [.. all.Where((_, i) => held.Contains(i))];
        ValidationLost = other is not null ? lost : default;
        ValidationDescription = ValidationSource is null ? null : $"'{data.ValidationData}'";
        Fingerprint = CorpusCache.Key([tokenizer.Identity, data.ValidationFraction.ToString("R", CultureInfo.InvariantCulture), .. tables.All.SelectMany(row => row.Parts)]);
    }

    public override string Name { get; }

    public override string Description { get; }

    public override string? ValidationDescription { get; }

    public override string Amount => $"{Train.Count} examples to train on, {Validation.Count} held out";

    public override CorpusCounts Counts { get; }

    public override Tokenizer Tokenizer { get; }

    public override IReadOnlyList<string> Notes => _notes;

    public override LostText Lost { get; }

    public override LostText ValidationLost { get; }

    /// <summary>The examples to learn from.</summary>
    public IReadOnlyList<TExample> Train { get; }

    /// <summary>Those that are held out; empty for none.</summary>
    public IReadOnlyList<TExample> Validation { get; }

    internal override IReadOnlyList<object> HeldOutRows { get; }

    internal override string Source { get; }

    internal override string? ValidationSource { get; }

    internal override string Fingerprint { get; }

    internal override TrainingData Data => new(null) { Tokenizer = Tokenizer, Material = this };

    public override void Dispose()
    {
    }

    /// <summary>Adds what a user should know.</summary>
    protected void Note(string note) => _notes.Add(note);

    // Of every group about the same share, but never its last example.
    private static HashSet<int> Held(string[] groups, double fraction)
    {
        if (fraction == 0)
            return [];
        if (groups.Length < 2)
            throw new KansformersException("there is 1 example, of which none can be held out; give more, or set DataConfig.ValidationFraction to 0");
        KeyedPermutation order = new(groups.Length, SplitKey);
        int[] shuffled = [.. Enumerable.Range(0, groups.Length).Select(i => (int)order[i])];
        int[][] parts = [.. shuffled.GroupBy(i => groups[i], (_, members) => members.ToArray())];
        HashSet<int> held = [];
        int seen = 0;
        foreach (int[] members in parts.OrderBy(members => groups[members[0]], StringComparer.Ordinal))
        {
            seen += members.Length;
            held.UnionWith(members.Take(Math.Clamp((int)Math.Round(fraction * seen) - held.Count, 0, members.Length - 1)));
        }

        return held.Count > 0 ? held : [parts.MaxBy(members => members.Length)![0]];
    }

    private TExample[] Encode(IReadOnlyList<TRow> rows, DataConfig data, Func<TRow, TExample> encode, out LostText lost)
    {
        List<TExample> examples = new(rows.Count);
        lost = default;
        const string remedy = "leave such characters out with DataConfig.UnknownCharacters = Skip";
        bool refuses = data.UnknownCharacters == UnknownCharacters.Refuse;
        CharTokenizer? skipping = Tokenizer is CharTokenizer characters ? new CharTokenizer(characters.Characters, UnknownCharacters.Skip) : null; // what one that refuses would lose
        foreach (TRow row in rows)
        {
            try
            {
                examples.Add(encode(row));
            }
            catch (KansformersException failure) when (refuses && skipping is not null && row.Texts.Any(text => skipping.LostIn(text).Characters > 0))
            {
                throw new KansformersException($"{failure.Message}, or {remedy}", failure);
            }

            LostText here = row.Texts.Aggregate(default(LostText), (sum, text) => sum.Plus(Tokenizer.LostIn(text)));
            if (here.Characters > 0 && refuses)
                throw new KansformersException($"{row.Place} holds {here}; choose a tokenizer that knows all text (byte or gpt2), or {remedy}");
            lost = lost.Plus(here);
        }

        return [.. examples];
    }
}
