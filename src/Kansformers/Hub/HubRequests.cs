using System.Net;
using System.Net.Http.Headers;

namespace Kansformers.Hub;

/// <summary>Requests to one hub: redirects followed (the token goes to the hub alone), passing failures tried again with growing pauses, others told in one line.</summary>
internal sealed class HubRequests(HubSettings settings, Action<string>? notice) : IDisposable
{
    private const int MostRedirects = 8;

    /// <summary>Is told what a person should know; null where nobody listens.</summary>
    public Action<string>? Notice => notice;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500), LongestPause = TimeSpan.FromSeconds(60);

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(20), AutomaticDecompression = DecompressionMethods.None })
    {
        Timeout = Timeout.InfiniteTimeSpan, // a large file takes long; silence is what is limited
    };

    /// <summary>Sends a request and hands the answer to <paramref name="read"/>; both are tried again when they fail in passing.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="path">Below the endpoint.</param>
    /// <param name="what">What is asked for, for messages.</param>
    /// <param name="read">Reads the answer; an <see cref="IOException"/> or <see cref="HttpRequestException"/> of it means that the connection broke.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="range">The first byte that is wanted, asked for at each attempt; null for a whole answer.</param>
    /// <param name="followsAway">Whether redirects to other hosts are followed; else the redirecting answer itself is read.</param>
    /// <exception cref="KansformersException">The hub refuses, or cannot be reached.</exception>
    public T Send<T>(HttpMethod method, string path, string what, Func<HttpResponseMessage, T> read, CancellationToken cancellation, Func<long>? range = null, bool followsAway = true)
    {
        long reached = range?.Invoke() ?? 0;
        for (int attempt = 1; ; attempt++)
        {
            (string problem, TimeSpan? pause) failure;
            Exception? cause = null;
            try
            {
                using HttpResponseMessage answer = Follow(method, new Uri(settings.Endpoint, path), range?.Invoke() ?? 0, followsAway, cancellation);
                if (answer.IsSuccessStatusCode || (!followsAway && (int)answer.StatusCode is >= 300 and < 400))
                    return read(answer);
                if (Permanent(answer, what) is string refusal)
                    throw new HubRefusedException(refusal);
                failure = ($"the hub answered {(int)answer.StatusCode} ({answer.ReasonPhrase})", RetryAfter(answer));
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException)
            {
                failure = (broken.InnerException?.Message ?? broken.Message, null);
                cause = broken;
            }

            cancellation.ThrowIfCancellationRequested();
            if (range?.Invoke() is long now && now > reached)
                (reached, attempt) = (now, 1); // it came further: a long download may break off often
            if (attempt >= settings.Attempts)
                throw new HubUnreachableException($"cannot get {what} from {settings.Endpoint}: {failure.problem.TrimEnd('.')}; tried {attempt} times, try again later", cause);
            TimeSpan growing = FirstPause * Math.Pow(2, attempt - 1);
            TimeSpan pause = new[] { failure.pause ?? growing, LongestPause }.Min();
            if (pause > TimeSpan.FromSeconds(1))
                notice?.Invoke(FormattableString.Invariant($"{failure.problem.TrimEnd('.')}; trying {what} again in {pause.TotalSeconds:0} s"));
            settings.Wait(pause, cancellation);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Reads what there is of an answer's content, at least a byte; 0 at its end.</summary>
    /// <exception cref="IOException">The hub was silent for too long.</exception>
    public int Read(Stream content, byte[] buffer, CancellationToken cancellation) =>
        InTime(time => content.ReadAsync(buffer, time).AsTask().GetAwaiter().GetResult(), cancellation);

    /// <summary>An answer's whole content.</summary>
    /// <exception cref="KansformersException">It is longer than it may be.</exception>
    public byte[] Content(HttpResponseMessage answer, long most, CancellationToken cancellation)
    {
        using Stream content = answer.Content.ReadAsStream(cancellation);
        using MemoryStream bytes = new();
        byte[] buffer = new byte[1 << 16];
        while (Read(content, buffer, cancellation) is int count and > 0)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > most)
                throw new KansformersException($"the hub's answer to {answer.RequestMessage?.RequestUri?.AbsolutePath} is longer than {most} bytes");
        }

        return bytes.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    // A connection over which nothing comes is as good as broken, and is tried again as one.
    private T InTime<T>(Func<CancellationToken, T> work, CancellationToken cancellation)
    {
        using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(settings.Timeout);
        try
        {
            return work(time.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException(FormattableString.Invariant($"the hub was silent for {settings.Timeout.TotalSeconds} s"));
        }
    }

    private HttpResponseMessage Follow(HttpMethod method, Uri address, long from, bool followsAway, CancellationToken cancellation)
    {
        for (int hop = 0; ; hop++)
        {
            HttpRequestMessage request = new(method, address);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("kansformers", "0.1"));
            request.Headers.AcceptEncoding.ParseAdd("identity");
            if (settings.Token is string token && IsHub(address))
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (from > 0)
                request.Headers.Range = new RangeHeaderValue(from, null);
            HttpResponseMessage answer = InTime(time => _client.Send(request, HttpCompletionOption.ResponseHeadersRead, time), cancellation);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not Uri location)
                return answer;
            Uri next = new(address, location);
            if (!followsAway && !IsHub(next))
                return answer;
            answer.Dispose();
            if (hop == MostRedirects)
                throw new KansformersException($"the hub redirects without end, last to {next.Host}");
            if (next.Scheme != Uri.UriSchemeHttps && next.Scheme != address.Scheme)
                throw new KansformersException($"the hub redirects to {next.Scheme}://{next.Host}, which is not secure");
            address = next;
        }
    }

    private bool IsHub(Uri address) => address.Scheme == settings.Endpoint.Scheme && address.Host == settings.Endpoint.Host && address.Port == settings.Endpoint.Port;

    private string? Permanent(HttpResponseMessage answer, string what) => (int)answer.StatusCode switch
    {
        401 or 403 => settings.Token is null
            ? $"the hub gives {what} only to those who may see it; set HF_TOKEN, or check the name"
            : $"the hub does not give {what} to the owner of this HF_TOKEN; ask for access, or check the name",
        404 or 410 => $"the hub has no {what}; check the name and the revision",
        408 or 425 or 429 or >= 500 => null,
        416 => null,
        int code => $"the hub answered {code} ({answer.ReasonPhrase}) when asked for {what}",
    };

    private static TimeSpan? RetryAfter(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: TimeSpan time } => time,
        { Date: DateTimeOffset date } => date - DateTimeOffset.UtcNow is { Ticks: > 0 } time ? time : TimeSpan.Zero,
        _ => null,
    };
}

/// <summary>The hub could not be reached; what is in the cache may serve.</summary>
internal sealed class HubUnreachableException(string message, Exception? cause) : KansformersException(message, cause);

/// <summary>The hub does not give what was asked for, and will not when asked again.</summary>
internal sealed class HubRefusedException(string message) : KansformersException(message);
