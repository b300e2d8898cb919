using Kansformers.Runtime;

namespace Kansformers.Inspection;

/// <summary>A table as samples: rows that are fitted and rows that are held out, scaled, with what was left out and why.</summary>
public sealed class TableSamples
{
    private TableSamples(TableSource source, FitData data) => (Source, Data) = (source, data);

    /// <summary>Which table it is and how it was read.</summary>
    public TableSource Source { get; }

    /// <summary>Samples and targets, the held-out ones among them.</summary>
    public FitData Data { get; }

    /// <summary>How the inputs were scaled.</summary>
    public IReadOnlyList<ColumnScaling> InputScaling { get; private init; } = [];

    /// <summary>How the target was scaled; empty for classes.</summary>
    public IReadOnlyList<ColumnScaling> TargetScaling { get; private init; } = [];

    /// <summary>What a person should know: rows that were left out, columns that tell nothing.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>The held-out samples, or all where none are held out.</summary>
    public (Samples Inputs, Samples Targets) Judged => Data.HeldOutInputs is null ? (Data.Inputs, Data.Targets) : (Data.HeldOutInputs, Data.HeldOutTargets!);

    /// <summary><see cref="Judged"/> in the table's units, a column each: classes stay numbers.</summary>
    public (double[][] Inputs, double[][] Targets) JudgedInUnits =>
        (ColumnScaling.Apply(InputScaling, Judged.Inputs, undo: true).ToColumns(), ColumnScaling.Apply(TargetScaling, Judged.Targets, undo: true).ToColumns());

    /// <summary>Makes samples of a table for a new network.</summary>
    /// <param name="table">The table.</param>
    /// <param name="options">Its columns, and how they are scaled and held out.</param>
    /// <exception cref="KansformersException">A column is not there or holds nothing to learn, too few rows are whole, or an option is invalid.</exception>
    public static TableSamples Of(DataTable table, TableOptions options)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        List<string> notes = [];
        DataColumn target = table[options.Target];
        DataColumn[] inputs = TableColumns.Choose(table, options, notes);
        bool isClass = options.IsClass ?? target.HoldsWords;
        UsableRows usable = new(table, isClass ? inputs : [.. inputs, target], isClass ? [target] : []);
        Require(usable, table, 2);
        TableColumns.TellConstant(inputs, usable.Rows, options.Inputs is null, notes, out inputs);
        string[] classes = isClass ? TableColumns.Classes(table, target, usable.Rows) : [];
        if (!isClass && TableColumns.IsConstant(target, usable.Rows))
            throw new KansformersException(FormattableString.Invariant($"'{target.Name}' is {target.Numbers[usable.Rows[0]]} in all {usable.Rows.Length} rows of '{table.Path}'; there is nothing to learn"));
        TableSource source = new()
        {
            Data = table.Path, Inputs = [.. inputs.Select(column => column.Name)], Target = target.Name, Classes = classes, TestFraction = options.TestFraction, Seed = options.Seed,
        };
        ColumnScaling[] scalings = [.. inputs.Select(column => TableColumns.Scaling(column, usable.Rows, options.Scaling))];
        ColumnScaling[] ofTarget = isClass ? [] : [TableColumns.Scaling(target, usable.Rows, options.Scaling == TableScaling.Range ? TableScaling.Standard : options.Scaling)];
        return Make(table, source, usable, scalings, ofTarget, notes);
    }

    /// <summary>Makes samples of a table for a network that has been fitted: its columns, its scaling, and its choice of held-out rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="network">The network, which knows its <see cref="KanNetwork.Source"/>.</param>
    /// <exception cref="KansformersException">A column is not there, the network knows no source, a class is unknown, or no row is whole.</exception>
    public static TableSamples Of(DataTable table, KanNetwork network)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(network);
        TableSource source = network.Source ?? throw new KansformersException("the network does not say which columns it was fitted to; it was not made of a table");
        DataColumn[] inputs = [.. source.Inputs.Select(name => table[name])];
        DataColumn target = table[source.Target];
        bool isClass = source.Classes.Count > 0;
        UsableRows usable = new(table, isClass ? inputs : [.. inputs, target], isClass ? [target] : []);
        Require(usable, table, 1);
        return Make(table, source with { Data = table.Path }, usable, network.InputScaling, network.TargetScaling, []);
    }

    private static void Require(UsableRows usable, DataTable table, int least)
    {
        if (usable.Rows.Length < least)
            throw new KansformersException($"{(usable.Rows.Length == 0 ? "no row" : "one row alone")} of '{table.Path}' is whole; a fit takes {least} or more{(usable.Told is null ? "" : $": {usable.Told}")}");
    }

    private static TableSamples Make(DataTable table, TableSource source, UsableRows usable, IReadOnlyList<ColumnScaling> inputs, IReadOnlyList<ColumnScaling> target, List<string> notes)
    {
        if (usable.Told is string told)
            notes.Insert(0, told);
        (int[] train, int[] test) = Split(usable.Rows, source);
        DataColumn[] columns = [.. source.Inputs.Select(name => table[name])];
        FitData data = new(X(train), Y(train));
        if (test.Length > 0)
            data = data with { HeldOutInputs = X(test), HeldOutTargets = Y(test) };
        return new TableSamples(source, data) { InputScaling = inputs, TargetScaling = target, Notes = notes };

        Samples X(int[] rows) => ColumnScaling.Apply(inputs, Samples.OfColumns([.. columns.Select(column => TableColumns.Take(column, rows))]), undo: false);

        Samples Y(int[] rows) => source.Classes.Count > 0 ? Samples.OfColumns(TableColumns.ClassNumbers(table, source, rows))
            : ColumnScaling.Apply(target, Samples.OfColumns(TableColumns.Take(table[source.Target], rows)), undo: false);
    }

    // Each row draws its place; the first ones are held out. Both parts stay in the table's order.
    private static (int[] Train, int[] Test) Split(int[] rows, TableSource source)
    {
        int held = Math.Min((int)Math.Round(rows.Length * source.TestFraction), rows.Length - 1);
        if (held <= 0)
            return (rows, []);
        KeyedDraws draws = new(KeyedDraws.Key(source.Seed, rows.Length));
        double[] places = new double[rows.Length];
        foreach (ref double place in places.AsSpan())
            place = draws.Next();
        int[] order = [.. Enumerable.Range(0, rows.Length).OrderBy(at => places[at])];
        return ([.. order[held..].Order().Select(at => rows[at])], [.. order[..held].Order().Select(at => rows[at])]);
    }
}
