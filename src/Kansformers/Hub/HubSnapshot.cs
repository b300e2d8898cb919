using System.Text.Json;
using Kansformers.Files;

namespace Kansformers.Hub;

/// <summary>A repository at one commit: the files that it has, and the folder of those that are here. More are brought when the hub can be reached.</summary>
internal sealed class HubSnapshot : IDisposable
{
    private const long MostInfoBytes = 64L << 20;
    private readonly HubRepository _repository;
    private readonly HubSettings _settings;
    private readonly HubCache _cache;
    private readonly HubListing _listing;
    private readonly HubRequests? _requests;

    private HubSnapshot(HubRepository repository, HubSettings settings, HubCache cache, string commit, HubListing listing, HubRequests? requests) =>
        (_repository, _settings, _cache, Commit, _listing, _requests) = (repository, settings, cache, commit, listing, requests);

    /// <summary>The commit.</summary>
    public string Commit { get; }

    /// <summary>The folder of the files that are here.</summary>
    public string Folder => _cache.Snapshot(Commit);

    /// <summary>Whether <see cref="Files"/> is what the hub told; else it is what another program has put into the cache, which may be a part.</summary>
    public bool IsListed { get; private init; } = true;

    /// <summary>All files of the commit, in ordinal order.</summary>
    public IReadOnlyCollection<string> Files => _listing.Files.Keys;

    /// <summary>Where a file is, once <see cref="Get"/> has brought it.</summary>
    public string PathOf(string file) => _cache.FileOf(Commit, file);

    /// <summary>
    /// Does work on a repository: as the hub has it now, or, offline or when the hub cannot be reached, as it was last seen. A commit never changes, so
    /// the hub is asked about one only for what is not here.
    /// </summary>
    /// <exception cref="KansformersException">The work fails; or the hub refuses or cannot be reached, and the cache does not suffice.</exception>
    public static T Use<T>(HubRepository repository, HubSettings settings, Func<HubSnapshot, T> work, Action<string>? notice, CancellationToken cancellation)
    {
        HubCache cache = new(settings.Cache, repository);
        if (settings.Offline || (HubCache.IsCommit(repository.Revision) && File.Exists(cache.ListingOf(repository.Revision))))
        {
            if (TryCached(repository, settings, cache, work, out T here))
                return here;
            if (settings.Offline)
                throw new HubMissingException($"{repository.Id} ({repository.Revision}) is not, or not wholly, in the cache '{settings.Cache}', and HF_HUB_OFFLINE is set; unset it once");
        }

        using HubRequests requests = new(settings, notice);
        try
        {
            using HubSnapshot snapshot = Ask(repository, settings, cache, requests, cancellation);

            // First of all: what a killed download leaves must not be taken for the whole.
            if (!File.Exists(cache.ListingOf(snapshot.Commit)))
                snapshot.SaveListing();
            T result = work(snapshot);
            cache.Remember(snapshot.Commit);
            return result;
        }
        catch (HubUnreachableException failure)
        {
            notice?.Invoke($"{failure.Message}; looking for {repository.Id} in the cache");
            if (!TryCached(repository, settings, cache, work, out T here))
                throw;
            notice?.Invoke($"using {repository.Id} as it was at commit {cache.Commit}");
            return here;
        }
    }

    /// <summary>Brings files here.</summary>
    /// <exception cref="KansformersException">One cannot be had, or is not what the hub announced.</exception>
    public void Get(IReadOnlyList<string> files, IProgress<HubProgress>? progress, CancellationToken cancellation)
    {
        string[] missing = [.. files.Where(file => !File.Exists(PathOf(file)))];
        if (missing.Length == 0)
            return;
        HubDownload download = new(Requests($"'{missing[0]}'"), _repository, _cache, Commit);
        long total = missing.Sum(file => Math.Max(0, _listing.Files.GetValueOrDefault(file))), before = 0;
        for (int i = 0; i < missing.Length; i++)
        {
            Relay relay = new(progress, i + 1, missing.Length, before, total);
            download.Get(missing[i], relay, cancellation);
            before += relay.Total;
        }
    }

