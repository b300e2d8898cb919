using Kansformers.Files;

namespace Kansformers.Hub;

/// <summary>
/// The hub's own cache layout, shared with Python: <c>blobs/ETAG</c> holds contents, <c>snapshots/COMMIT/FILE</c> links to them, <c>refs/REVISION</c> holds
/// the commit that a branch or tag was last seen at.
/// </summary>
internal sealed class HubCache(string root, HubRepository repository)
{
    private string Folder => Path.Combine(root, repository.FolderName);

    /// <summary>The commit of the revision when it was last asked for; a commit is its own.</summary>
    public string? Commit
    {
        get
        {
            string path = Path.Combine(Folder, "refs", repository.Revision);
            if (File.Exists(path) && File.ReadAllText(path).Trim() is string commit && IsCommit(commit))
                return commit;
            return IsCommit(repository.Revision) && Directory.Exists(Snapshot(repository.Revision)) ? repository.Revision : null;
        }
    }

    /// <summary>The folder of a commit's files.</summary>
    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    /// <summary>Where a file of a commit is.</summary>
    public string FileOf(string commit, string file) => Path.Combine(Snapshot(commit), Path.Combine(file.Split('/')));

    /// <summary>What this library remembers of a commit's files; other programs pass over it.</summary>
    public string ListingOf(string commit) => Path.Combine(Folder, "kansformers", commit + ".json");

    /// <summary>Where a content is.</summary>
    public string Blob(string etag) => Path.Combine(Folder, "blobs", etag);

    /// <summary>Remembers the commit of the revision.</summary>
    public void Remember(string commit)
    {
        if (commit == repository.Revision || commit == Commit)
            return;
        try
        {
            AtomicFile.WriteText(Path.Combine(Folder, "refs", Path.Combine(repository.Revision.Split('/'))), commit);
        }
        catch (KansformersException)
        {
            // All files are here, of a cache that cannot be written; only without the hub it will not be known what the revision is.
        }
    }

    /// <summary>Shows a content as a file of a commit: a relative link, or a copy where links are not allowed.</summary>
    public void Link(string commit, string file, string etag)
    {
        string path = FileOf(commit, file), blob = Blob(etag);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            FileInfo old = new(path);
            if (old.Exists || old.LinkTarget is not null)
                old.Delete();
            File.CreateSymbolicLink(path, Path.GetRelativePath(Path.GetDirectoryName(path)!, blob));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            AtomicFile.Write(path, stream =>
            {
                using FileStream content = File.OpenRead(blob);
                content.CopyTo(stream);
            });
        }
    }

    /// <summary>Whether a text is a commit's hash.</summary>
    public static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);
}
