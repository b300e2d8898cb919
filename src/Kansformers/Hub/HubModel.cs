using System.Text.Json;
using Kansformers.Files;

namespace Kansformers.Hub;

/// <summary>Models of a hub: of their many files, those that this library reads.</summary>
internal static class HubModel
{
    private static readonly string[] Described =
        ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.kansformers.json"];

    /// <summary>Brings a model into the cache: configuration, tokenizer, and the weights in the best of the forms that it has (safetensors before PyTorch).</summary>
    /// <param name="repository">The model.</param>
    /// <param name="settings">Where the hub and the cache are; from the environment when null.</param>
    /// <param name="check">Looks at the folder when all but the weights, which may be large, is there; throws to have no more of it.</param>
    /// <param name="progress">Is told how far it has come.</param>
    /// <param name="cancellation">Stops it; what has come stays, and is gone on with.</param>
    /// <returns>Its folder, in Hugging Face's layout.</returns>
    /// <exception cref="KansformersException">The hub refuses or cannot be reached, or the model has no weights that can be read.</exception>
    public static string Download(HubRepository repository, HubSettings? settings = null, Action<string>? check = null, IProgress<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return HubSnapshot.Use(
            repository,
            settings ?? HubSettings.FromEnvironment(),
            snapshot =>
            {
                string weights = Weights(repository, snapshot.Files);
                snapshot.Get([.. Described.Where(snapshot.Files.Contains)], progress, cancellation);
                check?.Invoke(snapshot.Folder);
                snapshot.Get([weights], progress, cancellation);
                if (weights.EndsWith(".index.json", StringComparison.Ordinal))
                    snapshot.Get(Shards(repository, snapshot, weights), progress, cancellation);
                return snapshot.Folder;
            },
            HubProgress.Noticing(progress),
            cancellation);
    }

    private static string Weights(HubRepository repository, IReadOnlyCollection<string> all) =>
        Array.Find(["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"], all.Contains)
            ?? throw new KansformersException($"{repository.Id} holds no model.safetensors and no pytorch_model.bin; it is not a model that can be read here");

    // The shards are known when the index is here.
    private static string[] Shards(HubRepository repository, HubSnapshot snapshot, string index)
    {
        string path = snapshot.PathOf(index);
        try
        {
            using FileStream stream = File.OpenRead(path);
            using JsonDocument document = JsonDocument.Parse(stream);
            string[] shards = [.. document.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => entry.Value.GetString() ?? throw new JsonException("a shard without a name")).Distinct()];
            return Array.Find(shards, shard => !snapshot.Files.Contains(shard)) is string missing ? throw new KansformersException($"{repository.Id} lacks '{missing}', which its index names") : shards;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new KansformersException($"'{path}' is no index of shards", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read '{path}': {AtomicFile.Reason(failure)}", failure);
        }
    }
}
