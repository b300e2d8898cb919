using System.Globalization;

namespace Kansformers.Hub;

/// <summary>
/// Where a hub is and where its files are kept. The defaults are those of Hugging Face's own library, from the environment variables that its users set,
/// so that both share one cache.
/// </summary>
public sealed record HubSettings
{
    /// <summary>The base address: <c>HF_ENDPOINT</c>, or https://huggingface.co.</summary>
    public Uri Endpoint
    {
        get;
        init => field = value is null || value.AbsoluteUri.EndsWith('/') ? value! : new Uri(value.AbsoluteUri + "/"); // else its last part would be lost
    } = new("https://huggingface.co");

    /// <summary>The access token: <c>HF_TOKEN</c>, or the file that <c>huggingface-cli login</c> wrote; null for none. It is sent to the endpoint alone.</summary>
    public string? Token { get; init; }

    /// <summary>The folder of the cache: <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    public required string Cache { get; init; }

    /// <summary>Whether only the cache is used: <c>HF_HUB_OFFLINE</c>.</summary>
    public bool Offline { get; init; }

    /// <summary>How often a request is tried before it is given up. Default 5.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long the hub may be silent before a connection counts as broken: <c>HF_HUB_DOWNLOAD_TIMEOUT</c> in seconds, or 10.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Waits before another attempt; tests do not wait.</summary>
    internal Action<TimeSpan, CancellationToken> Wait { get; init; } = (time, cancellation) => cancellation.WaitHandle.WaitOne(time);

    /// <summary>The settings that the environment tells.</summary>
    /// <exception cref="KansformersException">A variable does not make sense; the message names it.</exception>
    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    internal static HubSettings From(Func<string, string?> variable)
    {
        string user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string home = Folder("HF_HOME") ?? Path.Combine(Folder("XDG_CACHE_HOME") ?? Path.Combine(user, ".cache"), "huggingface");
        string endpoint = Value("HF_ENDPOINT") ?? "https://huggingface.co";
        if (!Uri.TryCreate(endpoint.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
            throw new KansformersException($"HF_ENDPOINT is '{endpoint}', which is no http or https address");
        double seconds = 10;
        if (Value("HF_HUB_DOWNLOAD_TIMEOUT") is string timeout && (!double.TryParse(timeout, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds) || !(seconds > 0 && seconds <= 86400)))
            throw new KansformersException($"HF_HUB_DOWNLOAD_TIMEOUT is '{timeout}', which is no number of seconds above 0");
        return new HubSettings
        {
            Endpoint = address,
            Timeout = TimeSpan.FromSeconds(seconds),
            Token = Printable(Value("HF_TOKEN") ?? Value("HUGGING_FACE_HUB_TOKEN") ?? ReadToken(Folder("HF_TOKEN_PATH") ?? Path.Combine(home, "token"))),
            Cache = Folder("HF_HUB_CACHE") ?? Folder("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"),
            Offline = Value("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE",
        };

        string? Value(string name) => variable(name)?.Trim() is { Length: > 0 } text ? text : null;

        string? Folder(string name) => Value(name) is string path ? path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? user + path[1..] : path : null;
    }

    private static string? Printable(string? token) => token is null || token.All(character => character is > ' ' and <= '~') ? token
        : throw new KansformersException("the token in HF_TOKEN, or in the token file, holds a line break or other characters that tokens do not have; set it anew");

    private static string? ReadToken(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // Another user's file; what needs a token will say so.
        }
    }
}
