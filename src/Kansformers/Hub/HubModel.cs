using System.Text.Json;
using Kansformers.Files;

namespace Kansformers.Hub;

/// <summary>Models of a hub: of their many files, those that this library reads.</summary>
public static class HubModel
{
    private static readonly string[] Described =
        ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.kansformers.json"];

    /// <summary>Brings a model into the cache: configuration, tokenizer, and the weights in the best of the forms that it has (safetensors before PyTorch).</summary>
    /// <param name="repository">The model.</param>
    /// <param name="settings">Where the hub and the cache are; from the environment when null.</param>
    /// <param name="progress">Is told how far it has come.</param>
    /// <param name="cancellation">Stops it; what has come stays, and is gone on with.</param>
    /// <returns>Its folder, in Hugging Face's layout.</returns>
    /// <exception cref="KansformersException">The hub refuses or cannot be reached, or the model has no weights that can be read.</exception>
    public static string Download(HubRepository repository, HubSettings? settings = null, IProgress<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        (string folder, IReadOnlyList<string> files) = HubClient.Download(repository, all => Chosen(repository, all), settings, progress, cancellation);
        if (files.FirstOrDefault(file => file.EndsWith(".index.json", StringComparison.Ordinal)) is string index)
        {
            // The shards are known now that the index is here.
            HashSet<string> shards = Shards(Path.Combine(folder, index));
            HubClient.Download(repository, all => shards.FirstOrDefault(shard => !all.Contains(shard)) is string missing
                ? throw new KansformersException($"{repository.Id} lacks '{missing}', which its index names")
                : shards, settings, progress, cancellation);
        }

        return folder;
    }

    private static List<string> Chosen(HubRepository repository, IReadOnlyCollection<string> all)
    {
        List<string> chosen = [.. Described.Where(all.Contains)];
        foreach (string weights in (string[])["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"])
        {
            if (all.Contains(weights))
                return [.. chosen, weights];
        }

        throw new KansformersException($"{repository.Id} holds no model.safetensors and no pytorch_model.bin; it is not a model that can be read here");
    }

    private static HashSet<string> Shards(string index)
    {
        try
        {
            using FileStream stream = File.OpenRead(index);
            using JsonDocument document = JsonDocument.Parse(stream);
            return [.. document.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => entry.Value.GetString()!)];
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new KansformersException($"'{index}' is no index of shards", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read '{index}': {AtomicFile.Reason(failure)}", failure);
        }
    }
}
