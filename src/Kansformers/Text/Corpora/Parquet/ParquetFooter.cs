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
        Element element = new(null, 0, "", 0, true);
        long? annotation = null;
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
                    annotation = reader.Integer(type);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        const int utf8 = 0, enumeration = 4, json = 19; // the annotations under which bytes are text
        return element with { MayBeText = annotation is null or utf8 or enumeration or json };
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
            AddLeaves("", 0);
        return at == schema.Count ? columns : throw new InvalidDataException("its schema is damaged");

        void AddLeaves(string prefix, int depth)
        {
            if (at >= schema.Count || depth > 32)
                throw new InvalidDataException("its schema is damaged");
            Element element = schema[at++];
            if (element.Children == 0)
                columns.Add(new ParquetColumn(columns.Count, prefix + element.Name, depth == 0 && element is { Type: ParquetColumn.Bytes, MayBeText: true, Repetition: 0 or 1 }, element.Repetition == 1));
            for (long child = 0; child < element.Children; child++)
                AddLeaves($"{prefix}{element.Name}.", depth + 1);
        }
    }

    private sealed record Element(long? Type, long Repetition, string Name, long Children, bool MayBeText);
}

/// <summary>A column.</summary>
/// <param name="Index">Its place among the chunks of a row group.</param>
/// <param name="Name">Its name, with those of the groups that it is nested in.</param>
/// <param name="IsText">Whether each row has at most one value, which is text.</param>
/// <param name="IsOptional">Whether a row may have none.</param>
internal sealed record ParquetColumn(int Index, string Name, bool IsText, bool IsOptional)
{
    /// <summary>The physical type of bytes of any number.</summary>
    public const int Bytes = 6;
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
