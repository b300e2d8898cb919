namespace Kansformers.Text;

/// <summary>The kinds of pages.</summary>
internal enum ParquetPageType
{
    Data,
    Index,
    Dictionary,
    DataV2,
}

/// <summary>The header of a page.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Length">The bytes that it has unpacked.</param>
/// <param name="PackedLength">The bytes that it takes in the file.</param>
/// <param name="Checksum">The CRC-32 of these, if the writer made one.</param>
/// <param name="Values">The number of values, missing ones too.</param>
/// <param name="Encoding">How the values are written.</param>
/// <param name="LevelEncoding">How it is written which are missing; in version 2 that is fixed.</param>
/// <param name="LevelBytes">Version 2: the bytes that tell which are missing; they come first and are not packed.</param>
/// <param name="IsPacked">Whether the values are packed.</param>
internal sealed record ParquetPageHeader(ParquetPageType Type, long Length, long PackedLength, uint? Checksum, long Values, long Encoding, long LevelEncoding, long LevelBytes, bool IsPacked)
{
    /// <summary>Version 2: how many of <see cref="LevelBytes"/> tell which values begin a list; they come before those that tell which are missing.</summary>
    public long RepetitionBytes { get; init; }

    /// <summary>Reads a header and tells how long it is.</summary>
    public static ParquetPageHeader Parse(ReadOnlySpan<byte> bytes, out int headerLength)
    {
        ThriftReader reader = new(bytes);
        ParquetPageHeader header = new((ParquetPageType)(-1), -1, -1, null, -1, -1, -1, 0, true);
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            switch (id)
            {
                case 1:
                    header = header with { Type = (ParquetPageType)reader.Integer(type) };
                    break;
                case 2:
                    header = header with { Length = reader.Integer(type) };
                    break;
                case 3:
                    header = header with { PackedLength = reader.Integer(type) };
                    break;
                case 4:
                    header = header with { Checksum = unchecked((uint)reader.Integer(type)) };
                    break;
                case 5 or 7:
                    header = ReadData(ref reader, type, header, encoding: 2, levels: id == 5 ? 3 : 0);
                    break;
                case 8:
                    header = ReadData(ref reader, type, header, encoding: 4, levels: 0);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        headerLength = reader.Position;
        bool sane = header.Length >= 0 && header.PackedLength >= 0 && (header.Type == ParquetPageType.Index || header.Values >= 0) && header.RepetitionBytes >= 0 && header.LevelBytes >= header.RepetitionBytes && header.LevelBytes <= header.PackedLength;
        return sane ? header : throw new InvalidDataException("the header of a page is damaged");
    }

    /// <summary>The inner header of a kind; the kinds differ in the numbers of their fields.</summary>
    private static ParquetPageHeader ReadData(ref ThriftReader reader, ThriftType outer, ParquetPageHeader header, int encoding, int levels)
    {
        ThriftReader.RequireStruct(outer);
        bool second = encoding == 4;
        for (int id = 0; reader.NextField(ref id, out ThriftType type);)
        {
            if (id == 1)
                header = header with { Values = reader.Integer(type) };
            else if (id == encoding)
                header = header with { Encoding = reader.Integer(type) };
            else if (id == levels)
                header = header with { LevelEncoding = reader.Integer(type) };
            else if (second && id == 5)
                header = header with { LevelBytes = header.LevelBytes + reader.Integer(type) };
            else if (second && id == 6 && reader.Integer(type) is long bytes)
                header = header with { LevelBytes = header.LevelBytes + bytes, RepetitionBytes = bytes };
            else if (second && id == 7)
                header = header with { IsPacked = type == ThriftType.True };
            else
                reader.Skip(type);
        }

        return header;
    }
}
