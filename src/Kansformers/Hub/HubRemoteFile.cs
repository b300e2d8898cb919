using System.Net;

namespace Kansformers.Hub;

/// <summary>A file that lies on the hub, of which a part is read without downloading the rest.</summary>
internal sealed class HubRemoteFile(HubRequests requests, string address, string what, CancellationToken cancellation)
{
    /// <summary>What it is called in messages.</summary>
    public string Name => what;

    /// <summary>The last bytes of the file, all of it when it is shorter; null where the hub does not give parts.</summary>
    public byte[]? Tail(int count, out long length)
    {
        long total = length = requests.Send(HttpMethod.Head, address, what, answer => HubDownload.Facts(answer, what).Length, cancellation, followsAway: false);
        long from = Math.Max(0, total - count);
        return requests.Send(
            HttpMethod.Get,
            address,
            what,
            answer =>
            {
                if (from > 0 && (answer.StatusCode != HttpStatusCode.PartialContent || answer.Content.Headers.ContentRange?.From != from))
                    return null;
                byte[] bytes = requests.Content(answer, total - from, cancellation);
                return bytes.Length == total - from ? bytes : throw new IOException($"the connection ended after {bytes.Length} of {total - from} bytes");
            },
            cancellation,
            () => from);
    }
}
