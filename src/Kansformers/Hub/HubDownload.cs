using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Kansformers.Files;

namespace Kansformers.Hub;

/// <summary>One file: what the hub says of it, then its content, gone on with where an earlier attempt stopped, and checked.</summary>
internal sealed class HubDownload(HubRequests requests, HubRepository repository, HubCache cache, string commit)
{
    private const int SharingOnLinux = 11, SharingOnMac = 35, SharingOnWindows = unchecked((int)0x80070020);

    /// <summary>Brings a file into the cache, where it is not.</summary>
    /// <returns>Its path in the snapshot.</returns>
    /// <exception cref="KansformersException">It cannot be had, or is not what the hub says.</exception>
    public string Get(string file, IProgress<HubProgress>? progress, CancellationToken cancellation)
    {
        string path = cache.FileOf(commit, file), what = $"'{file}' of {repository.Id}", address = repository.FilePath(commit, file);
        if (File.Exists(path))
            return path; // A commit's files never change.
        (string etag, long length) = requests.Send(HttpMethod.Head, address, what, answer => Facts(answer, what), cancellation, followsAway: false);
        string blob = cache.Blob(etag);
        if (!File.Exists(blob))
            Fetch(address, blob, file, what, etag, length, progress, cancellation);
        cache.Link(commit, file, etag);
        return path;
    }

    /// <summary>The checksum and the length that the hub announces.</summary>
    public static (string Etag, long Length) Facts(HttpResponseMessage answer, string what)
    {
        string? etag = Header("X-Linked-Etag") ?? Header("ETag"), size = Header("X-Linked-Size") ?? answer.Content.Headers.ContentLength?.ToString(CultureInfo.InvariantCulture);
        etag = etag?.Replace("W/", "", StringComparison.Ordinal).Trim('"');
        if (etag is null || !HubRepository.IsName(etag) || !long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long length))
            throw new KansformersException($"the hub does not tell checksum and length of {what}; is HF_ENDPOINT a Hugging Face hub?");
        return (etag, length);

        string? Header(string name) => answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;
    }

    private void Fetch(string address, string blob, string file, string what, string etag, long length, IProgress<HubProgress>? progress, CancellationToken cancellation)
    {
        string partial = blob + ".incomplete";
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
                using FileStream? stream = Open(partial, blob, what, cancellation);
                if (stream is null)
                    return;
                if (stream.Length > length)
                    stream.SetLength(0);
                if (stream.Length < length)
                    requests.Send(HttpMethod.Get, address, what, answer => Receive(answer, stream, what, length, file, progress, cancellation), cancellation, () => stream.Length);
                stream.Flush(flushToDisk: true);
                stream.Position = 0;
                if (Matches(stream, etag, length))
                    break;
                stream.SetLength(0);
            }
            catch (Exception failure) when (SystemFault.Is(failure))
            {
                throw new KansformersException($"cannot write '{partial}': {AtomicFile.Reason(failure)}", failure);
            }

            // What an earlier, interrupted download left may have been bad: once more from the beginning.
            if (attempt == 2)
                throw new KansformersException($"{what} does not have the content that the hub announced (checksum {etag}); it was thrown away, try again later");
        }

        try
        {
            File.Move(partial, blob, overwrite: true);
        }
        catch (Exception failure) when (SystemFault.Is(failure))
        {
            throw new KansformersException($"cannot write '{blob}': {AtomicFile.Reason(failure)}", failure);
        }

        progress?.Report(new HubProgress(file, length, length, 1, 1, length, length));
    }

    // The beginning of a content, for this process alone; null when another has meanwhile brought all of it.
    private FileStream? Open(string partial, string blob, string what, CancellationToken cancellation)
    {
        for (bool told = false; ; told = true)
        {
            if (File.Exists(blob))
                return null;
            try
            {
                return new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException failure) when (failure.HResult is SharingOnLinux or SharingOnMac or SharingOnWindows)
            {
                if (!told)
                    requests.Notice?.Invoke($"another program is downloading {what}; waiting for it");
                cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(200));
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private bool Receive(HttpResponseMessage answer, FileStream stream, string what, long length, string file, IProgress<HubProgress>? progress, CancellationToken cancellation)
    {
        if (answer.StatusCode != HttpStatusCode.PartialContent)
            stream.SetLength(0); // The server does not know ranges: it sends all.
        else if (answer.Content.Headers.ContentRange?.From is long from && from != stream.Length)
            throw new KansformersException($"the hub sent another part of {what} than was asked for");
        stream.Position = stream.Length;
        using Stream content = answer.Content.ReadAsStream(cancellation);
        byte[] buffer = new byte[1 << 17];
        while (stream.Length <= length && requests.Read(content, buffer, cancellation) is int count and > 0)
        {
            try
            {
                stream.Write(buffer, 0, count);
            }
            catch (Exception failure) when (SystemFault.Is(failure))
            {
                throw new KansformersException($"cannot write '{stream.Name}': {AtomicFile.Reason(failure)}", failure); // the connection is not to blame
            }

            if (stream.Length < length)
                progress?.Report(new HubProgress(file, stream.Length, length, 1, 1, stream.Length, length));
        }

        if (stream.Length > length)
            throw new KansformersException($"the hub sends more of {what} than the {length} bytes that it announced");
        return stream.Length == length ? true : throw new IOException($"the connection ended after {stream.Length} of {length} bytes");
    }

    // Large files are announced by their SHA-256, small ones by git's SHA-1 of a header and the content.
    private static bool Matches(FileStream stream, string etag, long length)
    {
        if (stream.Length != length)
            return false;
        if (!etag.All(char.IsAsciiHexDigit) || etag.Length is not (40 or 64))
            return true;
        using IncrementalHash hash = IncrementalHash.CreateHash(etag.Length == 64 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (etag.Length == 40)
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {length.ToString(CultureInfo.InvariantCulture)}\0"));
        byte[] buffer = new byte[1 << 17];
        while (stream.Read(buffer) is int count and > 0)
            hash.AppendData(buffer, 0, count);
        return string.Equals(Convert.ToHexStringLower(hash.GetHashAndReset()), etag, StringComparison.OrdinalIgnoreCase);
    }
}