    /// <summary>The rows of a data file, asked for once.</summary>
    /// <param name="file">The file.</param>
    /// <param name="count">Counts them from a file that is here.</param>
    /// <param name="countRemotely">Counts them from a file's end; null where that does not do.</param>
    /// <param name="cancellation">Stops it.</param>
    public long? Rows(string file, Func<string, long> count, Func<HubRemoteFile, long?> countRemotely, CancellationToken cancellation)
    {
        if (_listing.Rows.TryGetValue(file, out long known))
            return known;
        string what = $"'{file}' of {_repository.Id}";
        long? rows = File.Exists(PathOf(file)) ? count(PathOf(file)) : countRemotely(new HubRemoteFile(Requests(what), _repository.FilePath(Commit, file), what, cancellation));
        if (rows is not long counted)
            return null;
        _listing.Rows[file] = counted;
        if (_listing.Rows.Count % 16 == 0)
            SaveListing();
        return counted;
    }

    /// <summary>Keeps what is known of the commit's files, counts too.</summary>
    public void SaveListing() => _listing.Write(_cache.ListingOf(Commit));

    /// <inheritdoc/>
    public void Dispose() => _requests?.Dispose();

    private HubRequests Requests(string what) =>
        _requests ?? throw new HubMissingException($"{what} of {_repository.Id} is not in the cache '{_settings.Cache}'{(_settings.Offline ? ", and HF_HUB_OFFLINE is set; unset it once" : "")}");

    // Whether what is here suffices for the work.
    private static bool TryCached<T>(HubRepository repository, HubSettings settings, HubCache cache, Func<HubSnapshot, T> work, out T result)
    {
        result = default!;
        if (cache.Commit is not string commit)
            return false;
        HubListing? listing = HubListing.Read(cache.ListingOf(commit));
        using HubSnapshot snapshot = new(repository, settings, cache, commit, listing ?? Enumerate(cache.Snapshot(commit)), null) { IsListed = listing is not null };
        try
        {
            result = work(snapshot);
            return true;
        }
        catch (KansformersException failure) when (failure is HubMissingException || !snapshot.IsListed)
        {
            return false;
        }
    }

    private static HubListing Enumerate(string folder)
    {
        try
        {
            return HubListing.Of(!Directory.Exists(folder) ? []
                : Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                    .Select(path => KeyValuePair.Create(Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'), RealFile.Of(path).Length)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read the cache '{folder}': {AtomicFile.Reason(failure)}", failure);
        }
    }

    private static HubSnapshot Ask(HubRepository repository, HubSettings settings, HubCache cache, HubRequests requests, CancellationToken cancellation) =>
        requests.Send(
            HttpMethod.Get,
            repository.InfoPath,
            $"{(repository.IsDataset ? "data set" : "model")} {repository.Id} ({repository.Revision})",
            answer =>
            {
                (string commit, HubListing listing) = Read(requests.Content(answer, MostInfoBytes, cancellation), repository);
                // What was counted of it before is still so.
                return new HubSnapshot(repository, settings, cache, commit, listing with { Rows = HubListing.Read(cache.ListingOf(commit))?.Rows ?? listing.Rows }, requests);
            },
            cancellation);

    private static (string Commit, HubListing Listing) Read(byte[] description, HubRepository repository)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(description);
            string commit = document.RootElement.GetProperty("sha").GetString() ?? throw new JsonException("no commit");
            if (!HubCache.IsCommit(commit))
                throw new KansformersException($"the hub gives {repository.Id} a commit '{commit}', which is none");
            Dictionary<string, long> files = [];
            foreach (JsonElement entry in document.RootElement.GetProperty("siblings").EnumerateArray())
            {
                string file = entry.GetProperty("rfilename").GetString() ?? throw new JsonException("a file without a name");
                if (HubRepository.Escapes(file))
                    throw new KansformersException($"the hub names a file '{file}' in {repository.Id}, which is no relative path; nothing is downloaded");
                if (!HubRepository.IsPath(file))
                    continue; // Not every system can hold a file of that name; no model or data set of text needs one.
                files[file] = entry.TryGetProperty("size", out JsonElement size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long length) && length >= 0 ? length : -1;
            }

            return (commit, HubListing.Of(files));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new KansformersException($"the hub's description of {repository.Id} cannot be understood; is HF_ENDPOINT a Hugging Face hub?", failure);
        }
    }

    // Adds to the progress of a file where it stands among all.
    private sealed class Relay(IProgress<HubProgress>? progress, int number, int count, long before, long totalInAll) : IProgress<HubProgress>
    {
        public long Total { get; private set; }

        public void Report(HubProgress value)
        {
            Total = value.Total;
            progress?.Report(value with { Number = number, Count = count, BytesInAll = before + value.Bytes, TotalInAll = Math.Max(totalInAll, before + value.Total) });
        }
    }
}

/// <summary>A file is not here, and the hub is not to be asked.</summary>
internal sealed class HubMissingException(string message) : KansformersException(message);
