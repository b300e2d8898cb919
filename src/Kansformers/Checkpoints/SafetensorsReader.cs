using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;

namespace Kansformers.Checkpoints;

/// <summary>
/// Reads the safetensors format: 8 bytes of header length (little-endian), a JSON header that names type, shape and byte range of
/// each tensor, then the elements. Everything that the format demands of a header is checked before a tensor is handed out.
/// </summary>
internal static class SafetensorsReader
{
    private const int MaximumHeaderBytes = 100_000_000;
    private const int PrefixBytes = 8;

    /// <summary>Opens a file that was mapped; on success the result owns it.</summary>
    /// <exception cref="KansformersException">The file is not well-formed.</exception>
    public static TensorFile Read(MappedFile file)
    {
        if (file.Length < PrefixBytes)
            throw file.Fault($"truncated: a safetensors file starts with 8 bytes of header length, the file has {file.Length}");
        ulong declared = BitConverter.ToUInt64(file.Span(0, PrefixBytes));
        if (declared > MaximumHeaderBytes)
            throw file.Fault($"its header would be {declared} bytes long, more than the {MaximumHeaderBytes} that the safetensors format allows; it is corrupted or of another kind");
        int length = (int)declared;
        if (length > file.Length - PrefixBytes)
            throw file.Fault($"truncated: the header is {length} bytes long, the file has {file.Length}");
        ReadOnlySpan<byte> json = file.Span(PrefixBytes, length);
        if (json.Length == 0 || json[0] != (byte)'{')
            throw file.Fault("its header is not a JSON object; it is corrupted or not a safetensors file");
        if (!Utf8.IsValid(json))
            throw file.Fault("its header is not valid UTF-8; it is corrupted");

        List<Entry> entries = [];
        SortedDictionary<string, string> metadata = new(StringComparer.Ordinal);
        try
        {
            Utf8JsonReader reader = new(json);
            ReadHeader(file, ref reader, entries, metadata);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair, which is no text.
            throw file.Fault("its header is not valid JSON; it is corrupted", failure);
        }

        long dataStart = PrefixBytes + length;
        CheckLayout(file, entries, file.Length - dataStart);
        return new TensorFile(file, TensorFileFormat.Safetensors, entries.Select(entry => entry.ToTensor(file, dataStart)))
        {
            Metadata = metadata.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }

    private static void ReadHeader(MappedFile file, ref Utf8JsonReader reader, List<Entry> entries, SortedDictionary<string, string> metadata)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name))
                throw file.Fault($"its header names '{Readable.Text(name)}' twice");
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw file.Fault($"the header entry '{Readable.Text(name)}' is not an object");
            if (name == "__metadata__")
                ReadMetadata(file, ref reader, metadata);
            else
                entries.Add(ReadEntry(file, ref reader, name));
        }

        while (reader.Read())
        {
            // Only white space may follow; the reader throws on anything else.
        }
    }

    private static void ReadMetadata(MappedFile file, ref Utf8JsonReader reader, SortedDictionary<string, string> metadata)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw file.Fault($"the metadata '{Readable.Text(key)}' is not a text");
            if (!metadata.TryAdd(key, reader.GetString()!))
                throw file.Fault($"the metadata names '{Readable.Text(key)}' twice");
        }
    }

    private static Entry ReadEntry(MappedFile file, ref Utf8JsonReader reader, string name)
    {
        string shown = Readable.Text(name);
        StoredType? type = null;
        ImmutableArray<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            reader.Read();
            if ((field, type, shape, offsets) is ("dtype", not null, _, _) or ("shape", _, not null, _) or ("data_offsets", _, _, not null))
                throw file.Fault($"tensor '{shown}': its header entry names '{field}' twice");
            switch (field)
            {
                case "dtype":
                    type = ReadType(file, ref reader, shown);
                    break;
                case "shape":
                    shape = ReadNumbers(file, ref reader, shown, field);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(file, ref reader, shown, field);
                    break;
                default: // The format may grow fields; other readers pass over them too.
                    reader.Skip();
                    break;
            }
        }

        if (type is null || shape is null || offsets is null)
            throw file.Fault($"tensor '{shown}': its header entry lacks dtype, shape or data_offsets");
        if (offsets.Value.Length != 2)
            throw file.Fault($"tensor '{shown}': data_offsets has {offsets.Value.Length} numbers instead of 2");
        return new Entry(name, type.Value, shape.Value, offsets.Value[0], offsets.Value[1]);
    }

    private static StoredType ReadType(MappedFile file, ref Utf8JsonReader reader, string tensor)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw file.Fault($"tensor '{tensor}': dtype is not a text");
        string name = reader.GetString()!;
        return StoredTypes.TryParseSafetensors(name, out StoredType type)
            ? type
            : throw file.Fault($"tensor '{tensor}': its type '{Readable.Text(name)}' is not supported (known: {string.Join(", ", Enum.GetValues<StoredType>().Select(known => known.SafetensorsName()))})");
    }

    private static ImmutableArray<long> ReadNumbers(MappedFile file, ref Utf8JsonReader reader, string tensor, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw file.Fault($"tensor '{tensor}': {field} is not a list");
        ImmutableArray<long>.Builder numbers = ImmutableArray.CreateBuilder<long>(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw file.Fault($"tensor '{tensor}': {field} holds something else than whole numbers from 0 to 2^63 - 1");
            numbers.Add(number);
        }

        return numbers.ToImmutable();
    }

    /// <summary>The byte ranges must cover the data exactly: in range, of the right size, without overlap or hole.</summary>
    private static void CheckLayout(MappedFile file, List<Entry> entries, long dataBytes)
    {
        foreach (Entry entry in entries)
            entry.CheckSize(file);
        long position = 0;
        string? previous = null;
        foreach (Entry entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.End > dataBytes)
                throw file.Fault($"truncated: tensor '{Readable.Text(entry.Name)}' ends at byte {entry.End} of the data, the file has {dataBytes}");
            if (entry.Begin < position)
                throw file.Fault($"tensor '{Readable.Text(entry.Name)}' overlaps '{Readable.Text(previous!)}'");
            if (entry.Begin > position)
                throw file.Fault($"there is a hole of {entry.Begin - position} bytes before tensor '{Readable.Text(entry.Name)}'");
            (position, previous) = (entry.End, entry.Name);
        }

        if (position != dataBytes)
            throw file.Fault($"the tensors take {position} bytes, but the data has {dataBytes}; it is corrupted or was not written to its end");
    }

    private sealed record Entry(string Name, StoredType Type, ImmutableArray<long> Shape, long Begin, long End)
    {
        public StoredTensor ToTensor(MappedFile file, long dataStart) =>
            new(Name, Type, Shape, file.Slice(dataStart + Begin, End - Begin));

        public void CheckSize(MappedFile file)
        {
            if (Begin > End)
                throw file.Fault($"tensor '{Readable.Text(Name)}': data_offsets end ({End}) before they start ({Begin})");
            try
            {
                long bytes = Type.Size();
                foreach (long size in Shape)
                    bytes = checked(bytes * size);
                if (bytes != End - Begin)
                    throw file.Fault($"tensor '{Readable.Text(Name)}': {Type} {StoredTensor.ShapeText(Shape.AsSpan())} takes {bytes} bytes, the header gives it {End - Begin}");
            }
            catch (OverflowException failure)
            {
                throw file.Fault($"tensor '{Readable.Text(Name)}': its shape is too large for any file", failure);
            }
        }
    }
}
