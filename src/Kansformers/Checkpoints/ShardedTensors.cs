using System.Text.Encodings.Web;
using System.Text.Json;
using Kansformers.Files;

namespace Kansformers.Checkpoints;

/// <summary>
/// A model in several files with an index, as Hugging Face cuts large ones: <c>{"metadata": {"total_size": n}, "weight_map": {"name": "file"}}</c>.
/// </summary>
internal static class ShardedTensors
{
    private const long MaximumIndexBytes = 64L << 20;

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Opens all shards as one.</summary>
    /// <param name="index">The index; the shards lie beside it.</param>
    /// <exception cref="KansformersException">The index or a shard is missing or damaged, or they do not agree.</exception>
    public static TensorFile Open(string index)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(index))!;
        SortedDictionary<string, string> map = ReadMap(index);
        OpenFiles files = new();
        try
        {
            List<StoredTensor> tensors = [];
            foreach (IGrouping<string, KeyValuePair<string, string>> shard in map.GroupBy(entry => entry.Value, StringComparer.Ordinal).OrderBy(shard => shard.Key, StringComparer.Ordinal))
            {
                TensorFile file = files.Add(StateDictionary.Load(Path.Combine(folder, shard.Key)));
                foreach ((string name, _) in shard)
                    tensors.Add(file.TryGet(name, out StoredTensor? tensor) ? tensor : throw new KansformersException($"'{index}' says that '{shard.Key}' holds '{Readable.Text(name)}', which it does not; get the model again"));
                if (file.Tensors.FirstOrDefault(tensor => !map.ContainsKey(tensor.Name)) is StoredTensor stranger)
                    throw new KansformersException($"'{file.Path}' holds '{Readable.Text(stranger.Name)}', of which the index '{index}' knows nothing; get the model again");
            }

            return new TensorFile(folder, files, files.First.Format, tensors);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Writes safetensors shards of at most so many bytes (or one tensor), then the index; each file atomically, the index last.</summary>
    /// <param name="folder">Where to; made when missing.</param>
    /// <param name="tensors">The tensors, which keep their order over the shards.</param>
    /// <param name="mostBytes">The most bytes of tensors in a shard.</param>
    /// <param name="metadata">Texts for each shard's header.</param>
    /// <exception cref="KansformersException">A file cannot be written.</exception>
    public static void Write(string folder, IEnumerable<StoredTensor> tensors, long mostBytes, IReadOnlyDictionary<string, string>? metadata)
    {
        List<List<StoredTensor>> shards = [];
        long filled = long.MaxValue;
        foreach (StoredTensor tensor in tensors)
        {
            if (filled > mostBytes - tensor.ByteLength)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add(tensor);
            filled += tensor.ByteLength;
        }

        SortedDictionary<string, string> map = new(StringComparer.Ordinal);
        for (int at = 0; at < shards.Count; at++)
        {
            string name = FormattableString.Invariant($"model-{at + 1:00000}-of-{shards.Count:00000}.safetensors");
            SafetensorsWriter.Write(Path.Combine(folder, name), shards[at], metadata);
            foreach (StoredTensor tensor in shards[at])
                map.Add(tensor.Name, name);
        }

        long total = shards.Sum(shard => shard.Sum(tensor => tensor.ByteLength));
        AtomicFile.Write(Path.Combine(folder, HuggingFaceFolder.SafetensorsIndexName), stream =>
        {
            using Utf8JsonWriter json = new(stream, Indented);
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", total);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach ((string name, string file) in map)
                json.WriteString(name, file);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static SortedDictionary<string, string> ReadMap(string index)
    {
        using JsonDocument document = JsonFile.Read(index, MaximumIndexBytes);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw new KansformersException($"'{index}' is no index of shards: it has no object 'weight_map'");
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string? file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            if (file is null || file is "" or "." or ".." || file.AsSpan().ContainsAny("/\\:\0"))
                throw new KansformersException($"'{index}': '{Readable.Text(entry.Name)}' lies in '{Readable.Text(file ?? entry.Value.ToString())}', which is no file name; the index is damaged");
            if (!files.TryAdd(entry.Name, file))
                throw new KansformersException($"'{index}' names '{Readable.Text(entry.Name)}' twice");
        }

        return files.Count > 0 ? files : throw new KansformersException($"'{index}' names no tensors");
    }

    private sealed class OpenFiles : IDisposable
    {
        private readonly List<TensorFile> _files = [];

        public TensorFile First => _files[0];

        public TensorFile Add(TensorFile file)
        {
            _files.Add(file);
            return file;
        }

        public void Dispose() => _files.ForEach(file => file.Dispose());
    }
}
