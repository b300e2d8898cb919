using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kansformers.Files;

namespace Kansformers.Checkpoints;

/// <summary>
/// Writes the safetensors format. The same tensors give the same bytes, in whatever order they come: metadata by key, tensors by
/// descending element size and then by name (so that each is aligned to its elements); the data starts at a multiple of 8.
/// </summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <exception cref="KansformersException">The file cannot be written; the old one, if any, is kept.</exception>
    /// <exception cref="ArgumentException">Two tensors have the same name, or one has the name of the metadata.</exception>
    public static void Write(string path, IEnumerable<StoredTensor> tensors, IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        StoredTensor[] ordered = [.. tensors.OrderByDescending(tensor => tensor.Type.Size()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        HashSet<string> names = new(["__metadata__"], StringComparer.Ordinal);
        foreach (StoredTensor tensor in ordered)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"two tensors are named '{tensor.Name}', or one has the reserved name", nameof(tensors));
        }

        byte[] header = Header(ordered, metadata ?? []);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (StoredTensor tensor in ordered)
                tensor.WriteTo(stream);
        });
    }

    /// <summary>The length prefix, the JSON and the spaces that fill it up.</summary>
    private static byte[] Header(StoredTensor[] tensors, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        using MemoryStream header = new();
        header.Write(stackalloc byte[8]);
        using (Utf8JsonWriter json = new(header, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            KeyValuePair<string, string>[] texts = [.. metadata.OrderBy(text => text.Key, StringComparer.Ordinal)];
            if (texts.Length > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in texts)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (StoredTensor tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.SafetensorsName());
                WriteNumbers(json, "shape", tensor.Shape.AsSpan());
                WriteNumbers(json, "data_offsets", [offset, offset + tensor.ByteLength]);
                json.WriteEndObject();
                offset += tensor.ByteLength;
            }

            json.WriteEndObject();
        }

        while (header.Length % Alignment != 0)
            header.WriteByte((byte)' ');
        byte[] bytes = header.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(bytes.Length - 8));
        return bytes;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string field, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(field);
        foreach (long number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
