namespace Kansformers.Text;

/// <summary>What a Parquet file says of itself at its end: its columns, and where their chunks lie.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Columns">The columns at the end of every branch of the schema, in its order.</param>
/// <param name="Groups">The row groups.</param>
internal sealed record ParquetFooter(long Rows, IReadOnlyList<ParquetColumn> Columns, IReadOnlyList<ParquetGroup> Groups)
{
    public static ParquetFooter Parse(ReadOnlySpan<byte> bytes)
    {
        ThriftReader reader = new(bytes);
        long rows = -1;
        List<Element> schema = [];
        List<ParquetGroup> groups = [];
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id)
            {
                case 2:
                    for (int left = reader.Structs(type); left > 0; left--)
                        schema.Add(ReadElement(ref reader));
                    break;
                case 3:
                    rows = reader.Integer(type);
                    break;
                case 4:
                    for (int left = reader.Structs(type); left > 0; left--)
                        groups.Add(ReadGroup(ref reader));
                    break;
                case 8:
                    throw new InvalidDataException("it is encrypted");
                default:
                    reader.Skip(type);
                    break;
            }
        }

        List<ParquetColumn> columns = LeavesOf(schema);
        bool whole = rows >= 0 && groups.All(group => group.Rows >= 0 && group.Chunks.Count == columns.Count);
        // Checked, so that nothing later counts further than the file says.
        return whole && groups.Sum(group => (decimal)group.Rows) == rows ? new ParquetFooter(rows, columns, groups) : throw new InvalidDataException("its metadata contradict themselves");
    }

    private static Element ReadElement(ref ThriftReader reader)
    {
        Element element = new(null, 0, "", 0);
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id)
            {
                case 1:
                    element = element with { Type = reader.Integer(type) };
                    break;
                case 3:
                    element = element with { Repetition = reader.Integer(type) };
                    break;
                case 4:
                    element = element with { Name = reader.Text(type) };
                    break;
                case 5:
                    element = element with { Children = reader.Integer(type) };
                    break;
                case 6:
                    element = element with { Annotation = reader.Integer(type) };
                    break;
                case 10:
                    element = element with { Logical = ReadLogical(ref reader, type) };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return element;
    }

    // A union: which of its fields is there says it all.
    private static long? ReadLogical(ref ThriftReader reader, ThriftType outer)
    {
        ThriftReader.RequireStruct(outer);
        long? kind = null;
        for (int id = 0; reader.NextField(ref id, out ThriftType type); reader.Skip(type))
            kind = id;
        return kind;
    }

    private static ParquetGroup ReadGroup(ref ThriftReader reader)
    {
        List<ParquetChunk> chunks = [];
        long rows = -1;
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id)
            {
                case 1:
                    for (int left = reader.Structs(type); left > 0; left--)
                        chunks.Add(ParquetChunk.Read(ref reader));
                    break;
                case 3:
                    rows = reader.Integer(type);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return new ParquetGroup(rows, chunks);
    }

    /// <summary>The schema is a tree in pre-order, whose first element is the root.</summary>
    private static List<ParquetColumn> LeavesOf(List<Element> schema)
    {
        List<ParquetColumn> columns = [];
        int at = 1;
        for (long child = 0; child < (schema.Count > 0 ? schema[0].Children : 0); child++)
            AddLeaves(new ParquetPath(), "", 0, new ParquetParent(false, false));
        return at == schema.Count ? columns : throw new InvalidDataException("its schema is damaged");

        void AddLeaves(ParquetPath path, string prefix, int depth, ParquetParent parent)
        {
            if (at >= schema.Count || depth > 32)
                throw new InvalidDataException("its schema is damaged");
            Element element = schema[at++];
            path = path.Into(element.Name, element.Repetition, parent);
            if (element.Children == 0)
            {
                columns.Add(new ParquetColumn(columns.Count, prefix + element.Name, depth == 0 && element.Content == ParquetContent.Text && element.Repetition is 0 or 1, element.Repetition == 1)
                {
                    Content = element.Content,
                    Path = path,
                    ValueBytes = element.Type switch { ParquetColumn.Integers or ParquetColumn.Floats => 4, ParquetColumn.LongIntegers or ParquetColumn.Doubles => 8, _ => 0 },
                });
            }

            ParquetParent own = new(element.IsList, parent.IsList && element is { Repetition: 2, Children: 1 });
            for (long child = 0; child < element.Children; child++)
                AddLeaves(path, $"{prefix}{element.Name}.", depth + 1, own);
        }
    }

    private sealed record Element(long? Type, long Repetition, string Name, long Children)
    {
        public long? Annotation { get; init; }

        public long? Logical { get; init; }

        public bool IsList => Annotation == 3 || Logical == 3;

        // Integers of 8 to 64 bits, without sign and with one, have annotations of their own; so have dates, times and decimal fractions, which integers hold, too.
        public ParquetContent Content => (Type, Annotation) switch
        {
            (ParquetColumn.Bytes, null or 0 or 4 or 19) => ParquetContent.Text, // UTF-8, an enumeration, JSON
            (ParquetColumn.Integers or ParquetColumn.LongIntegers, null or (>= 15 and <= 18)) when Logical is null or 10 => ParquetContent.Integer,
            (ParquetColumn.Integers or ParquetColumn.LongIntegers, >= 11 and <= 14) => ParquetContent.Unsigned,
            (ParquetColumn.Floats or ParquetColumn.Doubles, null) => ParquetContent.Fraction,
            (ParquetColumn.Truths, null) => ParquetContent.Truth,
            _ => ParquetContent.Other,
        };
    }
}

/// <summary>A row group.</summary>
internal sealed record ParquetGroup(long Rows, IReadOnlyList<ParquetChunk> Chunks);

/// <summary>Where the pages of a column in a row group lie.</summary>
internal sealed record ParquetChunk(long Codec, long Values, long Start, long Length)
{
    public static ParquetChunk Read(ref ThriftReader reader)
    {
        long codec = -1, values = -1, data = -1, length = -1;
        long? dictionary = null;
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            if (id == 1)
                throw new InvalidDataException("its columns lie in other files");
            if (id != 3)
            {
                reader.Skip(type);
                continue;
            }

            ThriftReader.RequireStruct(type);
            for (int inner = 0; reader.NextField(ref inner, out ThriftType field);)
            {
                switch (inner)
                {
                    case 4:
                        codec = reader.Integer(field);
                        break;
                    case 5:
                        values = reader.Integer(field);
                        break;
                    case 7:
                        length = reader.Integer(field);
                        break;
                    case 9:
                        data = reader.Integer(field);
                        break;
                    case 11:
                        dictionary = reader.Integer(field);
                        break;
                    default:
                        reader.Skip(field);
                        break;
                }
            }
        }

        // Some writers say 0 for no dictionary.
        return new ParquetChunk(codec, values, dictionary is > 0 && dictionary < data ? dictionary.Value : data, length);
    }
}
