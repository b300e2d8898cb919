using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Kansformers.Tests.Hub;

/// <summary>
/// A hub on this machine that answers as the real one does, or as <see cref="Answer"/> says: byte by byte, so that it can lie and break off.
/// </summary>
internal sealed class FakeHub : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Thread _thread;

    public FakeHub()
    {
        _listener.Start();
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>The files of <c>main</c>.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Another branch, and its files.</summary>
    public (string Revision, string Commit, Dictionary<string, byte[]> Files)? Other { get; set; }

    /// <summary>All requests so far.</summary>
    public List<Request> Requests { get; } = [];

    /// <summary>An answer of another kind; null for the usual one.</summary>
    public Func<Request, byte[]?> Answer { get; set; } = _ => null;

    public static byte[] Reply(string status, string headers = "", byte[]? content = null) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n"), .. content ?? []];

    /// <summary>The checksum that a hub announces for a large file.</summary>
    public static string Etag(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>Does something while the environment names this hub and a cache.</summary>
    public void InEnvironment(string cache, Action action)
    {
        Dictionary<string, string?> set = new() { ["HF_ENDPOINT"] = Address.ToString(), ["HF_HUB_CACHE"] = cache, ["HF_TOKEN"] = "t", ["HF_HUB_OFFLINE"] = null };
        Dictionary<string, string?> before = set.Keys.ToDictionary(name => name, Environment.GetEnvironmentVariable);
        try
        {
            foreach ((string name, string? value) in set)
                Environment.SetEnvironmentVariable(name, value);
            action();
        }
        finally
        {
            foreach ((string name, string? value) in before)
                Environment.SetEnvironmentVariable(name, value);
        }
    }

    public void Dispose() => _listener.Stop();

    private void Serve()
    {
        try
        {
            while (true)
            {
                using TcpClient client = _listener.AcceptTcpClient();
                using NetworkStream stream = client.GetStream();
                Request? request = Read(stream);
                if (request is null)
                    continue;
                lock (Requests)
                    Requests.Add(request);
                stream.Write(Answer(request) ?? Usual(request));
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private byte[] Usual(Request request)
    {
        string[] path = request.Path.Split('?')[0].Split('/');
        (string commit, Dictionary<string, byte[]> files) = Other is var (revision, otherCommit, others) && (path.Contains(otherCommit) || path[^1] == Uri.EscapeDataString(revision)) ? (otherCommit, others) : (Commit, Files);
        if (path[1] == "api")
        {
            if (Uri.UnescapeDataString(path[^1]).StartsWith("refs/", StringComparison.Ordinal) && commit == Commit)
                return Reply("404 Not Found", "Content-Length: 0\r\n");
            string siblings = string.Join(',', files.Select(file => $$"""{"rfilename":"{{file.Key}}","size":{{file.Value.Length}}}"""));
            return Body(Encoding.UTF8.GetBytes($$"""{"sha":"{{commit}}","siblings":[{{siblings}}]}"""));
        }

        string name = Uri.UnescapeDataString(string.Join('/', path[(Array.IndexOf(path, commit) + 1)..]));
        if (!files.TryGetValue(name, out byte[]? content))
            return Reply("404 Not Found", "Content-Length: 0\r\n");
        string facts = $"ETag: \"{Etag(content)}\"\r\nX-Repo-Commit: {commit}\r\n";
        if (request.Method == "HEAD")
            return Reply("200 OK", $"{facts}Content-Length: {content.Length}\r\n");
        return request.From is int from
            ? Reply("206 Partial Content", $"{facts}Content-Length: {content.Length - from}\r\nContent-Range: bytes {from}-{content.Length - 1}/{content.Length}\r\n", content[from..])
            : Reply("200 OK", $"{facts}Content-Length: {content.Length}\r\n", content);
    }

    public static byte[] Body(byte[] content) => Reply("200 OK", $"Content-Length: {content.Length}\r\n", content);

    private static Request? Read(NetworkStream stream)
    {
        List<byte> bytes = [];
        while (bytes.Count < 4 || !bytes[^4..].SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            int one = stream.ReadByte();
            if (one < 0)
                return null;
            bytes.Add((byte)one);
        }

        string[] lines = Encoding.ASCII.GetString([.. bytes]).Split("\r\n");
        string[] start = lines[0].Split(' ');
        Dictionary<string, string> headers = lines[1..].Where(line => line.Contains(": ", StringComparison.Ordinal)).ToDictionary(line => line.Split(": ", 2)[0].ToUpperInvariant(), line => line.Split(": ", 2)[1]);
        int? from = headers.TryGetValue("RANGE", out string? range) ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : null;
        return new Request(start[0], start[1], from, headers.GetValueOrDefault("AUTHORIZATION"));
    }
}

/// <summary>What a client asked for.</summary>
internal sealed record Request(string Method, string Path, int? From, string? Authorization);
