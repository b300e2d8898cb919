using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kansformers.Files;

namespace Kansformers.Hub;

/// <summary>What is known of a commit's files, whether they are here or not. It never changes, so it is kept beside them for work without a network.</summary>
/// <param name="Files">The files and their lengths; -1 where the hub does not tell it.</param>
/// <param name="Rows">The rows of those data files that have been asked for it.</param>
internal sealed record HubListing(SortedDictionary<string, long> Files, SortedDictionary<string, long> Rows)
{
    private static readonly JsonSerializerOptions Json = new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    public static HubListing Of(IEnumerable<KeyValuePair<string, long>> files)
    {
        HubListing listing = new(new(StringComparer.Ordinal), new(StringComparer.Ordinal));
        foreach ((string file, long length) in files)
            listing.Files[file] = length;
        return listing;
    }

    /// <summary>Reads what was kept; null where nothing was, or it is damaged: it can be had again.</summary>
    public static HubListing? Read(string path)
    {
        try
        {
            if (!File.Exists(path) || JsonSerializer.Deserialize<HubListing>(File.ReadAllBytes(path), Json) is not { Files: not null, Rows: not null } read)
                return null;
            HubListing listing = Of(read.Files); // in ordinal order, whatever the culture
            foreach ((string file, long rows) in read.Rows)
                listing.Rows[file] = rows;
            return listing.Files.Keys.All(HubRepository.IsPath) && listing.Rows.Values.All(rows => rows >= 0) ? listing : null;
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps it. A cache that cannot be written serves all the same.</summary>
    public void Write(string path)
    {
        try
        {
            AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json));
        }
        catch (KansformersException)
        {
            // It will be asked for again.
        }
    }
}
