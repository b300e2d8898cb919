namespace Kansformers.Hub;

/// <summary>Downloads files of a Hugging Face compatible hub into the cache that Python's library uses as well.</summary>
internal static class HubClient
{
    /// <summary>Brings files of a repository into the cache.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="choose">Which of all its files are wanted, by their names.</param>
    /// <param name="settings">Where the hub and the cache are; from the environment when null.</param>
    /// <param name="progress">Is told how far it has come.</param>
    /// <param name="cancellation">Stops it; what has come stays, and is gone on with.</param>
    /// <returns>The folder of the repository's files at this revision, and the names of the files that were chosen.</returns>
    /// <exception cref="KansformersException">The hub refuses or cannot be reached, and the cache lacks the files; or a file is not what the hub announced.</exception>
    public static (string Folder, IReadOnlyList<string> Files) Download(
        HubRepository repository, Func<IReadOnlyCollection<string>, IEnumerable<string>> choose, HubSettings? settings = null, IProgress<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(choose);
        return HubSnapshot.Use<(string, IReadOnlyList<string>)>(
            repository,
            settings ?? HubSettings.FromEnvironment(),
            snapshot =>
            {
                List<string> chosen = [.. choose(snapshot.Files)];
                snapshot.Get(chosen, progress, cancellation);
                return (snapshot.Folder, chosen);
            },
            HubProgress.Noticing(progress),
            cancellation);
    }
}
