using System.Text.Json;
using Kansformers.Files;

namespace Kansformers.Hub;

/// <summary>Downloads files of a Hugging Face compatible hub into the cache that Python's library uses as well.</summary>
public static class HubClient
{
    private const long MostInfoBytes = 64L << 20;

    /// <summary>Brings files of a repository into the cache.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="choose">Which of all its files are wanted, by their names.</param>
    /// <param name="settings">Where the hub and the cache are; from the environment when null.</param>
    /// <param name="progress">Is told how far it has come.</param>
    /// <param name="cancellation">Stops it; what has come stays, and is gone on with.</param>
    /// <returns>The folder of the repository's files at this revision, and the names of the files that were chosen.</returns>
    /// <exception cref="KansformersException">The hub refuses or cannot be reached, and the cache lacks the files; or a file is not what the hub announced.</exception>
    public static (string Folder, IReadOnlyList<string> Files) Download(
        HubRepository repository, Func<IReadOnlyList<string>, IEnumerable<string>> choose, HubSettings? settings = null, IProgress<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(choose);
        settings ??= HubSettings.FromEnvironment();
        HubCache cache = new(settings.Cache, repository);
        if (settings.Offline)
            return Cached(cache, choose) ?? throw new KansformersException($"{repository.Id} ({repository.Revision}) is not in the cache '{settings.Cache}', and HF_HUB_OFFLINE is set; unset it once");
        using HubRequests requests = new(settings);
        try
        {
            (string commit, List<string> all) = requests.Send(HttpMethod.Get, repository.InfoPath, $"{(repository.IsDataset ? "data set" : "model")} {repository.Id} ({repository.Revision})", answer => Info(answer, repository, cancellation), cancellation);
            List<string> chosen = [.. choose(all)];
            HubDownload download = new(requests, repository, cache, commit);
            foreach (string file in chosen)
                download.Get(file, progress, cancellation);
            cache.Remember(commit);
            return (cache.Snapshot(commit), chosen);
        }
        catch (HubUnreachableException) when (Cached(cache, choose) is var (folder, files))
        {
            return (folder, files);
        }
    }

    // Files of the cache, when those that are chosen from them are all there.
    private static (string Folder, IReadOnlyList<string> Files)? Cached(HubCache cache, Func<IReadOnlyList<string>, IEnumerable<string>> choose)
    {
        if (cache.Commit is not string commit || cache.Snapshot(commit) is not string folder || !Directory.Exists(folder))
            return null;
        try
        {
            List<string> all = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'))];
            return (folder, [.. choose(all)]);
        }
        catch (KansformersException)
        {
            return null; // What is needed is not among them.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read the cache '{folder}': {AtomicFile.Reason(failure)}", failure);
        }
    }

    private static (string Commit, List<string> Files) Info(HttpResponseMessage answer, HubRepository repository, CancellationToken cancellation)
    {
        using Stream content = answer.Content.ReadAsStream(cancellation);
        using MemoryStream bytes = new();
        byte[] buffer = new byte[1 << 16];
        while (content.Read(buffer) is int count and > 0)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > MostInfoBytes)
                throw new KansformersException($"the hub's description of {repository.Id} is longer than {MostInfoBytes} bytes");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes.ToArray());
            string commit = document.RootElement.GetProperty("sha").GetString()!;
            List<string> files = [.. document.RootElement.GetProperty("siblings").EnumerateArray().Select(file => file.GetProperty("rfilename").GetString()!)];
            if (!HubCache.IsCommit(commit))
                throw new KansformersException($"the hub gives {repository.Id} a commit '{commit}', which is none");
            return files.FirstOrDefault(file => file is null || !file.Split('/').All(HubRepository.IsName)) is string escaping
                ? throw new KansformersException($"the hub names a file '{escaping}' in {repository.Id}, which is no relative path; it is not downloaded")
                : (commit, files);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentNullException or NullReferenceException)
        {
            throw new KansformersException($"the hub's description of {repository.Id} cannot be understood; is HF_ENDPOINT a Hugging Face hub?", failure);
        }
    }
}
