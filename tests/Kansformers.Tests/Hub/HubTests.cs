using Kansformers.Hub;
using Kansformers.Tests.Checkpoints;

namespace Kansformers.Tests.Hub;

public sealed class HubTests : IDisposable
{
    private static readonly HubRepository Repository = new("some-one/a-model");
    private readonly FakeHub _hub = new();
    private readonly TestFolder _cache = new();
    private readonly List<TimeSpan> _waits = [];

    public HubTests()
    {
        _hub.Files["config.json"] = "{}"u8.ToArray();
        _hub.Files["sub/large file.bin"] = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];
    }

    public void Dispose()
    {
        _hub.Dispose();
        _cache.Dispose();
    }

    private HubSettings Settings => new() { Endpoint = _hub.Address, Cache = _cache.Path, Token = "secret", Wait = (time, _) => _waits.Add(time) };

    [Fact]
    public void Files_come_into_the_hubs_own_cache_layout_and_are_asked_for_once()
    {
        (string folder, IReadOnlyList<string> files) = All();
        Assert.Equal(["config.json", "sub/large file.bin"], files);
        Assert.Equal(Path.Combine(_cache.Path, "models--some-one--a-model", "snapshots", FakeHub.Commit), folder);
        AssertHere(folder);
        Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(_cache.Path, "models--some-one--a-model", "refs", "main")));
        string blob = Path.Combine(_cache.Path, "models--some-one--a-model", "blobs", FakeHub.Etag(_hub.Files["config.json"]));
        Assert.True(File.Exists(blob));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(blob, Path.GetFullPath(new FileInfo(Path.Combine(folder, "config.json")).LinkTarget!, folder));
        Assert.All(_hub.Requests, request => Assert.Equal("Bearer secret", request.Authorization));
        int before = _hub.Requests.Count;
        All();
        Assert.Equal(before + 1, _hub.Requests.Count); // only which commit it is
        _hub.Dispose();
        Assert.Equal(folder, All().Folder); // unreachable: what is here serves
        Assert.Equal(folder, All(Settings with { Offline = true }).Folder);
    }

    [Fact]
    public void A_download_that_breaks_off_goes_on_where_it_stopped()
    {
        int cuts = 0;
        byte[] large = _hub.Files["sub/large file.bin"];
        _hub.Answer = request => request.Method == "GET" && request.Path.EndsWith("bin", StringComparison.Ordinal) && cuts++ < 3
            ? FakeHub.Reply(request.From is null ? "200 OK" : "206 Partial Content", $"Content-Length: {large.Length - (request.From ?? 0)}\r\n", large[(request.From ?? 0)..((request.From ?? 0) + 50_000)])
            : null;
        AssertHere(All().Folder);
        int?[] starts = [.. _hub.Requests.Where(request => request.Method == "GET" && request.Path.EndsWith("bin", StringComparison.Ordinal)).Select(request => request.From)];
        Assert.Equal(4, starts.Length);
        Assert.Null(starts[0]);
        Assert.True(starts[1] > 0 && starts[2] >= starts[1] && starts[3] >= starts[2]);
        Assert.Equal([0.5, 0.5, 0.5], _waits.Select(wait => wait.TotalSeconds)); // each came further
    }

    [Fact]
    public void A_download_may_break_off_oftener_than_a_request_is_tried_when_it_comes_further()
    {
        byte[] large = _hub.Files["sub/large file.bin"];
        _hub.Answer = request => request.Method == "GET" && request.Path.EndsWith("bin", StringComparison.Ordinal) && (request.From ?? 0) < 280_000
            ? FakeHub.Reply(request.From is null ? "200 OK" : "206 Partial Content", $"Content-Length: {large.Length - (request.From ?? 0)}\r\n", large[(request.From ?? 0)..((request.From ?? 0) + 20_000)])
            : null;
        AssertHere(All().Folder);
        Assert.True(_waits.Count > 10);
    }

    [Fact]
    public async Task Two_that_download_the_same_file_wait_for_one_another()
    {
        using ManualResetEventSlim begun = new(), go = new();
        _hub.Answer = request =>
        {
            if (request.Method == "GET" && request.Path.EndsWith("bin", StringComparison.Ordinal))
            {
                begun.Set();
                go.Wait(TimeSpan.FromSeconds(20));
            }

            return null;
        };
        Task<(string Folder, IReadOnlyList<string> Files)> first = Task.Run(() => All());
        begun.Wait(TimeSpan.FromSeconds(20));
        string blob = Path.Combine(_cache.Path, "models--some-one--a-model", "blobs", FakeHub.Etag(_hub.Files["sub/large file.bin"]));
        using FakeHub second = new();
        foreach ((string name, byte[] content) in _hub.Files)
            second.Files[name] = content;
        List<string> notices = [];
        Task<(string Folder, IReadOnlyList<string> Files)> other = Task.Run(() => HubClient.Download(Repository, all => all, Settings with { Endpoint = second.Address }, new Notices(notices)));
        for (int i = 0; i < 200 && notices.Count == 0; i++)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        go.Set();
        await other;
        AssertHere((await first).Folder);
        Assert.Contains(notices, notice => notice.Contains("another program is downloading", StringComparison.Ordinal));
        Assert.True(File.Exists(blob));
    }

    [Fact]
    public void Names_that_not_every_system_can_hold_are_left_out()
    {
        _hub.Files["img/10:30.png"] = [1];
        _hub.Files["what?.txt"] = [1];
        Assert.Equal(["config.json", "sub/large file.bin"], HubClient.Download(Repository, all => all, Settings).Files);
    }

    [Fact]
    public void Falling_back_to_the_cache_is_told()
    {
        All();
        _hub.Dispose();
        List<string> notices = [];
        HubClient.Download(Repository, all => all, Settings, new Notices(notices));
        Assert.Contains(notices, notice => notice.Contains("looking for some-one/a-model in the cache", StringComparison.Ordinal));
        Assert.Contains(notices, notice => notice.EndsWith($"as it was at commit {FakeHub.Commit}", StringComparison.Ordinal));

        // What is wrong with the wish itself is told, not that the hub is away.
        Assert.Equal("my own", Assert.Throws<KansformersException>(() => HubClient.Download(Repository, _ => throw new KansformersException("my own"), Settings)).Message);
    }

    [Fact]
    public void Models_of_other_kinds_are_refused_before_their_weights_come()
    {
        _hub.Files.Clear();
        _hub.Files["config.json"] = """{"model_type":"llama"}"""u8.ToArray();
        _hub.Files["model.safetensors"] = new byte[100_000];
        _hub.InEnvironment(_cache.Path, () => Cli.Cli.AssertFails(1, ["a model of type 'llama'"], "info", "hub:some-one/llama"));
        Assert.DoesNotContain(_hub.Requests, request => request.Path.EndsWith("safetensors", StringComparison.Ordinal));
        _hub.InEnvironment(_cache.Path, () => Cli.Cli.AssertFails(2, ["batch size is 0"], "train", "--model", "hub:some-one/llama", "--batch-size", "0"));
    }

    private sealed class Notices(List<string> notices) : IProgress<HubProgress>
    {
        public void Report(HubProgress value)
        {
            if (value.Notice is string notice)
                notices.Add(notice);
        }
    }

    [Fact]
    public void A_server_that_knows_no_ranges_sends_all_again()
    {
        bool cut = false;
        byte[] large = _hub.Files["sub/large file.bin"];
        _hub.Answer = request =>
        {
            if (request.Method != "GET" || !request.Path.EndsWith("bin", StringComparison.Ordinal))
                return null;
            byte[] reply = FakeHub.Body(large);
            (bool wasCut, cut) = (cut, true);
            return wasCut ? reply : reply[..100_000];
        };
        AssertHere(All().Folder);
    }

    [Fact]
    public void Wrong_contents_are_thrown_away()
    {
        byte[] wrong = [.. _hub.Files["sub/large file.bin"]];
        wrong[1000] ^= 1;
        _hub.Answer = request => request.Method == "GET" && request.Path.EndsWith("bin", StringComparison.Ordinal) ? FakeHub.Body(wrong) : null;
        Assert.Contains("does not have the content that the hub announced", Refusal(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_cache.Path, "models--some-one--a-model", "blobs"), FakeHub.Etag(_hub.Files["sub/large file.bin"])));

        // What is left of it does not spoil the next download.
        _hub.Answer = _ => null;
        AssertHere(All().Folder);
    }

    [Fact]
    public void Gits_checksums_are_checked_too()
    {
        const string hello = "ce013625030ba8dba906f756967f9e9ca394464a"; // git's hash of "hello\n"
        _hub.Files.Clear();
        _hub.Files["hello.txt"] = "hello\n"u8.ToArray();
        _hub.Answer = request => request.Method == "HEAD" ? FakeHub.Reply("200 OK", $"ETag: W/\"{hello}\"\r\nContent-Length: 6\r\n") : null;
        Assert.Equal("hello\n", File.ReadAllText(Path.Combine(All().Folder, "hello.txt")));
        _hub.Files["hello2.txt"] = "hallo\n"u8.ToArray();
        _hub.Answer = request => request.Method == "HEAD" ? FakeHub.Reply("200 OK", $"ETag: \"{hello.Replace('c', 'd')}\"\r\nContent-Length: 6\r\n") : null;
        Assert.Contains("hello2.txt", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400_000, "the connection ended after 300000 of 400000 bytes")]
    [InlineData(1000, "sends more")]
    public void Lies_about_the_length_are_found(int announced, string message)
    {
        byte[] large = _hub.Files["sub/large file.bin"];
        _hub.Answer = request => !request.Path.EndsWith("bin", StringComparison.Ordinal) ? null
            : request.Method == "HEAD" ? FakeHub.Reply("200 OK", $"ETag: \"{FakeHub.Etag(large)}\"\r\nContent-Length: {announced}\r\n")
            : FakeHub.Reply("200 OK", "", large);
        Assert.Contains(message, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Redirects_are_followed_and_the_token_stays_with_the_hub()
    {
        using FakeHub store = new();
        byte[] large = _hub.Files["sub/large file.bin"];
        store.Answer = request => FakeHub.Body(large);
        _hub.Answer = request => request.Path.EndsWith("bin", StringComparison.Ordinal)
            ? FakeHub.Reply("302 Found", $"Location: {store.Address}blob\r\nX-Linked-Etag: \"{FakeHub.Etag(large)}\"\r\nX-Linked-Size: {large.Length}\r\nContent-Length: 0\r\n")
            : request.Path.Contains("/revision/main", StringComparison.Ordinal) ? FakeHub.Reply("307 Temporary Redirect", "Location: /api/models/some-one/moved/revision/x\r\nContent-Length: 0\r\n") : null;
        AssertHere(All().Folder);
        Request stored = Assert.Single(store.Requests);
        Assert.Null(stored.Authorization);
        _hub.Answer = _ => FakeHub.Reply("302 Found", "Location: /again\r\nContent-Length: 0\r\n");
        Assert.Contains("without end", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("401 Unauthorized", "HF_TOKEN")]
    [InlineData("403 Forbidden", "HF_TOKEN")]
    [InlineData("404 Not Found", "the hub has no model some-one/a-model (main)")]
    [InlineData("418 Teapot", "answered 418")]
    public void Refusals_are_told_at_once(string status, string message)
    {
        _hub.Answer = _ => FakeHub.Reply(status, "Content-Length: 0\r\n");
        Assert.Contains(message, Refusal(), StringComparison.Ordinal);
        Assert.Single(_hub.Requests);
        Assert.Empty(_waits);
    }

    [Fact]
    public void Passing_failures_are_tried_again_as_late_as_the_hub_asks()
    {
        int failures = 0;
        _hub.Answer = _ => failures++ switch
        {
            0 => FakeHub.Reply("429 Too Many Requests", "Retry-After: 7\r\nContent-Length: 0\r\n"),
            1 => FakeHub.Reply("500 Internal Server Error", "Content-Length: 0\r\n"),
            2 => "HTTP/1.1 2"u8.ToArray(),
            3 => FakeHub.Reply("503 Busy", "Retry-After: 100000\r\nContent-Length: 0\r\n"),
            _ => null,
        };
        AssertHere(All().Folder);
        Assert.Equal([7, 1, 2, 60], _waits.Select(wait => wait.TotalSeconds));
        _hub.Answer = _ => FakeHub.Reply("500 Internal Server Error", "Content-Length: 0\r\n");
        Assert.Contains("tried 5 times", Refusal(new HubRepository("some-one/else")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("C:/x")]
    [InlineData("a//b")]
    public void File_names_that_lead_out_of_the_cache_are_refused(string name)
    {
        _hub.Files[name] = [1];
        Assert.Contains("no relative path", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"sha\":\"../../x\",\"siblings\":[]}")]
    [InlineData("{\"sha\":null,\"siblings\":[]}")]
    [InlineData("{\"sha\":5,\"siblings\":[]}")]
    [InlineData("{\"siblings\":[]}")]
    public void A_description_that_makes_no_sense_is_refused(string body)
    {
        _hub.Answer = _ => FakeHub.Body(System.Text.Encoding.UTF8.GetBytes(body));
        Refusal();
    }

    [Theory]
    [InlineData("hub:a/b", "a/b", "main")]
    [InlineData("hub:gpt2@v1.0", "gpt2", "v1.0")]
    [InlineData("hub:a/b@refs/pr/1", "a/b", "refs/pr/1")]
    public void Repositories_are_named_by_owner_name_and_revision(string text, string id, string revision) =>
        Assert.Equal(new HubRepository(id, revision), HubRepository.Parse(text));

    [Theory]
    [InlineData("hub:")]
    [InlineData("hub:a/b/c")]
    [InlineData("hub:../b")]
    [InlineData("hub:a/b#c")]
    [InlineData("hub:a/b c")]
    [InlineData("hub:a/b@")]
    [InlineData("hub:a/b@../x")]
    [InlineData("a/b")]
    public void Other_names_are_refused(string text) => Assert.Throws<KansformersException>(() => HubRepository.Parse(text));

    [Fact]
    public void Settings_come_from_the_variables_that_users_have_set()
    {
        Dictionary<string, string> set = new() { ["HF_ENDPOINT"] = "https://mirror.example/", ["HF_HOME"] = _cache.Path, ["HF_HUB_OFFLINE"] = "1" };
        _cache.Write("token", "from-file\n");
        HubSettings settings = HubSettings.From(set.GetValueOrDefault);
        Assert.Equal(("https://mirror.example/", "from-file", true, Path.Combine(_cache.Path, "hub")), (settings.Endpoint.ToString(), settings.Token, settings.Offline, settings.Cache));
        set["HF_TOKEN"] = "from-variable";
        set["HF_HUB_CACHE"] = "/elsewhere";
        settings = HubSettings.From(set.GetValueOrDefault);
        Assert.Equal(("from-variable", "/elsewhere"), (settings.Token, settings.Cache));
        set["HF_HUB_CACHE"] = "~/mine";
        Assert.Equal(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + "/mine", HubSettings.From(set.GetValueOrDefault).Cache);
        Assert.Equal("http://host/prefix/", new HubSettings { Cache = "x", Endpoint = new Uri("http://host/prefix") }.Endpoint.ToString());
        set["HF_TOKEN"] = "two\nlines";
        Assert.Contains("HF_TOKEN", Assert.Throws<KansformersException>(() => HubSettings.From(set.GetValueOrDefault)).Message, StringComparison.Ordinal);
        set["HF_TOKEN"] = "t";
        set["HF_HUB_DOWNLOAD_TIMEOUT"] = "soon";
        Assert.Contains("HF_HUB_DOWNLOAD_TIMEOUT", Assert.Throws<KansformersException>(() => HubSettings.From(set.GetValueOrDefault)).Message, StringComparison.Ordinal);
        set.Remove("HF_HUB_DOWNLOAD_TIMEOUT");
        set["HF_ENDPOINT"] = "mirror";
        Assert.Contains("HF_ENDPOINT", Assert.Throws<KansformersException>(() => HubSettings.From(set.GetValueOrDefault)).Message, StringComparison.Ordinal);
        settings = HubSettings.From(_ => null);
        Assert.Equal("https://huggingface.co/", settings.Endpoint.ToString());
        Assert.EndsWith(Path.Combine("huggingface", "hub"), settings.Cache, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_comes_with_what_is_read_and_nothing_else_and_its_shards()
    {
        string fixture = Path.GetDirectoryName(CheckpointFiles.Fixture("hf_gpt2", "config.json"))!;
        _hub.Files.Clear();
        foreach (string name in (string[])["config.json", "model.safetensors"])
            _hub.Files[name] = File.ReadAllBytes(Path.Combine(fixture, name));
        _hub.Files["pytorch_model.bin"] = _hub.Files["flax_model.msgpack"] = [1, 2, 3];
        string folder = HubModel.Download(Repository, Settings);
        Assert.Equal(["config.json", "model.safetensors"], Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order());
        using (Kansformers.Transformers.Gpt model = GptFiles.Load(folder))
            Assert.Equal(99, model.Options.VocabularySize);

        _hub.Files.Remove("model.safetensors");
        _hub.Files["model.safetensors.index.json"] = """{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors","c":"model-1.safetensors"}}"""u8.ToArray();
        _hub.Files["model-1.safetensors"] = [1];
        Assert.Contains("model-2.safetensors", Assert.Throws<KansformersException>(() => HubModel.Download(new HubRepository("some-one/sharded"), Settings)).Message, StringComparison.Ordinal);
        _hub.Files["model-2.safetensors"] = [2];
        folder = HubModel.Download(new HubRepository("some-one/sharded"), Settings);
        Assert.Equal([2], File.ReadAllBytes(Path.Combine(folder, "model-2.safetensors")));
        _hub.Files.Clear();
        Assert.Contains("holds no model.safetensors", Assert.Throws<KansformersException>(() => HubModel.Download(new HubRepository("some-one/empty"), Settings)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_line_takes_a_model_of_the_hub()
    {
        string fixture = Path.GetDirectoryName(CheckpointFiles.Fixture("hf_gpt2", "config.json"))!;
        foreach (string name in (string[])["config.json", "model.safetensors"])
            _hub.Files[name] = File.ReadAllBytes(Path.Combine(fixture, name));
        _hub.InEnvironment(_cache.Path, () =>
        {
            Cli.CliResult result = Cli.Cli.Run("info", "hub:some-one/a-model", "--json");
            Assert.True(result.Code == 0, result.Error);
            Assert.Contains("\"heads\":4", result.Out, StringComparison.Ordinal);
            Assert.Contains("downloaded model.safetensors, ", result.Error, StringComparison.Ordinal);
            Cli.Cli.AssertFails(1, ["write hub:owner/name"], "info", "hub:one/two/three");
        });
    }

    private (string Folder, IReadOnlyList<string> Files) All(HubSettings? settings = null) =>
        HubClient.Download(Repository, all => all.Count >= _hub.Files.Count ? all : throw new KansformersException("not all files are here"), settings ?? Settings, cancellation: TestContext.Current.CancellationToken);

    private string Refusal(HubRepository? repository = null) =>
        Assert.ThrowsAny<KansformersException>(() => HubClient.Download(repository ?? Repository, all => all, Settings, cancellation: TestContext.Current.CancellationToken)).Message;

    private void AssertHere(string folder)
    {
        foreach ((string name, byte[] content) in _hub.Files)
            Assert.Equal(content, File.ReadAllBytes(Path.Combine(folder, name)));
    }
}
